import { decodeLogKey, metaKey, sequenceRange, tableRange } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { native } from '../errors.js';
import type { SavedTable } from './saved-table.js';

/**
 * Removes from the new database what the old one says was trimmed or dropped: the record of it may have been in the
 * lost
 * part of a file, while the entries are in another one.
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
  const range = tableRange(instance, id);
  let begins: bigint;
  try {
    const key = old.ends(range.lower, range.upper).first;
    begins = key === null ? last + 1n : decodeLogKey(key, instance).sequence;
  } catch {
    return false;
  }
  if (begins <= first) return true;
  const { lower, upper } = sequenceRange(instance, id, first, begins - 1n);
  native({ path: target.path, table: id }, () =>
    target.trim(lower, upper, metaKey(instance, id.table), floor > last ? floor : last, { sync: false }),
  );
  return true;
}
