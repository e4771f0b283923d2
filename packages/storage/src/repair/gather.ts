import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkTableFile, rewriteTableFile, type TableFileCheck, tableFileDeletions } from '@shale/rocksdb';
import { filePlaceIn } from '../damage/file-place.js';
import { nativeAsync } from '../errors.js';
import { type DamageMap, describeKey } from './damage.js';
import type { Distrusted } from './distrusted.js';
import type { RepairLoss } from './events.js';
import { flushedLogs } from './flushed-logs.js';
import { largest } from './largest.js';
import { fileLoss, holding, lostWhole } from './lost-file.js';
import type { OldDatabase } from './old-database.js';
import { type Inventory, linkOrCopy } from './old-files.js';

/** A record that is no entry of a log. */
export interface PlainRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A step of gathering: a file has been dealt with, or something is lost. */
export type GatherEvent =
  | { readonly type: 'file'; readonly done: number; readonly total: number }
  | RepairLoss;

/** What a gathering works with. */
export interface GatherSources {
  readonly inventory: Inventory;
  readonly old: OldDatabase;
  readonly damage: DamageMap;
  /** Takes what is found in damaged files and is no entry. */
  readonly records: PlainRecord[];
  readonly distrusted: Distrusted;
  /** Is told the name of each file before it is read. */
  readonly at: (name: string) => Promise<void>;
}

/**
 * Brings everything that can be read of the old files together in one directory, where the log files are already: sound
 * table files as they are, what can be read of damaged ones as new table files of the same name. No two files are ever
 * read together, so that one that does not open cannot harm what is in the others.
 */
export class Gathering {
  /** Files of which only a part could be taken. */
  readonly mended: string[] = [];
  /** Whether every table file that counts opens. */
  everyFileOpens = true;
  readonly #from: string;
  readonly #to: string;
  readonly #sources: GatherSources;
  readonly #deletions: Uint8Array[] = [];
  readonly #damaged: { readonly name: string; readonly check: TableFileCheck }[] = [];
  /** The number of the next file that is made. */
  #next: bigint;

  constructor(from: string, to: string, sources: GatherSources) {
    this.#from = from;
    this.#to = to;
    this.#sources = sources;
    const { tables, logs, blobs } = sources.inventory;
    const numbers = [...tables, ...logs, ...blobs].map((name) => BigInt(name.slice(0, name.indexOf('.'))));
    this.#next = largest(...numbers, 0n) + 1n;
  }

  /** The deletions of ranges of all files, packed. */
  get deletions(): Uint8Array {
    return joined(this.#deletions);
  }

  async *run(): AsyncGenerator<GatherEvent, void, undefined> {
    const { inventory, old, damage } = this.#sources;
    yield* this.#whole();
    for (const name of inventory.strange) {
      yield fileLoss(name, 'it is no regular file, and nothing that it leads to was looked at');
    }
    const total = old.tables.length + old.logs.length;
    let done = 0;
    for (const { name, saved } of old.logs) {
      if (saved !== null && saved.damages.length > 0) this.mended.push(name);
    }
    for (const name of inventory.blobs) await linkOrCopy(join(this.#from, name), join(this.#to, name));
    for (const name of old.tables) {
      yield* this.#check(name);
      yield { type: 'file', done: ++done, total };
    }
    await this.#takeLogs();
    for (const { name, check } of this.#damaged) {
      await this.#sources.at(name);
      yield* this.#rewrite(name, check);
    }
    for (const lost of damage.logs) if (lost !== old.unknown) yield fileLoss(lost.file.name, lost.message);
    yield { type: 'file', done: total, total };
  }

  /** What the database as a whole lacks. */
  *#whole(): Generator<RepairLoss, void, undefined> {
    const { old, damage } = this.#sources;
    if (old.failure !== null) {
      yield {
        type: 'loss',
        kind: 'file',
        message: `the database cannot be opened: ${old.unknown?.message ?? old.failure}`,
      };
    }
    if (old.unknown !== null) {
      damage.logs.push(old.unknown);
      // It has been said already.
      if (old.failure === null) yield fileLoss(old.unknown.file.name, old.unknown.message);
    }
    for (const file of old.missing) {
      const message = 'the database needs it, and it is missing';
      damage.spans.push(lostWhole(this.#sources.old, file.name, message));
      yield fileLoss(file.name, `${message}${holding(file)}`);
    }
  }

  /** Leaves the log files that count, with their deletions. */
  async #takeLogs(): Promise<void> {
    const { inventory, old, distrusted, at } = this.#sources;
    const taken = old.logs.filter(({ saved }) => saved !== null);
    if (this.#mayLackEntries) {
      taken.push(...(await flushedLogs(this.#from, this.#to, inventory, old, { distrusted, at })));
    }
    const wanted = new Set(taken.map(({ name }) => basename(name)));
    for (const name of await readdir(this.#to)) {
      if (name.endsWith('.log') && !wanted.has(name)) await rm(join(this.#to, name));
    }
    for (const { saved } of taken) if (saved !== null) this.#deletions.push(saved.deletions);
  }

  /** Table files do not have all that they had. */
  get #mayLackEntries(): boolean {
    const { old, damage } = this.#sources;
    return old.unknown !== null || damage.spans.length > 0 || this.#damaged.length > 0;
  }

  /** Looks at a table file, and takes it as it is when all of it can be read. */
  async *#check(name: string): AsyncGenerator<RepairLoss, void, undefined> {
    const { damage, distrusted, at } = this.#sources;
    const source = join(this.#from, name);
    const reason = distrusted.get(name);
    if (reason !== undefined) {
      this.everyFileOpens = false;
      damage.spans.push(lostWhole(this.#sources.old, name, reason));
      yield fileLoss(name, reason);
      return;
    }
    await at(name);
    const check = await checkTableFile(source);
    if (!check.opens) {
      const message = check.message ?? 'it does not open';
      this.everyFileOpens = false;
      damage.spans.push(lostWhole(this.#sources.old, name, message));
      yield fileLoss(name, message);
      return;
    }
    const deletions = await nativeAsync({ path: source }, () => tableFileDeletions(source));
    if (deletions !== null) this.#deletions.push(deletions);
    if (check.message === null) {
      if (deletions === null && check.rangeDeletions > 0) {
        const message = 'its trims are in a form that is not known here';
        damage.blurred.push({ ...lostWhole(this.#sources.old, name, message), most: 0n });
      }
      await linkOrCopy(source, join(this.#to, name));
      return;
    }
    this.mended.push(name);
    this.#damaged.push({ name, check });
    // Those of single entries, as small trims are made of, are in blocks that nothing reads by themselves.
    if (check.deletions > check.rangeDeletions || check.entries === 0 || deletions === null) {
      damage.blurred.push({ ...lostWhole(this.#sources.old, name, check.message), most: 0n });
    }
  }

  async *#rewrite(name: string, check: TableFileCheck): AsyncGenerator<RepairLoss, void, undefined> {
    const { damage, records, old } = this.#sources;
    const source = join(this.#from, name);
    const target = join(this.#to, name);
    const newer = join(this.#to, this.#newLog());
    const rewritten = await nativeAsync({ path: source }, () =>
      rewriteTableFile(source, target, newer, joined(this.#deletions)),
    );
    for (const { key, value } of rewritten.records) records.push({ key, value });
    const missing = BigInt(Math.max(0, check.entries - rewritten.entries - rewritten.deleted));
    const most = check.entries === 0 ? old.most : missing;
    if (rewritten.gaps.length === 0) {
      yield fileLoss(name, `${check.message}; all of its entries could be read`);
    }
    for (const { after, before, message } of rewritten.gaps) {
      const file = filePlaceIn(message) ?? { name };
      damage.spans.push({ file, after, before, most, hadTrims: false, message });
      const start = after === null ? 'the beginning' : describeKey(after);
      const end = before === null ? 'the end' : describeKey(before);
      yield {
        ...fileLoss(name, `what is between ${start} and ${end} cannot be read: ${message}`),
        file,
      };
    }
  }

  #newLog(): string {
    return `${String(this.#next++).padStart(6, '0')}.log`;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
