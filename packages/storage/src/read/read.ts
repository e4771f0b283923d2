import {
  decodeRun,
  EntryChunk,
  keySuccessor,
  logKey,
  RUN_STRIDE,
  type Run,
  type ScanLayout,
  sequenceRange,
  type TableId,
  tableInWords,
  WalError,
} from '@shale/codec';
import type { ChunkResult } from '@shale/rocksdb';
import { foreignKey, native } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { firstEntry, tableEnds } from '../tables/table-state.js';
import type { ChunkBuffers } from './chunk-buffers.js';
import { DropWatch } from './drop-watch.js';
import type { RangeBounds, SequenceSpan } from './range.js';
import { isUnreadable, resolveSpan } from './read-span.js';

/** One entry of a table. */
export interface LogEntry {
  readonly sequence: bigint;
  /** A view into the chunk that the entry was read with; it stays valid as long as it is referenced. */
  readonly payload: Uint8Array;
}

/** What one chunk read did. */
export interface ReadChunk {
  /** Where the entries are in the buffer; for `EntryChunk`. */
  readonly layout: ScanLayout;
  /** The sequence to go on from, null when the range is done. */
  readonly next: bigint | null;
  /** Above 0: the buffer cannot even hold the first entry, nothing was read; go on from `next` with one this large. */
  readonly neededBytes: number;
}

/**
 * Reads the entries of a span of a table into a buffer, as many as fit. The span must come from `resolveRange`; to go
 * on, its `from` is the `next` of the chunk before.
 *
 * Throws SHALE_TRIMMED when `from` has been trimmed or the table dropped meanwhile, SHALE_HOLE when nothing is at
 * `from` and the span is strict, and SHALE_CORRUPT when what stands where the chunk would begin cannot be read or, with
 * the key, is not an entry; entries before it have been delivered by the chunk before.
 */
export function readChunk(
  context: LogContext,
  id: TableId,
  span: SequenceSpan,
  into: ArrayBuffer,
  maxEntries: number,
): ReadChunk {
  try {
    return scanSpan(context, id, span, into, maxEntries);
  } catch (error) {
    if (isUnreadable(error)) context.counters.unreadable++;
    throw error;
  }
}

function scanSpan(
  context: LogContext,
  id: TableId,
  span: SequenceSpan,
  into: ArrayBuffer,
  maxEntries: number,
): ReadChunk {
  const place = { path: context.path, table: id };
  const { from, to, watch, strict = false } = span;
  const { lower, upper } = boundsOf(context.instance, id, from, to);
  const result = native(place, () =>
    context.db.scan(lower, upper, into, Number.isFinite(maxEntries) ? { maxEntries } : {}),
  );
  // Asked after the scan: what it found is then of the table that the span is of.
  if (native(place, () => context.db.sawDrop(watch))) throw trimmed(context, id, from, 0n);
  context.counters.scans++;
  context.counters.entriesRead += result.entries;
  const found = layoutOf(result);
  const layout = strict ? upToHole(into, found) : found;
  if (result.neededBytes > 0) return { layout, next: from, neededBytes: result.neededBytes };
  if (result.entries === 0 && result.foreign !== undefined) {
    throw foreignKey(result.foreign.key, result.foreign.reason, place);
  }
  const first = result.entries === 0 ? null : runAt(into, layout, 0).first;
  if (first !== from) {
    requireNotTrimmed(context, id, from);
    if (strict) throw hole(context, id, from);
  }
  if (result.entries === 0) return { layout, next: null, neededBytes: 0 };
  const lastRun = runAt(into, layout, layout.runs - 1);
  const next = lastRun.first + BigInt(lastRun.count);
  // Of a strict span everything is there up to its end, or the next chunk fails.
  const done = next > to || !(strict || result.more || result.foreign !== undefined);
  return { layout, next: done ? null : next, neededBytes: 0 };
}

/** As much of what a scan has found as comes without a hole. */
export function upToHole(buffer: ArrayBuffer, layout: ScanLayout): ScanLayout {
  if (layout.runs < 2) return layout;
  const { first, count } = runAt(buffer, layout, 0);
  let entries = count;
  let next = first + BigInt(count);
  for (let i = 1; i < layout.runs; i++) {
    const run = runAt(buffer, layout, i);
    if (run.first !== next) {
      const dataLength = new DataView(buffer).getUint32(layout.endsAt + 4 * (entries - 1), true);
      return { ...layout, entries, runs: i, dataLength };
    }
    entries += run.count;
    next += BigInt(run.count);
  }
  return layout;
}

/** The error for a sequence that was given out, or passed over, and has no entry. */
function hole(context: LogContext, id: TableId, expected: bigint): WalError {
  const { path, instance } = context;
  const { next } = context.tables.look(id);
  const first = tableEnds(context, id, logKey({ instance, ...id }, expected)).first ?? next;
  return new WalError(
    'SHALE_HOLE',
    `${tableInWords(id)} has no entries at the sequences ${expected} to ${first - 1n}: they were lost, as a repair has reported, or never written; ${first < next ? 'what is left goes on' : 'the next entry comes'} at ${first}`,
    { path, table: id, details: { expected, first } },
  );
}

/** A read that has begun: its range is fixed, and a watch tells whether its table is dropped. */
export interface TableRead {
  readonly chunks: Generator<EntryChunk, void, undefined>;
  /** Ends the watch of a read that was left before its end. Idempotent. */
  readonly release: () => void;
}

/** Begins to read a range chunk by chunk, each in a buffer of its own. */
export function beginRead(
  context: LogContext,
  id: TableId,
  bounds: RangeBounds,
  strict: boolean,
  buffers: ChunkBuffers,
): TableRead {
  const watch = new DropWatch(context, id);
  const release = () => watch.end();
  try {
    const span = resolveSpan(context, id, bounds, watch.token, strict);
    return { chunks: watch.during(readChunks(context, id, span, bounds.limit, buffers)), release };
  } catch (error) {
    release();
    throw error;
  }
}

function* readChunks(
  context: LogContext,
  id: TableId,
  span: SequenceSpan | null,
  limit: number,
  buffers: ChunkBuffers,
): Generator<EntryChunk, void, undefined> {
  let from = span?.from ?? null;
  let left = limit;
  while (span !== null && from !== null && left > 0) {
    const buffer = buffers.next();
    const maxEntries = Math.min(left, buffers.maxEntries);
    const { layout, next, neededBytes } = readChunk(context, id, { ...span, from }, buffer, maxEntries);
    if (neededBytes > 0) buffers.require(neededBytes);
    if (layout.entries > 0) yield new EntryChunk(buffer, layout);
    left -= layout.entries;
    from = next;
  }
}

/** The entries of chunks, one by one. */
export function* entriesOf(
  chunks: Generator<EntryChunk, void, undefined>,
): Generator<LogEntry, void, undefined> {
  for (const chunk of chunks) {
    for (const { first, count, start } of chunk.runs) {
      for (let i = 0; i < count; i++) {
        yield { sequence: first + BigInt(i), payload: chunk.payloadAt(start + i) };
      }
    }
  }
}

/** Where in its buffer a scan left what it found. */
export function layoutOf(result: ChunkResult): ScanLayout {
  const { entries, runs, dataLength, endsAt, runsAt } = result;
  return { entries, runs, dataLength, endsAt, runsAt };
}

/** One run of a chunk. */
export function runAt(buffer: ArrayBuffer, layout: Pick<ScanLayout, 'runsAt'>, index: number): Run {
  return decodeRun(new Uint8Array(buffer, layout.runsAt + index * RUN_STRIDE, RUN_STRIDE), 0);
}

/**
 * The keys of a chunk. It begins just after the entry before `from`, not at `from`: a foreign key between the two is
 * then met, and cannot be stepped over between two chunks.
 */
export function boundsOf(
  instance: number,
  id: TableId,
  from: bigint,
  to: bigint,
): { lower: Uint8Array; upper: Uint8Array } {
  const { lower, upper } = sequenceRange(instance, id, from, to);
  if (from === 0n) return { lower, upper };
  return { lower: keySuccessor(logKey({ instance, ...id }, from - 1n)), upper };
}

/**
 * Called when `from` was expected and is not there. A prefix that was trimmed is an error; a hole that was there
 * before (another system may have left one) is not.
 */
function requireNotTrimmed(context: LogContext, id: TableId, from: bigint): void {
  const first = firstEntry(context, id) ?? context.tables.look(id).next;
  if (first > from) throw trimmed(context, id, from, first);
}

function trimmed(context: LogContext, id: TableId, expected: bigint, first: bigint): WalError {
  const left = first === 0n ? 'the table was dropped' : `what is left begins at ${first}`;
  return new WalError(
    'SHALE_TRIMMED',
    `the entries of ${tableInWords(id)} from ${expected} on were removed while they were read; ${left}`,
    { path: context.path, table: id, details: { expected, first } },
  );
}
