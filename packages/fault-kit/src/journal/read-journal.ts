import { closeSync, openSync, readSync } from 'node:fs';
import type { JournalRecord } from './records.js';

/** Bytes read at a time. */
const PIECE = 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The records of a journal, in order; none if there is no such file. A last line that was torn by the end of its writer
 * is left out. Throws a SyntaxError for any other line that is not JSON.
 */
export function readJournal(path: string): JournalRecord[] {
  return [...journalRecords(path)];
}

/** As {@link readJournal}, one record at a time: for journals that are larger than memory. */
export function* journalRecords(path: string): Generator<JournalRecord, void, undefined> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  try {
    const piece = Buffer.allocUnsafe(PIECE);
    let rest = Buffer.alloc(0);
    for (let read = readSync(fd, piece); read > 0; read = readSync(fd, piece)) {
      const bytes = Buffer.concat([rest, piece.subarray(0, read)]);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      yield* parseJournal(bytes.toString('utf8', 0, end));
      rest = bytes.subarray(end);
    }
  } finally {
    closeSync(fd);
  }
}

/** As {@link readJournal}, from the text itself. */
export function parseJournal(text: string): JournalRecord[] {
  // What follows the last newline is empty, or torn.
  const lines = text.split('\n').slice(0, -1);
  // The writer is this package's own, and the oracle names what it cannot make sense of.
  return lines.map((line) => JSON.parse(line) as JournalRecord);
}
