import type { KeyValueStore } from './key-value-store.js';

/** Values read at a time: with it an iterator fetches many with one call into its thread. */
const PAGE = 1000;

interface Range {
  readonly gte: Buffer;
  readonly lte: Buffer;
  readonly limit?: number;
  readonly reverse?: boolean;
  /** classic-level: bytes fetched at a time. */
  readonly highWaterMarkBytes?: number;
}

interface PagedIterator<T> {
  nextv(size: number): Promise<T[]>;
  close(): Promise<void>;
}

/** What the wrappers use of a database with the interface of abstract-level, opened with buffers as encodings. */
export interface LevelDatabase {
  open(): Promise<void>;
  batch(operations: readonly object[], options: { readonly sync: boolean }): Promise<void>;
  values(range: Range): PagedIterator<Buffer>;
  keys(range: Range): PagedIterator<Buffer>;
  close(): Promise<void>;
}

/** A key-value store over a database with the interface of abstract-level. */
export function overLevel(db: LevelDatabase, sync: boolean): KeyValueStore {
  return {
    put: (pairs) =>
      db.batch(
        pairs.map(([key, value]) => ({ type: 'put', key, value })),
        { sync },
      ),
    async *values(gte, lte, limit) {
      const iterator = db.values({
        gte,
        lte,
        highWaterMarkBytes: 1024 * 1024,
        ...(Number.isSafeInteger(limit) && limit < Number.MAX_SAFE_INTEGER && { limit }),
      });
      try {
        for (let page = await iterator.nextv(PAGE); page.length > 0; page = await iterator.nextv(PAGE))
          yield page;
      } finally {
        await iterator.close();
      }
    },
    async lastKey(gte, lte) {
      const iterator = db.keys({ gte, lte, reverse: true, limit: 1 });
      try {
        return (await iterator.nextv(1))[0];
      } finally {
        await iterator.close();
      }
    },
    close: () => db.close(),
  };
}
