import type { ReadRange, Table } from '@shale/engine';
import { CliError } from '../cli-error.js';
import { formatCount } from '../output/units.js';
import type { ExportFile } from './export-file.js';
import { Columns, CsvExport, EntriesExport, type ExportFormat, NdjsonExport } from './export-format.js';
import type { ExportPlan, ExportState } from './export-state.js';

/** Bytes of entries that are written at once. */
const PIECE_BYTES = 1 << 22;
/** What an entry takes beside its bytes. */
const ENTRY_BYTES = 64;
/** Milliseconds between two states. */
const CHECKPOINT_MS = 2000;

/** An entry that is not in the output. */
export interface LeftOut {
  readonly sequence: bigint;
  readonly problem: string;
}

/** An export under way. */
export interface Export {
  readonly table: Table;
  readonly range: ReadRange;
  /** The sequence that the range surely has as its last. */
  readonly end: bigint | undefined;
  readonly plan: ExportPlan;
  readonly file: Pick<ExportFile, 'append' | 'size'> & Partial<Pick<ExportFile, 'checkpoint'>>;
  readonly from: ExportState | undefined;
  readonly signal: AbortSignal;
  onLeftOut(entry: LeftOut): void;
}

/** How an export ended. */
export interface Exported {
  readonly isComplete: boolean;
  readonly state: ExportState;
}

/** Writes the entries of a range, from where an earlier run stopped. */
export async function runExport(run: Export): Promise<Exported> {
  const { table, plan, file, from, signal } = run;
  const format = formatOf(plan, file.size === 0);
  let { done, entries, leftOut } = from ?? { done: undefined, entries: 0, leftOut: 0 };
  let held = 0;
  let storedAt = performance.now();
  const state = (): ExportState => ({ version: 1, plan, done, bytes: file.size, entries, leftOut });
  const store = async (): Promise<void> => {
    await file.append(format.take());
    held = 0;
    if (performance.now() - storedAt < CHECKPOINT_MS) return;
    await file.checkpoint?.(state());
    storedAt = performance.now();
  };
  if (!from) await file.checkpoint?.({ ...state(), bytes: 0 });
  for await (const entry of table.read(run.range)) {
    if (signal.aborted) break;
    if (done !== undefined && entry.sequence !== BigInt(done) + 1n)
      throw trimmed(BigInt(done) + 1n, entry.sequence - 1n);
    const problem = format.add(entry);
    if (problem === undefined) entries += 1;
    else {
      leftOut += 1;
      run.onLeftOut({ sequence: entry.sequence, problem });
    }
    done = entry.sequence.toString();
    held += entry.payload.length + ENTRY_BYTES;
    if (held >= PIECE_BYTES) await store();
  }
  if (!signal.aborted && done !== undefined && run.end !== undefined && BigInt(done) < run.end)
    throw trimmed(BigInt(done) + 1n, run.end);
  await file.append(format.take());
  if (signal.aborted) await file.checkpoint?.(state());
  return { isComplete: !signal.aborted, state: state() };
}

function trimmed(first: bigint, last: bigint): CliError {
  const what =
    first === last
      ? `entry ${formatCount(first)} is`
      : `entries ${formatCount(first)} to ${formatCount(last)} are`;
  return new CliError('CLI_EXPORT_DIFFERS', `${what} not in the log any more`, {
    hint: 'They were trimmed since the export began. Begin it again with --restart.',
  });
}

/** The columns that all entries of a range have together. */
export async function findColumns(
  table: Table,
  range: ReadRange,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const columns = new Columns();
  for await (const entry of table.read(range)) {
    if (signal.aborted) return undefined;
    columns.add(entry);
  }
  return columns.names;
}

function formatOf({ format, delimiter, columns, withSequence }: ExportPlan, isNew: boolean): ExportFormat {
  if (format === 'ndjson') return new NdjsonExport();
  if (format === 'entries') return new EntriesExport();
  return new CsvExport({ delimiter, columns: columns ?? [], withSequence }, isNew);
}
