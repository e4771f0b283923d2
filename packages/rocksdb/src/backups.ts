import type { StoredBackup, StoredBackups } from './backup-results.js';
import { native } from './native.js';

/** Lists the backups of a directory. Sizes are compared, contents are not. */
export function listBackups(directory: string): Promise<StoredBackups> {
  return native().listBackups(directory);
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
