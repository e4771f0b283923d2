import type { StoredBackup, StoredBackups } from './backup-results.js';
import { native } from './native.js';

/** Lists the backups of a directory. Sizes are compared, contents are not. */
export function listBackups(directory: string): Promise<StoredBackups> {
  return native().listBackups(directory);
}

/**
 * Removes a backup, and its files as far as no other backup of the directory shares them.
 *
 * @param seen what `listBackups` told of it, so that another one that has got its id since is left alone; null for one
 * that it told to be damaged
 * @throws RocksDBError `ROCKSDB_NOT_FOUND` when it is not there any more, `ROCKSDB_LOCKED` while a backup is made in
 * the directory or one of it restored, `ROCKSDB_LOCKS_UNSUPPORTED`.
 */
export function removeBackup(
  directory: string,
  id: number,
  seen: Pick<StoredBackup, 'seconds' | 'metadata'> | null,
): Promise<void> {
  return native().removeBackup(directory, id, seen?.seconds, seen?.metadata);
}

/**
 * Writes the database of a backup to a directory that is empty or does not exist yet, after comparing every checksum.
 *
 * @throws RocksDBError `ROCKSDB_CORRUPTION` when the backup is damaged, `ROCKSDB_NOT_FOUND` when there is none of
 * this id, `ROCKSDB_LOCKED` while a backup is made in the directory. None is made or removed meanwhile.
 */
export function restoreBackup(directory: string, id: number, target: string): Promise<StoredBackup> {
  return native().restoreBackup(directory, id, target);
}
