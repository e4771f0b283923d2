import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A table file that a compaction could not read. */
export interface UnreadableFile {
  /** Its name in the database's directory, such as `000012.sst`. */
  readonly file: string;
  /** What RocksDB said. */
  readonly message: string;
  /** The smallest key in it; null when it is not known. */
  readonly smallest: Uint8Array | null;
  /** The largest key in it; null when it is not known. */
  readonly largest: Uint8Array | null;
}

/** Reads what the addon says. */
export function parseUnreadableFiles(json: string): UnreadableFile[] {
  const files: readonly { file: string; message: string; smallest: string; largest: string }[] =
    JSON.parse(json);
  return files.map(({ file, message, smallest, largest }) => ({
    file,
    message,
    smallest: key(smallest),
    largest: key(largest),
  }));
}

// `000012.sst <smallest key in hex, or -> <largest key> <message>`
const LINE = /^(\d{6,}\.sst) (-|(?:[0-9a-f]{2})+) (-|(?:[0-9a-f]{2})+) (.*)$/;

/**
 * What the file UNREADABLE of a database's directory says: the table files that compactions could not read, of whatever
 * process, as far as they are still there. It needs no open database.
 */
export function readUnreadableFiles(directory: string): UnreadableFile[] {
  const path = join(directory, 'UNREADABLE');
  if (!isFile(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, file, smallest, largest, message] = LINE.exec(line) ?? [];
      // A number is never used again: what is gone was trimmed away, or put aside by a repair.
      if (file === undefined || !isFile(join(directory, file))) return [];
      return [{ file, message: message ?? '', smallest: key(smallest), largest: key(largest) }];
    });
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function key(hex: string | undefined): Uint8Array | null {
  return hex === undefined || hex === '' || hex === '-' ? null : new Uint8Array(Buffer.from(hex, 'hex'));
}
