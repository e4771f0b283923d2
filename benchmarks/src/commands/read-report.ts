import { readFileSync } from 'node:fs';
import { parseReport, type Report } from '@shale/bench-kit';
import { UsageError } from './usage.js';

/** Reads a report; a UsageError says what is wrong with it. */
export function readReport(path: string): Report {
  try {
    return parseReport(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
