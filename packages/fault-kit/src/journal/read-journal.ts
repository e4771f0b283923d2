import { readFileSync } from 'node:fs';
import type { JournalRecord } from './records.js';

/**
 * The records of a journal, in order; none if there is no such file. A last line that was torn by the end of its writer
 * is left out. Throws a SyntaxError for any other line that is not JSON.
 */
export function readJournal(path: string): JournalRecord[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return parseJournal(text);
}

/** As {@link readJournal}, from the text itself. */
export function parseJournal(text: string): JournalRecord[] {
  // What follows the last newline is empty, or torn.
  const lines = text.split('\n').slice(0, -1);
  // The writer is this package's own, and the oracle names what it cannot make sense of.
  return lines.map((line) => JSON.parse(line) as JournalRecord);
}
