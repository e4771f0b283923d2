import { decodeLogKey, metaKey, sequenceRange, type TableId, tableRange } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { native } from '../errors.js';
import type { SavedTable } from './saved-table.js';

/** The first sequence that the old database has of a table; null for none, undefined when it cannot tell. */
function firstIn(old: Database, instance: number, id: TableId): bigint | null | undefined {
  const range = tableRange(instance, id);
  try {
    const key = old.ends(range.lower, range.upper).first;
    return key === null ? null : decodeLogKey(key, instance).sequence;
  } catch {
    return undefined;
  }
}

/** Whether the old database says that a table was trimmed at least up to a sequence, which is below its last one. */
export function wasTrimmed(old: Database, instance: number, id: TableId, upTo: bigint): boolean {
  const first = firstIn(old, instance, id);
  return first !== undefined && (first === null || first > upTo);
}

/**
 * Removes from the new database what the old one says was trimmed or dropped: the record of it may have been in the
 * lost part of a file, while the entries are in another one.
 *
 * @returns false when the old database cannot tell, because the table's beginning is damaged.
 */
export function redoTrim(
  old: Database,
  target: Database,
  instance: number,
  { id, first, last }: SavedTable,
  floor: bigint,
): boolean {
  const known = firstIn(old, instance, id);
  if (known === undefined) return false;
  const begins = known ?? last + 1n;
  if (begins <= first) return true;
  const { lower, upper } = sequenceRange(instance, id, first, begins - 1n);
  native({ path: target.path, table: id }, () =>
    target.trim(lower, upper, metaKey(instance, id.table), floor > last ? floor : last, { sync: false }),
  );
  return true;
}
