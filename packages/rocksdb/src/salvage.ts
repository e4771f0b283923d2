import type { Database } from './database.js';
import { native } from './native.js';
import type { RewrittenTableFile, TableFileCheck } from './table-files.js';

/**
 * Reads every block of a table file and checks its checksum, off the thread. The file need not belong to an open
 * database.
 */
export function checkTableFile(path: string): Promise<TableFileCheck> {
  return native().checkTableFile(path);
}

/**
 * Makes a database out of the table and log files of a directory, which it changes: what RocksDB cannot use is moved to
 * a subdirectory `lost`. Resolves with RocksDB's warnings.
 *
 * @throws RocksDBError when nothing can be made of it.
 */
export function repairDirectory(path: string): Promise<string[]> {
  return native().repairDirectory(path);
}

/**
 * Copies what can be read of a damaged table file into a new one. The copies count as older than everything that other
 * files say, so that deletions keep covering them.
 *
 * @param database A database that the file belongs to: it tells which records have been deleted.
 * @throws RocksDBError when the file cannot be opened at all, or the copy not written.
 */
export function rewriteTableFile(
  source: string,
  target: string,
  database?: Database,
): Promise<RewrittenTableFile> {
  return database === undefined
    ? native().rewriteTableFile(undefined, source, target)
    : database.rewriteTableFile(source, target);
}
