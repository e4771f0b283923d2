import { promisify } from 'node:util';
import type { StoreDriver } from '@shale/bench-kit';
import { KeyValueLog, type KeyValueStore } from './key-value-store.js';
import { loadRival, rivalVersion } from './load.js';

type Callback<T = void> = (error: Error | null, result: T) => void;

interface Range {
  readonly gte: Buffer;
  readonly lte: Buffer;
  readonly limit?: number;
  readonly reverse?: boolean;
  readonly values?: boolean;
  readonly keys?: boolean;
  readonly highWaterMark?: number;
}

interface Iterator {
  next(callback: (error: Error | null, key?: Buffer, value?: Buffer) => void): void;
  end(callback: Callback): void;
}

interface Database {
  open(options: object, callback: Callback): void;
  batch(operations: readonly object[], options: { readonly sync: boolean }, callback: Callback): void;
  iterator(range: Range): Iterator;
  close(callback: Callback): void;
}

/** Values handed on at a time. */
const PAGE = 1000;
/** As Shale's memtable; without compression, as Shale's tables. */
const OPTIONS = { createIfMissing: true, compression: false, writeBufferSize: 64 * 1024 * 1024 };

function next(iterator: Iterator): Promise<[Buffer | undefined, Buffer | undefined]> {
  return new Promise((resolve, reject) => {
    iterator.next((error, key, value) => (error ? reject(error) : resolve([key, value])));
  });
}

function overDown(db: Database, sync: boolean): KeyValueStore {
  return {
    put: (pairs) =>
      promisify(db.batch.bind(db))(
        pairs.map(([key, value]) => ({ type: 'put', key, value })),
        { sync },
      ),
    async *values(gte, lte, limit) {
      const range = { gte, lte, keys: false, highWaterMark: 1024 * 1024 };
      const iterator = db.iterator(limit < Number.MAX_SAFE_INTEGER ? { ...range, limit } : range);
      try {
        let page: Buffer[] = [];
        for (let [, value] = await next(iterator); value !== undefined; [, value] = await next(iterator)) {
          page.push(value);
          if (page.length < PAGE) continue;
          yield page;
          page = [];
        }
        if (page.length > 0) yield page;
      } finally {
        await promisify(iterator.end.bind(iterator))();
      }
    },
    async lastKey(gte, lte) {
      const iterator = db.iterator({ gte, lte, reverse: true, limit: 1 });
      const [key] = await next(iterator);
      await promisify(iterator.end.bind(iterator))();
      return key;
    },
    close: () => promisify(db.close.bind(db))(),
  };
}

/** RocksDB 6.17 behind the interface of leveldown. */
export const driver: StoreDriver = {
  name: 'rocksdb',
  tunedBy: "its README, which refers to leveldown's: batch() with sync, writeBufferSize, highWaterMark",
  durabilities: ['sync', 'os'],
  version: () => rivalVersion('rocksdb'),
  open: async (directory, { durability, tables }) => {
    const db = loadRival<(location: string) => Database>('rocksdb')(directory);
    await promisify(db.open.bind(db))(OPTIONS);
    return KeyValueLog.open(overDown(db, durability === 'sync'), tables);
  },
};
