import {
  CATALOG_INSTANCE,
  type CatalogRecord,
  catalogMovedMark,
  decodeCatalogRecord,
  decodeLogKey,
  decodeLogValue,
  encodeLogValue,
  encodeMetaValue,
  isCatalogMovedMark,
  type KeyRange,
  LOG_VALUE_HEADER_LENGTH,
  logKey,
  META_VALUE_LENGTH,
  metaKey,
  tableRange,
  WalError,
} from '@shale/codec';
import type { RecordChange, Snapshot } from '@shale/rocksdb';
import { decoded, native } from '../errors.js';
import { type RawRecord, recordPages, valueAt } from '../raw-records.js';
import { recoverTable, type TableHome } from '../tables/table-state.js';

/*
 * The log that names were kept in at first: of instance 127, region 0, and the instance that they are of as its table.
 * Where every name has a record of its own it holds a mark and nothing else.
 */

/** Where the names of an instance are: in the log, in records of their own, or nowhere, because there are none. */
export type NamesPlace = 'log' | 'records' | 'nowhere';

/** Where the names are. Throws SHALE_CORRUPT. */
export function placeOfNames(home: TableHome, snapshot?: Snapshot): NamesPlace {
  const { db, path } = home;
  const options = snapshot === undefined ? {} : { snapshot };
  const { lower, upper } = logRange(home.instance);
  const { last } = native({ path }, () => db.ends(lower, upper, options));
  const value = last === null ? null : valueAt(db, last, snapshot);
  if (last === null || value === null) return 'nowhere';
  return isCatalogMovedMark(payloadOf(home, { key: last, value })) ? 'records' : 'log';
}

/**
 * The records of the log, oldest first, some thousand at a time.
 *
 * @param onProblem is given what is not a record, which is then stepped over; without it SHALE_CORRUPT is thrown
 */
export function* catalogPages(
  home: TableHome,
  snapshot?: Snapshot,
  onProblem?: (problem: WalError) => void,
): Generator<CatalogRecord[], void, undefined> {
  for (const page of recordPages(home.db, logRange(home.instance), snapshot)) {
    const records: CatalogRecord[] = [];
    for (const raw of page) {
      try {
        const payload = payloadOf(home, raw);
        if (!isCatalogMovedMark(payload)) records.push(decodeCatalogRecord(payload));
      } catch (error) {
        if (!(error instanceof WalError) || onProblem === undefined) throw error;
        onProblem(error);
      }
    }
    yield records;
  }
}

/** What leaves nothing in the log but the mark that names have records of their own. */
export function markMoved(home: TableHome): RecordChange[] {
  const { instance } = home;
  const id = logId(instance);
  const { last } = recoverTable({ ...home, instance: CATALOG_INSTANCE }, id);
  const range = logRange(instance);
  const mark = logKey({ instance: CATALOG_INSTANCE, ...id }, last + 1n);
  const payload = catalogMovedMark();
  const value = new Uint8Array(LOG_VALUE_HEADER_LENGTH + payload.length);
  encodeLogValue(value, 0, payload);
  const changes: RecordChange[] = [{ put: mark, value }];
  if (last === 0n) return changes;
  // As a trim leaves it.
  const floor = new Uint8Array(META_VALUE_LENGTH);
  encodeMetaValue(floor, 0, last);
  return [
    { removeFrom: range.lower, to: mark },
    { put: metaKey(CATALOG_INSTANCE, id.table), value: floor },
    ...changes,
  ];
}

function payloadOf(home: TableHome, { key, value }: RawRecord): Uint8Array {
  return decoded(key, { path: home.path, table: logId(home.instance) }, () => {
    decodeLogKey(key, CATALOG_INSTANCE);
    return decodeLogValue(value);
  });
}

function logId(instance: number): { readonly region: bigint; readonly table: bigint } {
  return { region: 0n, table: BigInt(instance) };
}

function logRange(instance: number): KeyRange {
  return tableRange(CATALOG_INSTANCE, logId(instance));
}
