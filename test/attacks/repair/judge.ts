import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Log, openLog, type RepairLoss, type TableInfo } from '@shale/storage';
import type { RepairCase } from './cases.js';
import { type EntryMark, markOf, markText, type OwnedTable, type RepairImage, readFiles } from './history.js';
import type { Repairer } from './repairer.js';

/** How often what happened. */
export interface RepairTally {
  cases: number;
  /** Nothing was lost, and nothing was said to be. */
  whole: number;
  /** Something was said to be lost. */
  losses: number;
  /** Nothing could be saved, and that was said. */
  nothing: number;
  entries: number;
}

/** A memory file system takes its time for room that is taken ahead. */
const SMALL = { spaceReserve: 0, writeBufferSize: 1024 * 1024 };

interface Repair extends RepairCase {
  readonly keepFiles: boolean;
}

interface Found {
  readonly instance: number;
  readonly info: TableInfo;
  readonly marks: readonly { readonly sequence: bigint; readonly mark: EntryMark | null }[];
}

/** Repairs damaged copies of one image, and compares what comes of it with what had been acknowledged. */
export class RepairJudge {
  readonly #image: RepairImage;
  readonly #directory: string;
  readonly #tally: RepairTally;
  readonly #logs: readonly string[];
  #made = 0;

  constructor(image: RepairImage, directory: string, tally: RepairTally) {
    this.#image = image;
    this.#logs = [...image.files.keys()].filter((name) => name.endsWith('.log'));
    this.#directory = directory;
    this.#tally = tally;
  }

  /** Throws when the result is not what it must be. */
  async judge(damage: RepairCase, repairer: Repairer): Promise<void> {
    this.#tally.cases++;
    const place = join(this.#directory, String(++this.#made));
    try {
      await this.#judge(damage, repairer, place);
    } catch (error) {
      throw new Error(`${damage.name}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    rmSync(place, { recursive: true, force: true });
  }

  async #judge(damage: RepairCase, repairer: Repairer, place: string): Promise<void> {
    const [old, fresh] = [join(place, 'old'), join(place, 'fresh')];
    const files = new Map(this.#image.files);
    for (const [name, bytes] of damage.changed) {
      if (bytes === null) files.delete(name);
      else files.set(name, bytes);
    }
    for (const [name, bytes] of files) {
      mkdirSync(join(old, dirname(name)), { recursive: true });
      writeFileSync(join(old, name), bytes);
    }
    // Where nothing but table files is damaged, the others can be taken over as they are.
    const keepFiles =
      Number(basename(place)) % 2 === 0 && [...damage.changed.keys()].every((name) => name.endsWith('.sst'));
    const { losses, done } = await repairer.repair({ from: old, to: fresh, keepFiles });
    requireSame(files, readFiles(old));
    const left = readdirSync(place).filter((name) => name !== 'old' && name !== 'fresh');
    if (left.length > 0) throw new Error(`${left.join()} is left behind`);
    if (!done) throw new Error('it ended without totals');
    if (losses.length > 0) this.#tally.losses++;
    else this.#tally.whole++;
    await this.#compare({ ...damage, keepFiles }, losses, fresh);
  }

  async #compare(damage: Repair, losses: readonly RepairLoss[], fresh: string): Promise<void> {
    for (const instance of [0, 5]) {
      const log = await openLog(fresh, { instance, rocksdb: SMALL });
      try {
        const found = read(log, instance);
        const tables = this.#image.tables.filter((table) => table.instance === instance);
        for (const table of found) requireOneOwner(table, losses);
        for (const table of tables) this.#compareTable(damage, losses, table, found);
        requireNewNames(log, found);
        for (const table of tables) {
          if (this.#leavesTrace(damage, table, found)) requireNoSequenceTwice(log, table, found);
        }
      } finally {
        await log.close();
      }
    }
  }

  /** Of a table whose entries, floor and name are all lost nobody can know that there was one. */
  #leavesTrace(damage: Repair, table: OwnedTable, found: readonly Found[]): boolean {
    const { id, owner, last } = table;
    if (id === null || last === 0n || found.some(({ info }) => info.id.table === id.table)) return true;
    return this.#intact(damage, `<${owner}|${table.life}|`) !== undefined;
  }

  /** A file that holds the text, is needed, and is not damaged. */
  #intact(damage: Repair, text: string): string | undefined {
    const holders = [...this.#image.files].filter(([, bytes]) => bytes.includes(text)).map(([name]) => name);
    // A log file whose entries have got into a table file since counts together with all that came after it, or not at all.
    const isFlushed = holders.some((name) => name.endsWith('.sst'));
    const counts = (log: string) =>
      !damage.keepFiles &&
      this.#logs.every((name) => basename(name) < basename(log) || !damage.changed.has(name));
    return holders.find(
      (name) => !damage.changed.has(name) && !(isFlushed && name.endsWith('.log') && !counts(name)),
    );
  }

  #compareTable(
    damage: Repair,
    losses: readonly RepairLoss[],
    table: OwnedTable,
    found: readonly Found[],
  ): void {
    const saved = found.filter(({ marks }) => marks.some(({ mark }) => mark?.owner === table.owner));
    const there = new Set<bigint>();
    for (const { info, marks } of saved) {
      for (const { mark } of marks) {
        if (mark === null) continue;
        const isOld = mark.life !== table.life || mark.sequence <= table.trimmedTo;
        if (!isOld) there.add(mark.sequence);
        else if (!tells(losses, 'trim', table.instance, info, mark.sequence)) {
          throw new Error(`${markText(mark)} is back, and nothing was said`);
        }
      }
    }
    this.#tally.entries += there.size;
    // Of a life of the table of which nothing is left there is nothing but the lost file to be told.
    const info = saved.find(({ marks }) => marks.some(({ mark }) => mark?.life === table.life))?.info;
    for (let sequence = table.trimmedTo + 1n; sequence <= table.last; sequence++) {
      if (there.has(sequence)) continue;
      const text = markText({ owner: table.owner, life: table.life, sequence });
      const intact = this.#intact(damage, text);
      if (intact !== undefined) throw new Error(`${text} is lost, and stands in ${intact}`);
      const told =
        info === undefined
          ? losses.length > 0
          : tells(losses, 'middle', table.instance, info, sequence) ||
            tells(losses, 'tail', table.instance, info, sequence) ||
            // An entry of the life before stands in its place.
            (table.life > 0 && tells(losses, 'trim', table.instance, info, sequence));
      if (!told) throw new Error(`${text} is lost, and nothing was said`);
    }
  }
}

/** Whether a loss of the kind is about a sequence of a table. */
function tells(
  losses: readonly RepairLoss[],
  kind: RepairLoss['kind'],
  instance: number,
  { id }: TableInfo,
  sequence: bigint,
): boolean {
  return losses.some(
    (loss) =>
      loss.kind === kind &&
      (loss.instance ?? 0) === instance &&
      loss.id?.table === id.table &&
      (loss.sequences === undefined || (loss.sequences.from <= sequence && sequence <= loss.sequences.to)),
  );
}

function read(log: Log, instance: number): Found[] {
  return [...log.tables()].map((info) => {
    const { region, table } = info.id;
    const entries = region === null ? [] : [...log.read({ region, table })];
    return {
      instance,
      info,
      marks: entries.map(({ sequence, payload }) => ({ sequence, mark: markOf(payload) })),
    };
  });
}

/** What a table holds is all of one table, and under its own sequences, and under its own name unless that is lost. */
function requireOneOwner({ instance, info, marks }: Found, losses: readonly RepairLoss[]): void {
  const what = info.name ?? `${info.id.region}.${info.id.table}`;
  let owner: string | undefined;
  for (const { sequence, mark } of marks) {
    if (mark === null || mark.sequence !== sequence)
      throw new Error(`${what} has something else in ${sequence}`);
    owner ??= mark.owner;
    if (mark.owner !== owner) throw new Error(`${what} has entries of ${owner} and of ${mark.owner}`);
  }
  if (owner === undefined) return;
  if (info.name === undefined || info.name.startsWith('recovered-')) {
    const expected = `${instance}/id ${info.id.region}.${info.id.table}`;
    const renamed = losses.some(({ kind, id }) => kind === 'name' && id?.table === info.id.table);
    if (owner !== expected && !renamed) throw new Error(`${what} has the entries of ${owner}`);
  } else if (owner !== `${instance}/${info.name}`) {
    throw new Error(`${what} has the entries of ${owner}`);
  }
}

/** Names that there never were begin with nothing. */
function requireNewNames(log: Log, found: readonly Found[]): void {
  for (const id of log.names.make(['newcomer 1', 'newcomer 2'])) {
    if (found.some(({ info }) => info.id.table === id.table)) {
      throw new Error(`a new name got the table ${id.table}, which is there already`);
    }
    if ([...log.read(id)].length > 0) throw new Error('a new name shows entries of another');
    log.append(id, [Buffer.from('new')]);
  }
}

/** Who goes on with a table by its ids or name gets sequences that nobody had. */
function requireNoSequenceTwice(log: Log, table: OwnedTable, found: readonly Found[]): void {
  const id = table.id ?? log.names.make([table.name ?? ''])[0];
  if (id === undefined) throw new Error(`${table.owner} cannot be named`);
  const next = log.nextSequence(id);
  // A name that was lost is a new table; its entries go on under the name that they were given.
  const renamed = found.filter(({ marks }) => marks.some(({ mark }) => mark?.owner === table.owner));
  for (const { info } of renamed) {
    const region = info.id.region ?? 0n;
    const goesOn = log.nextSequence({ region, table: info.id.table });
    if (goesOn <= table.last)
      throw new Error(`${table.owner} goes on with ${goesOn}, and ${table.last} was the last`);
  }
  const isSame = table.name === undefined || found.some(({ info }) => info.name === table.name);
  if (isSame && next <= table.last) {
    throw new Error(`${table.owner} goes on with ${next}, and ${table.last} was the last`);
  }
  const { first } = log.append(id, [Buffer.from('next')]);
  if (first !== next) throw new Error(`${table.owner} was to go on with ${next}, and did with ${first}`);
}

function requireSame(before: ReadonlyMap<string, Buffer>, after: ReadonlyMap<string, Buffer>): void {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(name), after.get(name)];
    if (a === undefined || b === undefined || !a.equals(b)) throw new Error(`${name} was changed`);
  }
}
