import {
  decodePositionKey,
  type KeyRange,
  keySuccessor,
  type PositionKey,
  positionKey,
  positionRangeOfTable,
  WalError,
} from '@shale/codec';
import { decoded } from '../errors.js';
import { PAGE_BYTES, type RawRecord, recordPages } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';

/** Records of positions, and where the next ones are to be looked for; null at the end. */
export interface PositionPart {
  readonly records: readonly RawRecord[];
  readonly next: Uint8Array | null;
}

/** Bytes of the first page that is looked at for one consumer, and of the smallest. */
const FIRST_BYTES = 4096;
const LEAST_BYTES = 1024;
/** Of so many records in a page one must be of the consumer, or smaller pages do. */
const DENSE = 16;
/** Pages, and records of the consumer, that make a part. */
const MOST_PAGES = 64;
const MOST_RECORDS = 1024;

/** The next positions of all consumers, in the order of their keys. */
export function allRecords(
  { db, path }: TableHome,
  range: KeyRange,
  from: Uint8Array | null,
  bytes: number = PAGE_BYTES,
): PositionPart {
  const { lower, upper } = range;
  const page = recordPages(db, { lower: from ?? lower, upper }, undefined, bytes).next();
  if (page.done === true) return { records: [], next: null };
  return { records: page.value, next: keySuccessor(lastOf(page.value, path).key) };
}

/**
 * The next positions of one consumer. What others have in the same tables is passed over, from table to table, so that it
 * costs next to nothing; where there is little of it, many positions are read at a time.
 */
export function recordsOf(
  home: TableHome,
  consumer: bigint,
  { lower, upper }: KeyRange,
  from: Uint8Array | null,
  most: number = MOST_RECORDS,
): PositionPart {
  const found: RawRecord[] = [];
  let at = from ?? lower;
  let bytes = FIRST_BYTES;
  for (let pages = 0; pages < MOST_PAGES && found.length < most; pages++) {
    const page = recordPages(home.db, { lower: at, upper }, undefined, bytes).next();
    if (page.done === true) return { records: found, next: null };
    const records = page.value;
    const own = records.filter(({ key }) => read(home, key).consumer === consumer);
    found.push(...own);
    bytes =
      own.length * DENSE < records.length
        ? Math.max(LEAST_BYTES, bytes / 4)
        : Math.min(PAGE_BYTES, bytes * 2);
    at = behind(home, consumer, read(home, lastOf(records, home.path).key));
  }
  return { records: found, next: at };
}

/** Where the consumer can have its next position, behind one that somebody has. */
function behind(
  { instance }: TableHome,
  consumer: bigint,
  { region, table, ...last }: PositionKey,
): Uint8Array {
  if (last.consumer < consumer) return positionKey(instance, { region, table, consumer });
  return positionRangeOfTable(instance, { region, table }).upper;
}

function lastOf(records: readonly RawRecord[], path: string): RawRecord {
  const last = records.at(-1);
  if (last === undefined) throw new WalError('SHALE_INTERNAL', 'a page without records', { path });
  return last;
}

function read({ instance, path }: TableHome, key: Uint8Array): PositionKey {
  return decoded(key, { path }, () => decodePositionKey(key, instance));
}
