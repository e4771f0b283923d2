import type { StoreDriver } from '@shale/bench-kit';
import { KeyValueLog, type KeyValueStore } from './key-value-store.js';
import { loadRival, rivalVersion } from './load.js';

interface RangeOptions {
  readonly start: Buffer;
  readonly end: Buffer;
  readonly limit?: number;
  readonly reverse?: boolean;
}

interface Database {
  readonly flushed: Promise<unknown>;
  batch(write: () => void): Promise<boolean>;
  put(key: Buffer, value: Buffer): unknown;
  getRange(options: RangeOptions): Iterable<{ readonly value: Buffer }>;
  getKeys(options: RangeOptions): Iterable<Buffer>;
  close(): Promise<void>;
}

interface LmdbModule {
  open(options: object): Database;
}

const PAGE = 1000;
const END = Buffer.alloc(1);

function overLmdb(db: Database, sync: boolean): KeyValueStore {
  return {
    async put(pairs) {
      await db.batch(() => {
        for (const [key, value] of pairs) db.put(key, value);
      });
      // The commit is visible before it is flushed; this resolves when it is.
      if (sync) await db.flushed;
    },
    async *values(gte, lte, limit) {
      const range = { start: gte, end: Buffer.concat([lte, END]) };
      let page: Buffer[] = [];
      for (const { value } of db.getRange(limit < Number.MAX_SAFE_INTEGER ? { ...range, limit } : range)) {
        page.push(value);
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    },
    async lastKey(gte, lte) {
      const [key] = db.getKeys({ start: lte, end: gte, reverse: true, limit: 1 });
      return key;
    },
    close: () => db.close(),
  };
}

/** LMDB, a memory-mapped B+tree. Commits of one turn of the event loop share a transaction. */
export const driver: StoreDriver = {
  name: 'lmdb',
  tunedBy: "lmdb-js's README: batch(), overlappingSync as by default, flushed; keys and values as binary",
  durabilities: ['sync', 'os'],
  version: () => rivalVersion('lmdb'),
  open: (directory, { durability, tables }) => {
    const { open } = loadRival<LmdbModule>('lmdb');
    const db = open({ path: directory, keyEncoding: 'binary', encoding: 'binary' });
    return KeyValueLog.open(overLmdb(db, durability === 'sync'), tables);
  },
};
