import { native } from './native.js';
import { type DirectorySurvey, parseSavedLog, parseSurvey, type SavedLogFile } from './survey.js';
import type { LostValues, RewrittenTableFile, TableFileCheck } from './table-files.js';

/**
 * Reads what the watermark and the manifest of a directory say, byte by byte: whatever is damaged, nothing is opened as
 * a database, and nothing changed.
 *
 * @throws RocksDBError when the directory cannot be read.
 */
export async function surveyDirectory(path: string): Promise<DirectorySurvey> {
  return parseSurvey(await native().surveyDirectory(path));
}

/**
 * Writes to another directory what a manifest says, but for some of its table files, and the CURRENT that names it.
 *
 * @param number Of the manifest.
 * @param files Names of table files, such as `000012.sst`.
 * @throws RocksDBError when the manifest cannot be read to its end, or the copy not be written.
 */
export function copyManifestWithout(
  path: string,
  number: bigint,
  files: readonly string[],
  target: string,
): Promise<void> {
  const numbers = new BigUint64Array(files.map((name) => BigInt(name.slice(0, name.indexOf('.')))));
  return native().copyManifestWithout(path, number, new Uint8Array(numbers.buffer), target);
}

/**
 * Copies the records of a log file that can be read into a new log file, also those behind damage.
 *
 * @param number The number in the file's name.
 * @throws RocksDBError when the file cannot be opened at all, or the copy not written.
 */
export async function saveLogFile(source: string, target: string, number: bigint): Promise<SavedLogFile> {
  const { report, deletions } = await native().saveLogFile(source, target, number);
  return parseSavedLog(report, deletions);
}

/**
 * Reads every block of a table file and checks its checksum, off the thread. The file need not belong to an open
 * database.
 */
export function checkTableFile(path: string): Promise<TableFileCheck> {
  return native().checkTableFile(path);
}

/**
 * The deletions of ranges that a table file holds, packed for {@link rewriteTableFile}; null when it is of a kind of
 * which they are not known. Only of a file that {@link checkTableFile} says opens.
 *
 * @throws RocksDBError when it cannot be read.
 */
export function tableFileDeletions(path: string): Promise<Uint8Array | null> {
  return native().tableFileDeletions(path);
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
 * Makes a database of the table files of a directory, all of which open, and of blob files, wherever they came from: of
 * each record the one with the largest sequence counts. Iterators find that; a look-up of one key does not, nor does a
 * compaction. So it is for reading through once.
 *
 * @param deletions Those of all files, packed, and others: what they remove is not there.
 * @param hasBlobs Values may be in blob files. Then each one is read, and the records of those that cannot be are left
 * out.
 * @returns The records left out.
 * @throws RocksDBError when nothing can be made of it.
 */
export function gatherTableFiles(
  path: string,
  deletions: Uint8Array,
  hasBlobs: boolean,
): Promise<LostValues[]> {
  return native().gatherTableFiles(path, deletions, hasBlobs);
}

/**
 * Copies what can be read of a damaged table file into a new one. The copies count as older than everything that other
 * files say, so that deletions keep covering them.
 *
 * @param newer Entries that were written after what had been in their place was deleted go here, to a new log file.
 * @param deletions Those of all files, this one included, packed.
 * @throws RocksDBError when the file cannot be opened at all, or the copy not written.
 */
export function rewriteTableFile(
  source: string,
  target: string,
  newer: string,
  deletions: Uint8Array,
): Promise<RewrittenTableFile> {
  return native().rewriteTableFile(source, target, newer, deletions);
}
