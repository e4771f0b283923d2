import { WalError } from '@shale/codec';
import type { JournalRecord } from './journal-records.js';

/** The fields of all kinds of records, before they are known to be of the right type. */
type Unchecked = Readonly<Record<string, unknown>>;

/**
 * A record of a journal, as it was decoded. A journal is a table like any other: another program may have written to
 * it, or a later version of this one. Throws SHALE_CORRUPT for what is not a record of this version.
 */
export function toJournalRecord(value: unknown): JournalRecord {
  if (isJournalRecord(value)) return value;
  const kind = isObject(value) ? ` of kind ${JSON.stringify(value.kind) ?? 'nothing'}` : '';
  throw new WalError(
    'SHALE_CORRUPT',
    `the journal of this ingest holds a record${kind} that this version did not write: another program wrote to its table, or it is of another version. How much of the input is in is not known: compare the tables with it before you begin at line 1 with --restart, which appends every line again`,
    { details: { field: 'journal' } },
  );
}

function isJournalRecord(value: unknown): value is JournalRecord {
  if (!isObject(value)) return false;
  if (value.kind === 'start') return isStart(value);
  if (value.kind === 'tables') return isTables(value);
  return value.kind === 'checkpoint' && isCheckpoint(value);
}

function isStart(record: Unchecked): boolean {
  return (
    (record.version === 1 || record.version === 2) &&
    typeof record.name === 'string' &&
    (record.source === 'file' || record.source === 'stream') &&
    [record.size, record.modifiedMs, record.inode, record.bornMs].every(
      (one) => one === undefined || isNumber(one),
    ) &&
    (record.head === undefined ||
      (isObject(record.head) && isCount(record.head.bytes) && typeof record.head.hash === 'string')) &&
    (record.path === undefined || typeof record.path === 'string') &&
    isNumber(record.startedAt) &&
    typeof record.rejectFile === 'string' &&
    (record.rejectId === undefined || typeof record.rejectId === 'string') &&
    isObject(record.options) &&
    isOptions(record.options)
  );
}

function isOptions(options: Unchecked): boolean {
  const {
    format,
    tableBy,
    table,
    raw,
    delimiter,
    lossless,
    maxLineBytes,
    lineEnd,
    encoding,
    layout,
    compression,
    quote,
    escapedBy,
    trim,
    header,
    columns,
  } = options;
  return (
    (format === 'ndjson' || format === 'json' || format === 'csv' || format === 'lines') &&
    (layout === undefined || layout === 'array' || layout === 'values') &&
    [tableBy, table, quote, escapedBy].every((one) => one === undefined || typeof one === 'string') &&
    typeof raw === 'boolean' &&
    typeof delimiter === 'string' &&
    typeof lossless === 'boolean' &&
    [trim, header].every((one) => one === undefined || typeof one === 'boolean') &&
    (columns === undefined || isArrayOf(columns, (column) => typeof column === 'string')) &&
    isCount(maxLineBytes) &&
    (lineEnd === undefined || lineEnd === 'lf' || lineEnd === 'cr') &&
    (encoding === undefined || encoding === 'utf-8' || encoding === 'utf-16le' || encoding === 'utf-16be') &&
    (compression === undefined ||
      compression === 'gzip' ||
      compression === 'zstd' ||
      compression === 'brotli' ||
      compression === 'none')
  );
}

function isTables({ from, names, bases }: Unchecked): boolean {
  return (
    isCount(from) &&
    isArrayOf(names, (name) => typeof name === 'string') &&
    isArrayOf(bases, (base) => (typeof base === 'bigint' ? base >= 0n : isCount(base))) &&
    names.length === bases.length
  );
}

function isCheckpoint({ progress, fingerprint, columns, moved, open, state }: Unchecked): boolean {
  return (
    isObject(progress) &&
    isCount(progress.line) &&
    isCount(progress.offset) &&
    isCount(progress.entries) &&
    isCount(progress.entryBytes) &&
    isCount(progress.empty) &&
    isCount(progress.rejected) &&
    isCount(progress.rejectBytes) &&
    isObject(fingerprint) &&
    typeof fingerprint.head === 'string' &&
    typeof fingerprint.tail === 'string' &&
    (columns === undefined || isArrayOf(columns, (column) => typeof column === 'string')) &&
    isArrayOf(moved, isCount) &&
    moved.length % 2 === 0 &&
    (open === undefined || open === true) &&
    (state === 'running' || state === 'stopped' || state === 'complete')
  );
}

function isObject(value: unknown): value is Unchecked {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isArrayOf(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isItem);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
