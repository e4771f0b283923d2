import { readFile } from 'node:fs/promises';
import type { ExportFormatName } from './export-format.js';

/** What an export is of and as what, for it to go on with the same. */
export interface ExportPlan {
  /** The real path of the log. */
  readonly log: string;
  readonly table: string;
  readonly format: ExportFormatName;
  readonly gzip: boolean;
  readonly delimiter: string;
  /** Of CSV. */
  readonly columns: readonly string[] | undefined;
  readonly withSequence: boolean;
  /** The bounds as they were given, in words. */
  readonly range: string;
  /** The last sequence that is exported. */
  readonly last: string;
  /** So many entries at most. */
  readonly limit: number | undefined;
}

/** How far an export is. */
export interface ExportState {
  readonly version: 1;
  readonly plan: ExportPlan;
  /** The last sequence that was gone through; undefined before the first. */
  readonly done: string | undefined;
  /** Bytes of the file that belong to what was gone through. */
  readonly bytes: number;
  readonly entries: number;
  readonly leftOut: number;
}

/** What an export has left of itself; undefined where there is nothing, or nothing that could be gone on with. */
export async function loadState(path: string): Promise<ExportState | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isState(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isState(value: unknown): value is ExportState {
  if (!isObject(value) || value.version !== 1 || !isObject(value.plan)) return false;
  const { log, table, format, gzip, delimiter, columns, withSequence, range, last, limit } = value.plan;
  return (
    [log, table, delimiter, range].every((one) => typeof one === 'string') &&
    (format === 'ndjson' || format === 'csv' || format === 'entries') &&
    typeof gzip === 'boolean' &&
    typeof withSequence === 'boolean' &&
    (columns === undefined || (Array.isArray(columns) && columns.every((one) => typeof one === 'string'))) &&
    isSequence(last) &&
    (limit === undefined || isCount(limit)) &&
    (value.done === undefined || isSequence(value.done)) &&
    [value.bytes, value.entries, value.leftOut].every(isCount)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSequence(value: unknown): boolean {
  return typeof value === 'string' && /^\d{1,20}$/.test(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
