import { type KeyRange, keySuccessor } from '@shale/codec';
import type { Database, Snapshot } from '@shale/rocksdb';
import { native } from './errors.js';

/** A key and value as they are in the database. */
export interface RawRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Of a page of records. */
export const PAGE_BYTES: number = 64 * 1024;

/**
 * The records of a range, whatever their shape, a page at a time. A page has at least one.
 *
 * @param pageBytes of keys and values in a page, unless one record alone takes more
 */
export function* recordPages(
  db: Database,
  { lower, upper }: KeyRange,
  snapshot?: Snapshot,
  pageBytes: number = PAGE_BYTES,
): Generator<RawRecord[], void, undefined> {
  let page = new Uint8Array(pageBytes);
  let from: Uint8Array | null = lower;
  while (from !== null) {
    const start: Uint8Array = from;
    const result = native({ path: db.path }, () =>
      db.records(start, upper, page, snapshot === undefined ? {} : { snapshot }),
    );
    if (result.neededBytes > 0) {
      page = new Uint8Array(result.neededBytes);
      continue;
    }
    const view = new DataView(page.buffer);
    const records: RawRecord[] = [];
    let at = 0;
    for (let i = 0; i < result.count; i++) {
      const keyEnd = at + 8 + view.getUint32(at, true);
      const valueEnd = keyEnd + view.getUint32(at + 4, true);
      records.push({ key: page.slice(at + 8, keyEnd), value: page.slice(keyEnd, valueEnd) });
      at = valueEnd;
    }
    if (records.length > 0) yield records;
    from = result.more ? result.resumeAt : null;
  }
}

/** The value of a key, found by going there: unlike a look-up, it works in every database that can be iterated. */
export function valueAt(db: Database, key: Uint8Array, snapshot?: Snapshot): Uint8Array | null {
  for (const page of recordPages(db, { lower: key, upper: keySuccessor(key) }, snapshot)) {
    for (const { value } of page) return value;
  }
  return null;
}

/** The first key of a range; null when it is empty. */
export function firstKey(db: Database, { lower, upper }: KeyRange): Uint8Array | null {
  const result = native({ path: db.path }, () => db.records(lower, upper, new Uint8Array(0)));
  return result.more ? result.resumeAt : null;
}
