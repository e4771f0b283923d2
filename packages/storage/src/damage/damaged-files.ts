import { decodeLogKeyPrefix, type LogKeyPrefix, WalError } from '@shale/codec';
import { type Database, readUnreadableFiles, type UnreadableFile } from '@shale/rocksdb';
import { toPath } from '../targets/location.js';
import { placeInWords } from './place-in-words.js';

/**
 * A table file that a compaction of RocksDB could not read. Reads of the entries in it may fail with SHALE_CORRUPT; all
 * else goes on, except that no automatic compaction is done until the database is opened again.
 */
export interface DamagedFile {
  /** Its name in the database directory, such as `000012.sst`. */
  readonly file: string;
  /** What RocksDB said. */
  readonly message: string;
  /** The first table that has entries in it; null when the file begins with records of another kind. */
  readonly first: LogKeyPrefix | null;
  /** The last table that has entries in it; null when the file ends with records of another kind. */
  readonly last: LogKeyPrefix | null;
}

/** The damaged files that compactions of this process have met since the database was opened. */
export function damagedFiles(db: Database): DamagedFile[] {
  return db.unreadableFiles().map(toDamagedFile);
}

/**
 * The damaged files of a database that compactions of any process have met, as far as they are still there. Opens
 * nothing.
 */
export function readDamagedFiles(directory: string | URL): DamagedFile[] {
  return readUnreadableFiles(toPath(directory, 'directory')).map(toDamagedFile);
}

/** The error that tells of a damaged file. */
export function damagedFileError(path: string, damaged: DamagedFile): WalError {
  const { file, message } = damaged;
  const tables = describeTables(damaged);
  return new WalError(
    'SHALE_CORRUPT',
    `${path}: a compaction cannot read ${file} (${tables}): ${message}; appends, trims and other reads go on, and automatic compaction has ended until the database is opened again: run \`shale verify\` to see how far it goes; \`shale repair\` saves what can be read, a backup has the rest`,
    { path, details: { file, tables } },
  );
}

/**
 * Which tables have entries in a damaged file: `region 1, table 2 to region 1, table 9`. Records that are no table's
 * entries are named as what they are.
 */
export function describeTables(damaged: DamagedFile): string {
  const { first, last } = damaged;
  const [from, to] = [first, last].map((place) => (place === null ? 'other records' : placeInWords(place)));
  return from === to ? `${from}` : `${from} to ${to}`;
}

function toDamagedFile({ file, message, smallest, largest }: UnreadableFile): DamagedFile {
  return { file, message, first: placeOf(smallest), last: placeOf(largest) };
}

function placeOf(key: Uint8Array | null): LogKeyPrefix | null {
  try {
    return key === null ? null : decodeLogKeyPrefix(key);
  } catch {
    return null;
  }
}
