import {
  decodeNameCounter,
  decodeNameKey,
  decodeNameValue,
  decodeTableNameKey,
  decodeTableNameValue,
  FIRST_NAMED_TABLE,
  type KeyRange,
  nameCounterKey,
  nameRange,
  tableNameRange,
  U64_MAX,
} from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { catalogPages, placeOfNames } from '../names/catalog-log.js';
import { type RawRecord, recordPages, valueAt } from '../raw-records.js';

/** The names of one instance's tables, as far as they can be read. */
export class SavedNames {
  readonly #ids = new Map<string, bigint>();
  #next = FIRST_NAMED_TABLE;

  /** Reads them from a database that may have any half of what it had. */
  static read(db: Database, instance: number): SavedNames {
    const saved = new SavedNames();
    const home = { db, path: db.path, instance };
    const counter = valueAt(db, nameCounterKey(instance));
    // The counter is written when the names have moved out of the log, and never before.
    const haveMoved = counter !== null || attempt(() => placeOfNames(home)) === 'records';
    if (!haveMoved && saved.#readLog(home)) return saved;
    for (const record of records(db, nameRange(instance))) {
      attempt(() => saved.#take(decodeNameKey(record.key, instance), decodeNameValue(record.value).table));
    }
    for (const record of records(db, tableNameRange(instance))) {
      const { key, value } = record;
      attempt(() => saved.#take(decodeTableNameValue(value), decodeTableNameKey(key, instance).table));
    }
    if (counter !== null) attempt(() => saved.skipTo(decodeNameCounter(counter)));
    return saved;
  }

  /** The names, each with its table. */
  get ids(): ReadonlyMap<string, bigint> {
    return this.#ids;
  }

  /** The id for the next new name: above every one that was seen. */
  get next(): bigint {
    return this.#next;
  }

  /** No new name gets an id below. */
  skipTo(id: bigint): void {
    if (id > this.#next) this.#next = id;
  }

  /** Names a table. Of two tables that had the same name it is that of the later one. */
  name(name: string, table: bigint): void {
    this.#take(name, table);
  }

  #take(name: string, table: bigint): void {
    this.#see(table);
    const known = this.#ids.get(name);
    if (known === undefined || known < table) this.#ids.set(name, table);
  }

  #see(table: bigint): void {
    this.skipTo(table < U64_MAX ? table + 1n : U64_MAX);
  }

  /** False when there is nothing in it. */
  #readLog(home: { db: Database; path: string; instance: number }): boolean {
    let found = false;
    for (const page of catalogPages(home, undefined, () => undefined)) {
      for (const { kind, id, name } of page) {
        found = true;
        this.#see(id.table);
        if (kind === 'name') this.#ids.set(name, id.table);
        else if (this.#ids.get(name) === id.table) this.#ids.delete(name);
      }
    }
    return found;
  }
}

function* records(db: Database, range: KeyRange): Generator<RawRecord, void, undefined> {
  for (const page of recordPages(db, range)) yield* page;
}

/** What damage has made of a record is no record. */
function attempt<R>(read: () => R): R | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
