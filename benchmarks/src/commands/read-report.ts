import { readFileSync } from 'node:fs';
import { parseReport, type Report } from '@shale/bench-kit';
import { UsageError } from './usage.js';

/** Reads a report of a suite; a UsageError says what is wrong with it, or what it is instead. */
export function readReport(path: string): Report {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const writer = otherWriter(json);
    if (writer !== null) throw new Error(writer);
    return parseReport(json);
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Of JSON that another command has written: what it is. */
function otherWriter(json: unknown): string | null {
  if (typeof json !== 'object' || json === null || 'format' in json) return null;
  const takes = 'compare, report and readme take what quick, core and full have written';
  if ('samples' in json && 'phases' in json) {
    return `this is a measurement of sustained, whose page is beside it; ${takes}`;
  }
  if ('entryBytes' in json && 'cases' in json) {
    return `this is a measurement of delivery, whose page is beside it; ${takes}`;
  }
  return 'bars' in json ? `this is a measurement of bars; ${takes}` : null;
}
