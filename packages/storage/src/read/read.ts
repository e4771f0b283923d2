import {
  EntryChunk,
  keySuccessor,
  logKey,
  type ScanLayout,
  sequenceRange,
  type TableId,
  tableInWords,
  WalError,
} from '@shale/codec';
import { foreignKey } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { tableEnds } from '../tables/table-state.js';
import type { ChunkBuffers } from './chunk-buffers.js';
import { DropWatch } from './drop-watch.js';
import { type RangeBounds, type SequenceSpan, spanFrom } from './range.js';
import { isUnreadable, resolveSpan } from './read-span.js';
import { scanBackwards } from './reverse.js';
import { layoutOf, type ReadChunk, runAt } from './scan-layout.js';
import { scanSpan } from './scan-span.js';
import { requireNotTrimmed } from './trimmed.js';

/** One entry of a table. */
export interface LogEntry {
  readonly sequence: bigint;
  /** A view into the chunk that the entry was read with; it stays valid as long as it is referenced. */
  readonly payload: Uint8Array;
}

/**
 * Reads the entries of a span of a table into a buffer, as many as fit. The span must come from `resolveRange`; to go
 * on, its `from`, or `to` when it is read in reverse, is the `next` of the chunk before.
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
    return (span.reverse ? scanBackwards : scanForwards)(context, id, span, into, maxEntries);
  } catch (error) {
    if (isUnreadable(error)) context.counters.unreadable++;
    throw error;
  }
}

function scanForwards(
  context: LogContext,
  id: TableId,
  span: SequenceSpan,
  into: ArrayBuffer,
  maxEntries: number,
): ReadChunk {
  const place = { path: context.path, table: id };
  const { from, to, strict = false } = span;
  const keys = boundsOf(context.instance, id, from, to);
  const result = scanSpan(context, id, span, keys, into, maxEntries);
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
  let at = (span?.reverse ? span.to : span?.from) ?? null;
  let left = limit;
  while (span !== null && at !== null && left > 0) {
    const buffer = buffers.next();
    const maxEntries = Math.min(left, buffers.maxEntries);
    const { layout, next, neededBytes } = readChunk(context, id, spanFrom(span, at), buffer, maxEntries);
    if (neededBytes > 0) buffers.require(neededBytes);
    if (layout.entries > 0) yield new EntryChunk(buffer, layout);
    left -= layout.entries;
    at = next;
  }
}

/** The entries of chunks, one by one. */
export function* entriesOf(
  chunks: Generator<EntryChunk, void, undefined>,
): Generator<LogEntry, void, undefined> {
  for (const chunk of chunks) {
    for (const { first, count, start, descending } of chunk.runs) {
      const step = descending ? -1n : 1n;
      for (let i = 0; i < count; i++) {
        yield { sequence: first + step * BigInt(i), payload: chunk.payloadAt(start + i) };
      }
    }
  }
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
