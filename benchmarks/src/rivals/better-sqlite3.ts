import { join } from 'node:path';
import type { Store, StoreDriver } from '@shale/bench-kit';
import { loadRival, rivalVersion } from './load.js';

interface Statement {
  run(...values: readonly unknown[]): unknown;
  get(...values: readonly unknown[]): unknown;
  iterate(...values: readonly unknown[]): Iterable<unknown>;
  pluck(): Statement;
}

interface Database {
  pragma(text: string): unknown;
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  transaction<A extends readonly unknown[]>(work: (...args: A) => void): (...args: A) => void;
  close(): void;
}

class SqliteLog implements Store {
  readonly #db: Database;
  readonly #last: Statement;
  readonly #range: Statement;
  readonly #appendAll: (table: number, payloads: readonly Uint8Array[]) => void;

  constructor(db: Database) {
    this.#db = db;
    this.#last = db.prepare('SELECT max(sequence) FROM log WHERE tbl = ?').pluck();
    this.#range = db
      .prepare('SELECT payload FROM log WHERE tbl = ? AND sequence >= ? ORDER BY sequence LIMIT ?')
      .pluck();
    const insert = db.prepare('INSERT INTO log (tbl, sequence, payload) VALUES (?, ?, ?)');
    this.#appendAll = db.transaction((table: number, payloads: readonly Uint8Array[]) => {
      let sequence = Number(this.#last.get(table) ?? 0);
      for (const payload of payloads) {
        sequence += 1;
        insert.run(table, sequence, payload);
      }
    });
  }

  // It has no other interface than one that blocks.
  async append(table: number, payloads: readonly Uint8Array[]): Promise<void> {
    this.#appendAll(table, payloads);
    // Others may have their turn of the event loop between two transactions.
    await new Promise(setImmediate);
  }

  async scan(
    table: number,
    from: number,
    limit: number,
    visit: (payload: Uint8Array) => void,
  ): Promise<number> {
    let count = 0;
    for (const payload of this.#range.iterate(table, from, limit)) {
      if (!(payload instanceof Uint8Array)) throw new TypeError('a payload that is not bytes');
      visit(payload);
      count += 1;
    }
    return count;
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}

/** SQLite with a write-ahead log. Each append is a transaction. */
export const driver: StoreDriver = {
  name: 'better-sqlite3',
  tunedBy:
    "its docs/performance.md: journal_mode = WAL; SQLite's PRAGMA synchronous: FULL syncs each commit, NORMAL not",
  durabilities: ['sync', 'os'],
  version: () => {
    const version = rivalVersion('better-sqlite3');
    // The package loads without its binary, which is looked for when a database is made.
    new (loadRival<new (path: string) => Database>('better-sqlite3'))(':memory:').close();
    return version;
  },
  open: async (directory, { durability }) => {
    const Sqlite = loadRival<new (path: string) => Database>('better-sqlite3');
    const db = new Sqlite(join(directory, 'log.sqlite'));
    db.pragma('journal_mode = WAL');
    db.pragma(`synchronous = ${durability === 'sync' ? 'FULL' : 'NORMAL'}`);
    db.exec(
      'CREATE TABLE IF NOT EXISTS log (tbl INTEGER, sequence INTEGER, payload BLOB, PRIMARY KEY (tbl, sequence)) WITHOUT ROWID',
    );
    return new SqliteLog(db);
  },
};
