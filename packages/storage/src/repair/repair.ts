import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CATALOG_INSTANCE, decodeNameCounter, MAX_INSTANCE, nameCounterKey } from '@shale/codec';
import { type Database, openDatabase } from '@shale/rocksdb';
import type { LogContext } from '../context.js';
import { newCounters } from '../counters.js';
import { nativeAsync } from '../errors.js';
import { floors } from '../floors.js';
import { TableUnits } from '../table-units.js';
import { makeWorkspace, moveIntoPlace, removeWorkspace, type Workspace } from '../targets/new-directory.js';
import { fromHere, realPath } from '../targets/real-path.js';
import { InstanceCopy } from './copy-instance.js';
import { DamageMap } from './damage.js';
import type { RepairEvent, RepairLoss, RepairProgress } from './events.js';
import { FloorBook } from './floors.js';
import { gather, type PlainRecord } from './gather.js';
import { mendNames, writeNames } from './mend-names.js';
import { type OldDatabase, openOld } from './old-database.js';
import { checkPlaces, takeInventory } from './old-files.js';
import { rebuild } from './rebuild.js';
import { SavedNames } from './saved-names.js';

/**
 * Saves what can be read of a damaged database into a new one, and reports what cannot. Nothing in the old directory is
 * changed. Entries before and behind damage keep their regions, tables and sequences, in all instances; names stay; and
 * metadata records are raised so far that no sequence that a lost entry may have had is given out again.
 *
 * It works in a directory `.<name>.partial-…` beside the new one, needs as much space as the saved entries take (twice
 * that, if the old database is on another file system), and moves the new database to its place when it is whole.
 *
 * Throws SHALE_INVALID_ARGUMENT (there is something at `to` already, or it is, lies in or holds `from`, or lies in another log), SHALE_NOT_FOUND,
 * SHALE_LOCKED (a process has the old one open for writing), SHALE_NO_SPACE, SHALE_IO, and SHALE_CORRUPT when nothing
 * can be saved.
 */
export function repairDatabase(from: string, to: string): AsyncGenerator<RepairEvent, void, undefined> {
  return repair(fromHere(from), fromHere(to));
}

async function* repair(source: string, target: string): AsyncGenerator<RepairEvent, void, undefined> {
  const inventory = await takeInventory(source);
  const [from, to] = [await realPath(source), await realPath(target)];
  await checkPlaces(from, to);
  const started = performance.now();
  const workspace = await makeWorkspace(to);
  try {
    const old = await openOld(from);
    try {
      const run = new RepairRun(from, workspace, old);
      let losses = 0;
      for await (const event of run.events(inventory)) {
        if (event.type === 'loss') losses++;
        yield event;
      }
      await moveIntoPlace(workspace);
      const { entries, tables, payloadBytes } = run.totals;
      yield {
        type: 'totals',
        opened: old.db !== null,
        entries,
        tables,
        payloadBytes,
        losses,
        elapsedMs: performance.now() - started,
      };
    } finally {
      await old.db?.close();
    }
  } finally {
    await removeWorkspace(workspace);
  }
}

class RepairRun {
  readonly totals = { entries: 0n, tables: 0, payloadBytes: 0n };
  readonly #from: string;
  readonly #workspace: Workspace;
  readonly #old: OldDatabase;
  readonly #damage = new DamageMap();
  /** Of damaged files: metadata records, whose order among others is not known. */
  readonly #records: PlainRecord[] = [];
  #files = { done: 0, total: 0 };

  constructor(from: string, workspace: Workspace, old: OldDatabase) {
    this.#from = from;
    this.#workspace = workspace;
    this.#old = old;
  }

  async *events(
    inventory: Awaited<ReturnType<typeof takeInventory>>,
  ): AsyncGenerator<RepairLoss | RepairProgress, void, undefined> {
    const { failure } = this.#old;
    if (failure !== null) {
      yield { type: 'loss', kind: 'file', message: `the database cannot be opened: ${failure.message}` };
    }
    const { root, result } = this.#workspace;
    const files = join(root, 'files');
    await mkdir(files, { mode: 0o700 });
    const sources = { inventory, old: this.#old, damage: this.#damage, records: this.#records };
    for await (const event of gather(this.#from, files, sources)) {
      if (event.type === 'loss') {
        yield event;
        continue;
      }
      this.#files = { done: event.done, total: event.total };
      yield this.#progress('files');
    }
    yield this.#progress('rebuild');
    yield* await rebuild(files, this.#from, this.#damage);
    await using source = await nativeAsync({ path: this.#from }, () =>
      openDatabase(files, { readOnly: true }),
    );
    {
      await using target = await nativeAsync({ path: result }, () => openDatabase(result));
      // The log that names were in before they had records of their own comes first: what is left of it is replaced.
      for (let instance = MAX_INSTANCE; instance >= 0; instance--)
        yield* this.#copy(source, target, instance);
      await nativeAsync({ path: result }, () => target.flush());
    }
  }

  async *#copy(
    source: Database,
    target: Database,
    instance: number,
  ): AsyncGenerator<RepairLoss | RepairProgress, void, undefined> {
    const book = new FloorBook();
    book.take(this.#records, instance);
    this.#takeOldFloors(book, instance);
    const names = instance === CATALOG_INSTANCE ? new SavedNames() : SavedNames.read(source, instance);
    const copy = new InstanceCopy(contextOf(source, instance), target, this.#old.db, this.#damage, book);
    for (const event of copy.run(names.ids.values())) {
      if (event.type === 'loss') {
        yield event;
        continue;
      }
      // What is in the log of names is no entry of anybody's.
      if (instance === CATALOG_INSTANCE) continue;
      this.totals.entries += BigInt(event.entries);
      this.totals.payloadBytes += BigInt(event.payloadBytes);
      yield this.#progress('entries');
    }
    copy.writeFloors();
    if (instance === CATALOG_INSTANCE) return;
    this.totals.tables += copy.tables.length;
    const saved = copy.tables.filter(({ id }) => id.region === 0n).map(({ id }) => id.table);
    // The region of a table of which only this record is left nobody knows.
    for (const [table] of book) saved.push(table);
    yield* this.#mend(instance, names, saved);
    writeNames(target, instance, names);
  }

  /** Sees to the names if some of them may be lost. */
  *#mend(instance: number, names: SavedNames, tables: readonly bigint[]): Generator<RepairLoss> {
    for (const counter of this.#counters(instance)) names.skipTo(counter);
    const { most, causes } = this.#damage.ofNames(instance);
    if (causes.length === 0 || (instance !== 0 && tables.length === 0 && names.ids.size === 0)) return;
    yield* mendNames(instance, names, tables, most);
  }

  /** What may be the counter of names, of damaged files and of the old database. */
  *#counters(instance: number): Generator<bigint> {
    const key = nameCounterKey(instance);
    const found = this.#records.filter((record) => Buffer.compare(record.key, key) === 0);
    for (const read of [
      ...found.map(
        ({ value }) =>
          () =>
            value,
      ),
      () => this.#old.db?.get(key) ?? null,
    ]) {
      try {
        const value = read();
        if (value !== null) yield decodeNameCounter(value);
      } catch {
        // Damage. The names themselves say which ids are taken.
      }
    }
  }

  /** The old database may still know floors whose newest records were in a part of a file that is lost. */
  #takeOldFloors(book: FloorBook, instance: number): void {
    if (this.#old.db === null) return;
    try {
      const found = floors(contextOf(this.#old.db, instance), () => undefined);
      for (const { table, maxSequence } of found) book.raise(table, maxSequence);
    } catch {
      // Damage among them; what can be read of it was gathered from the files.
    }
  }

  #progress(step: RepairProgress['step']): RepairProgress {
    const { entries, tables } = this.totals;
    return { type: 'progress', step, files: this.#files, entries, tables };
  }
}

function contextOf(db: Database, instance: number): LogContext {
  const home = { db, path: db.path, instance };
  return { ...home, units: new TableUnits(home), counters: newCounters() };
}
