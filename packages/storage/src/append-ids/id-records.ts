import {
  APPEND_IDS_HEADER_LENGTH,
  APPEND_IDS_ITEM_LENGTH,
  type AppendId,
  type AppendIdKey,
  appendIdKey,
  appendIdRangeOfTable,
  beginAppendIds,
  decodeAppendIdKey,
  decodeAppendIds,
  encodeAppendId,
  keySuccessor,
  type TableId,
  writeAppendIdItem,
} from '@shale/codec';
import type { Database, RecordChange } from '@shale/rocksdb';
import { decoded } from '../errors.js';
import { recordPages } from '../raw-records.js';
import type { TableIds } from './table-ids.js';

/** Where ids are. */
export interface IdHome {
  readonly db: Database;
  readonly path: string;
  readonly instance: number;
}

/** The id of an append as it is stored. */
export interface StoredAppendId extends Pick<AppendIdKey, 'first'>, AppendId {
  /** Whether its record begins with it. */
  readonly begins: boolean;
}

/** A record has no more ids when it is as long as that. */
const RECORD_BYTES = 16 * 1024;
const U32 = 2 ** 32;

/**
 * The ids of the appends to a table, by their first sequence. Throws SHALE_CORRUPT.
 *
 * @param after only those of records behind the one of this sequence; null for all
 */
export function* readAppendIds(
  home: IdHome,
  id: TableId,
  after: bigint | null,
): Generator<StoredAppendId, void, undefined> {
  const { lower, upper } = appendIdRangeOfTable(home.instance, id);
  const from = after === null ? lower : keySuccessor(appendIdKey(home.instance, { ...id, first: after }));
  for (const page of recordPages(home.db, { lower: from, upper })) {
    for (const { key, value } of page) {
      const ids = decoded(key, { path: home.path, table: id }, () =>
        decodeAppendIds(decodeAppendIdKey(key, home.instance), value),
      );
      for (const [i, each] of ids.entries()) yield { ...each, begins: i === 0 };
    }
  }
}

/** The records of the ids that the frame under way has added. Says of each id whether its record begins with it. */
export function recordsOfFrame(instance: number, { region, table }: TableId, ids: TableIds): RecordChange[] {
  const records: RecordChange[] = [];
  const { rows } = ids;
  for (let row = ids.mark; row !== rows.end; ) {
    rows.markBegin(row);
    const { first } = ids.at(row);
    const next = endOfRecord(ids, row);
    const value = (row + 1) >>> 0 === next ? valueOfOne(ids, row) : valueOfSeveral(ids, row, next);
    records.push({ put: appendIdKey(instance, { region, table, first }), value });
    row = next;
  }
  return records;
}

/** The row after the last one that goes into the record that begins with a row. */
function endOfRecord({ rows }: TableIds, begin: number): number {
  const time = rows.timeOf(begin);
  let bytes = 0;
  let row = begin;
  do {
    bytes += APPEND_IDS_ITEM_LENGTH + rows.lengthOf(row);
    row = (row + 1) >>> 0;
    if (row === rows.end || bytes >= RECORD_BYTES) break;
  } while (fits(rows.timeOf(row) - time) && fits(rows.distance(begin, row)));
  return row;
}

/** Whether a number fits into its field. */
function fits(number: number): boolean {
  return number >= 0 && number < U32;
}

function valueOfOne(ids: TableIds, row: number): Uint8Array {
  const id = new Uint8Array(ids.rows.lengthOf(row));
  ids.rows.copyId(row, id, 0);
  return encodeAppendId({ ...ids.at(row), id });
}

function valueOfSeveral({ rows }: TableIds, begin: number, end: number): Uint8Array {
  let bytes = APPEND_IDS_HEADER_LENGTH;
  for (let row = begin; row !== end; row = (row + 1) >>> 0)
    bytes += APPEND_IDS_ITEM_LENGTH + rows.lengthOf(row);
  const value = new Uint8Array(bytes);
  const time = rows.timeOf(begin);
  let at = beginAppendIds(value, time);
  for (let row = begin; row !== end; row = (row + 1) >>> 0) {
    const length = rows.lengthOf(row);
    const later = rows.timeOf(row) - time;
    at = writeAppendIdItem(value, at, rows.distance(begin, row), rows.entriesOf(row), later, length);
    rows.copyId(row, value, at);
    at += length;
  }
  return value;
}
