import {
  appendIdRange,
  CATALOG_INSTANCE,
  decodeAppendIdKey,
  decodeAppendIds,
  tableInWords,
  WalError,
} from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { recordPages } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';
import { TableLast } from './table-last.js';
import type { VerifyFinding } from './verify-events.js';

/**
 * Checks the ids of appends as a snapshot shows them: that all records can be read, and that none is of entries behind
 * the end of its table. Gives findings; null after each step, so that none takes long.
 */
export function* verifyAppendIds(
  { db, path, instance }: TableHome,
  snapshot: Snapshot,
): Generator<VerifyFinding | null, void, undefined> {
  if (instance === CATALOG_INSTANCE) return;
  const tableLast = new TableLast({ db, path, instance }, snapshot);
  for (const page of recordPages(db, appendIdRange(instance), snapshot)) {
    for (const { key, value } of page) {
      const found = check(tableLast, instance, key, value);
      if (found !== null) yield found;
    }
    yield null;
  }
}

function check(
  tableLast: TableLast,
  instance: number,
  key: Uint8Array,
  value: Uint8Array,
): VerifyFinding | null {
  const finding = { type: 'finding', severity: 'error', kind: 'id' } as const;
  try {
    const { first, ...id } = decodeAppendIdKey(key, instance);
    const newest = decodeAppendIds({ first }, value).at(-1);
    const last = newest === undefined ? 0n : newest.first + BigInt(newest.entries) - 1n;
    const end = tableLast.of(id);
    if (end === null || last <= end) return null;
    const message = `the ids of appends: one is of entry ${last} of ${tableInWords(id)}, whose last sequence is ${end}`;
    return { ...finding, message, id };
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    return { ...finding, message: `the ids of appends: ${error.message}` };
  }
}
