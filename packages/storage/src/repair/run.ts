import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOG_INSTANCE, decodeNameCounter, MAX_INSTANCE, nameCounterKey } from '@shale/codec';
import { type Database, openDatabase } from '@shale/rocksdb';
import { KnownIds } from '../append-ids/known-ids.js';
import { USUAL_ID_WINDOW } from '../append-ids/window.js';
import { nativeAsync } from '../errors.js';
import { refuseLaterFormat } from '../requirements.js';
import { TableWatch } from '../retention/table-watch.js';
import type { LogContext } from '../tables/context.js';
import { newCounters } from '../tables/counters.js';
import { KnownTables } from '../tables/known-tables.js';
import type { Workspace } from '../targets/new-directory.js';
import { InstanceCopy } from './copy-instance.js';
import { DamageMap } from './damage.js';
import type { Distrusted } from './distrusted.js';
import type { RepairLoss, RepairProgress } from './events.js';
import { FloorBook } from './floors.js';
import { Gathering, type PlainRecord } from './gather.js';
import { keepFiles } from './keep-files.js';
import { type GatheredLog, gatherLogs } from './logs.js';
import { mendNames, writeNames } from './mend-names.js';
import { openNew } from './new-database.js';
import { type OldDatabase, surveyOld } from './old-database.js';
import { type Inventory, takeInventory } from './old-files.js';
import { rebuild } from './rebuild.js';
import { saveAppendIds } from './save-append-ids.js';
import { saveConsumers } from './save-consumers.js';
import { saveRetention } from './save-retention.js';
import { SavedNames } from './saved-names.js';

/** What a run is to do. */
export interface RepairOrder {
  readonly from: string;
  /** Where it works; the new database is its `result`. */
  readonly workspace: Pick<Workspace, 'root' | 'result'>;
  readonly distrusted: Distrusted;
  /** Takes table files over as they are, or not at all. */
  readonly keepFiles: boolean;
}

/** The step that a run is at, to be known when its process ends. */
export interface RunPlace {
  /** The file that is being read, or the old database as a whole; null while all that was read is put together. */
  readonly file: string | null;
  /** Files that were damaged and of which a part was taken. */
  readonly mended: readonly string[];
}

/** What `RunPlace` and `Distrusted` call the old database as a whole. */
const WHOLE = 'the database';

/** What a run has saved. */
export interface RunTotals {
  readonly opened: boolean;
  readonly entries: bigint;
  readonly tables: number;
  readonly payloadBytes: bigint;
}

/** One go at a repair: reads the old files one by one, and makes the new database of what can be read. */
export class RepairRun {
  readonly #totals = { opened: false, entries: 0n, tables: 0, payloadBytes: 0n };
  readonly #order: RepairOrder;
  readonly #place: (place: RunPlace) => Promise<void>;
  readonly #damage = new DamageMap();
  /** Of damaged files: metadata records, whose order among others is not known. */
  readonly #records: PlainRecord[] = [];
  #files = { done: 0, total: 0 };

  /** @param place is told where it is; it goes there when that has been heard */
  constructor(order: RepairOrder, place: (place: RunPlace) => Promise<void>) {
    this.#order = order;
    this.#place = place;
  }

  get totals(): RunTotals {
    return this.#totals;
  }

  async *events(): AsyncGenerator<RepairLoss | RepairProgress, void, undefined> {
    const { from, workspace } = this.#order;
    const inventory = await takeInventory(from);
    if (this.#order.keepFiles) {
      yield* this.#keep(inventory);
      return;
    }
    const files = join(workspace.root, 'files');
    await mkdir(files, { mode: 0o700 });
    const logs = await this.#gatherLogs(files, inventory);
    const old = await surveyOld(from, inventory, logs);
    this.#totals.opened = old.failure === null;
    this.#damage.logs.push(...old.lost);
    const gathering = yield* this.#gather(files, inventory, old);
    const { mended } = gathering;
    await this.#place({ file: null, mended });
    yield this.#progress('rebuild');
    const scratch = join(workspace.root, 'log');
    const gathered = { files, scratch, from, deletions: gathering.deletions, hasBlobs: old.hasBlobs };
    yield* await rebuild(gathered, this.#damage, old.most);
    await using source = await nativeAsync({ path: from }, () => openDatabase(files, { readOnly: true }));
    refuseLaterFormat(source, false);
    const canOpen = gathering.everyFileOpens && old.unknown === null && old.missing.length === 0;
    const whole = canOpen ? await this.#openOld() : null;
    try {
      await using target = await nativeAsync({ path: workspace.result }, () =>
        openNew(workspace.result, files),
      );
      // The log that names were in before they had records of their own comes first: what is left of it is replaced.
      for (let instance = MAX_INSTANCE; instance >= 0; instance--)
        yield* this.#copy({ source, target, whole }, instance);
      await nativeAsync({ path: workspace.result }, () => target.flush());
    } finally {
      await whole?.close();
    }
  }

  /** Takes over whole files, and raises what the lost ones may have given out. */
  async *#keep(inventory: Inventory): AsyncGenerator<RepairLoss | RepairProgress, void, undefined> {
    const { from, workspace, distrusted } = this.#order;
    const to = workspace.result;
    const at = (file: string) => this.#place({ file, mended: [] });
    for await (const event of keepFiles({ from, to, inventory, damage: this.#damage, distrusted, at })) {
      if (event.type === 'loss') yield event;
      else {
        this.#files = { done: event.done, total: event.total };
        yield this.#progress('files');
      }
    }
    this.#totals.opened = true;
    await this.#place({ file: null, mended: [] });
    await using db = await nativeAsync({ path: to }, () => openNew(to, to));
    refuseLaterFormat(db, false);
    for (let instance = MAX_INSTANCE; instance >= 0; instance--)
      yield* this.#copy({ source: db, target: db, whole: null }, instance);
    await nativeAsync({ path: to }, () => db.flush());
  }

  /**
   * The old database itself, which alone can tell what damaged files with deletions in them have removed from others.
   * Only where every file opens: an iterator over a file that does not may end the process. Null when there is no need,
   * or it does not open, or has ended a process before.
   */
  async #openOld(): Promise<Database | null> {
    const { from, distrusted } = this.#order;
    if (this.#damage.blurred.length === 0 || distrusted.has(WHOLE)) return null;
    await this.#place({ file: WHOLE, mended: [] });
    try {
      return await openDatabase(from, {
        readOnly: true,
        recovery: 'salvage',
        walRecoveryMode: 'skipAnyCorrupted',
        paranoidChecks: false,
      });
    } catch {
      return null;
    }
  }

  async #gatherLogs(files: string, inventory: Inventory): Promise<GatheredLog[]> {
    const logs: GatheredLog[] = [];
    const { from, distrusted } = this.#order;
    const at = (file: string) => this.#place({ file, mended: [] });
    for await (const log of gatherLogs(from, files, inventory, { distrusted, at })) logs.push(log);
    return logs;
  }

  async *#gather(
    files: string,
    inventory: Inventory,
    old: OldDatabase,
  ): AsyncGenerator<RepairLoss | RepairProgress, Gathering, undefined> {
    const { from, distrusted } = this.#order;
    const gathering = new Gathering(from, files, {
      inventory,
      old,
      damage: this.#damage,
      records: this.#records,
      distrusted,
      at: (file) => this.#place({ file, mended: [] }),
    });
    for await (const event of gathering.run()) {
      if (event.type === 'loss') {
        yield event;
        continue;
      }
      this.#files = { done: event.done, total: event.total };
      yield this.#progress('files');
    }
    return gathering;
  }

  async *#copy(
    { source, target, whole }: { source: Database; target: Database; whole: Database | null },
    instance: number,
  ): AsyncGenerator<RepairLoss | RepairProgress, void, undefined> {
    const book = new FloorBook();
    book.take(this.#records, instance);
    const names = instance === CATALOG_INSTANCE ? new SavedNames() : SavedNames.read(source, instance);
    const losses: RepairLoss[] = [];
    const copy = new InstanceCopy(contextOf(source, instance), target, whole, this.#damage, book);
    for (const event of copy.run(names.ids.values())) {
      if (event.type === 'loss') {
        // The log of names is no user's table: its losses are reported as those of names.
        const isOfNames = instance === CATALOG_INSTANCE && (event.kind === 'tail' || event.kind === 'trim');
        if (!isOfNames) losses.push(event);
        continue;
      }
      // What is in the log of names is no entry of anybody's.
      if (instance === CATALOG_INSTANCE) continue;
      this.#totals.entries += BigInt(event.entries);
      this.#totals.payloadBytes += BigInt(event.payloadBytes);
      yield this.#progress('entries');
    }
    if (instance !== CATALOG_INSTANCE) {
      losses.push(...saveAppendIds({ source, target, instance }, copy.tables, this.#damage));
      losses.push(...saveConsumers({ source, target, instance }, copy.tables, book, this.#damage));
      losses.push(...saveRetention({ source, target, instance }, copy.tables, book));
    }
    copy.writeFloors();
    if (instance === CATALOG_INSTANCE) {
      yield* losses;
      return;
    }
    this.#totals.tables += copy.tables.length;
    const saved = copy.tables.filter(({ id }) => id.region === 0n).map(({ id }) => id.table);
    // Only this record is left of the table, and it does not say the region.
    for (const [table] of book) saved.push(table);
    losses.push(...this.#mend(instance, names, saved));
    // Told when all have one.
    yield* withNames(losses, names);
    // Where they are already, and none is lost, they stay.
    if (source !== target || this.#damage.ofNames(instance).causes.length > 0) {
      writeNames(target, instance, names);
    }
  }

  /** Mends the names if some of them may be lost. */
  *#mend(instance: number, names: SavedNames, tables: readonly bigint[]): Generator<RepairLoss> {
    for (const counter of this.#counters(instance)) names.skipTo(counter);
    const { most, causes } = this.#damage.ofNames(instance);
    if (causes.length === 0 || (instance !== 0 && tables.length === 0 && names.ids.size === 0)) return;
    yield* mendNames(instance, names, tables, most);
  }

  /** What may be the counter of names, of damaged files. */
  *#counters(instance: number): Generator<bigint> {
    const key = nameCounterKey(instance);
    for (const record of this.#records) {
      if (Buffer.compare(record.key, key) !== 0) continue;
      try {
        yield decodeNameCounter(record.value);
      } catch {
        // Damage. The names themselves say which ids are taken.
      }
    }
  }

  #progress(step: RepairProgress['step']): RepairProgress {
    const { entries, tables } = this.#totals;
    return { type: 'progress', step, files: this.#files, entries, tables };
  }
}

/** The losses, each with the name of its table if it has one. */
function* withNames(losses: readonly RepairLoss[], names: SavedNames): Generator<RepairLoss> {
  if (losses.length === 0) return;
  const byTable = new Map([...names.ids].map(([name, table]) => [table, name]));
  for (const loss of losses) {
    const name = loss.id?.region === 0n ? byTable.get(loss.id.table) : undefined;
    yield name === undefined ? loss : { ...loss, name };
  }
}

function contextOf(db: Database, instance: number): LogContext {
  const home = { db, path: db.path, instance };
  const ids = new KnownIds(home, USUAL_ID_WINDOW);
  const watch = new TableWatch(home);
  return { ...home, tables: new KnownTables(home), ids, counters: newCounters(), watch };
}
