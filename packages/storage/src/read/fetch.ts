import {
  decodeLogKey,
  LOG_VALUE_HEADER_LENGTH,
  type ScanLayout,
  type TableId,
  tableRange,
  U64_MAX,
} from '@shale/codec';
import type { Database, FetchedChunk, FetchOptions, PeekedChunk } from '@shale/rocksdb';
import type { LogContext } from '../tables/context.js';
import type { RangeBounds, SequenceSpan } from './range.js';
import { boundsOf, upToHole } from './read.js';
import { layoutOf, runAt } from './scan-layout.js';

/** What a fetch works on: nothing of what the table's owner knows. */
export type FetchContext = Pick<LogContext, 'db' | 'instance' | 'counters'>;

/** Part of a read, fetched without the log that owns the table. */
export interface FetchedPart {
  /** The entries in a buffer of their own; null when there are none. */
  readonly chunk: { readonly buffer: ArrayBuffer; readonly layout: ScanLayout } | null;
  /** The sequence to go on from, null when the range is done. */
  readonly next: bigint | null;
  /** Above 0: the entry at `next` alone needs a chunk of so many bytes, and nothing was read. */
  readonly neededBytes: number;
}

/** The first part, and the last sequence that the read goes to. */
export interface FetchedStart extends FetchedPart {
  readonly to: bigint;
}

/** How much a fetch takes. */
export interface FetchSize {
  readonly chunkBytes: number;
  /** At least 1. */
  readonly maxEntries: number;
}

const MOST_ENTRIES = 2 ** 32 - 1;

/**
 * Begins a read on a thread of the binding's own, from what is in the database at a moment after this was called. Null
 * when only the log that owns the table can say what the read comes to: something was not found where it should be, or
 * cannot be read.
 */
export async function fetchStart(
  context: FetchContext,
  id: TableId,
  bounds: RangeBounds,
  watch: bigint,
  { chunkBytes, maxEntries }: FetchSize,
): Promise<FetchedStart | null> {
  const { from = 0n, to = U64_MAX, limit } = bounds;
  if (from > to || from > U64_MAX) return { ...NOTHING, to: 0n };
  const range = boundsOf(context.instance, id, from, to);
  // What is of no entry may stand before the first one.
  const lower = bounds.from === undefined ? tableRange(context.instance, id).lower : range.lower;
  const found = await fetched(context.db, lower, range.upper, chunkBytes, {
    maxEntries: Math.min(maxEntries, MOST_ENTRIES),
    watch,
    begins: true,
    enough: Math.min(limit, MOST_ENTRIES),
    fillCache: limit === 1,
  });
  if (found === null || isDoubtful(found)) return null;
  const part = partOf(context, found);
  if (!found.more || found.entries === limit) return { ...part, next: null, to: (part.next ?? 1n) - 1n };
  const last = sequenceOf(context, id, found.last);
  const next = part.next ?? sequenceOf(context, id, found.tooLarge);
  // There was more, so it should end behind what was found.
  if (last === null || next === null || next > last) return null;
  return { ...part, next, to: last };
}

/**
 * Goes on with a read. The span is that of {@link fetchStart}, or of `resolveRange`, from where the read goes on. Null as
 * there.
 */
export async function fetchNext(
  context: FetchContext,
  id: TableId,
  span: SequenceSpan,
  { chunkBytes, maxEntries }: FetchSize,
): Promise<FetchedPart | null> {
  const { from, to, watch, strict = false } = span;
  const { lower, upper } = boundsOf(context.instance, id, from, to);
  const found = await fetched(context.db, lower, upper, chunkBytes, {
    maxEntries: Math.min(maxEntries, MOST_ENTRIES),
    watch,
  });
  if (found === null || isDoubtful(found)) return null;
  if (found.neededBytes > 0) {
    const isNext = sequenceOf(context, id, found.tooLarge) === from;
    return isNext ? { ...NOTHING, next: from, neededBytes: found.neededBytes } : null;
  }
  // It was trimmed or lost, or something is in its place.
  if (found.buffer === null || runAt(found.buffer, found, 0).first !== from) return null;
  const part = partOf(context, found, strict);
  const done = part.next === null || part.next > to || !(strict || found.more);
  return done ? { ...part, next: null } : part;
}

/**
 * Goes on with a strict read in memory alone, at once. Null where that does not do: what comes next is not there any more, or
 * cannot be told without waiting.
 */
export function peekNext(
  context: FetchContext,
  id: TableId,
  { from, to, watch }: SequenceSpan,
  { chunkBytes, maxEntries }: FetchSize,
): FetchedPart | null {
  const { lower, upper } = boundsOf(context.instance, id, from, to);
  const found = peeked(context.db, lower, upper, chunkBytes, { maxEntries, watch });
  // Memory holds what came last. So what it holds from there on is all that there is.
  if (found === null || found.buffer === null || runAt(found.buffer, found, 0).first !== from) return null;
  return partOf(context, found, true);
}

/** One entry, fetched without the log that owns the table. */
export interface FetchedEntry {
  /** Null when there is none. */
  readonly payload: Uint8Array | null;
  /** Above 0: it takes a chunk of so many bytes, and nothing was read. */
  readonly neededBytes: number;
}

/** Reads one entry in the same way. Null as there. */
export async function fetchEntry(
  { db, instance, counters }: FetchContext,
  id: TableId,
  sequence: bigint,
  chunkBytes: number,
): Promise<FetchedEntry | null> {
  const { lower, upper } = boundsOf(instance, id, sequence, sequence);
  const found = await fetched(db, lower, upper, chunkBytes, { maxEntries: 1, fillCache: true });
  if (found === null || isDoubtful(found)) return null;
  const { buffer, dataLength, entries, neededBytes } = found;
  counters.scans++;
  counters.entriesRead += entries;
  // Behind the version of its value.
  const payload =
    buffer === null
      ? null
      : new Uint8Array(buffer, LOG_VALUE_HEADER_LENGTH, dataLength - LOG_VALUE_HEADER_LENGTH);
  return { payload, neededBytes };
}

/** Null when it has failed: whoever asks the owner is told why. */
async function fetched(
  db: Database,
  lower: Uint8Array,
  upper: Uint8Array,
  chunkBytes: number,
  options: FetchOptions,
): Promise<FetchedChunk | null> {
  try {
    return await db.fetch(lower, upper, chunkBytes, options);
  } catch {
    return null;
  }
}

/** Null when it has failed, too. */
function peeked(
  db: Database,
  lower: Uint8Array,
  upper: Uint8Array,
  chunkBytes: number,
  options: { readonly maxEntries: number; readonly watch: bigint },
): PeekedChunk | null {
  try {
    return db.peekChunk(lower, upper, chunkBytes, options);
  } catch {
    return null;
  }
}

function isDoubtful({ dropped, foreign, entries }: FetchedChunk): boolean {
  return dropped || (foreign && entries === 0);
}

/** What was found, and the sequence behind it. */
function partOf({ counters }: FetchContext, found: PeekedChunk, strict = false): FetchedPart {
  counters.scans++;
  counters.entriesRead += found.entries;
  const { buffer, neededBytes } = found;
  if (buffer === null) return { ...NOTHING, neededBytes };
  const layout = strict ? upToHole(buffer, layoutOf(found)) : layoutOf(found);
  const { first, count } = runAt(buffer, layout, layout.runs - 1);
  return { chunk: { buffer, layout }, next: first + BigInt(count), neededBytes };
}

/** The sequence of a key; null when there is none, or it is not of an entry of the table. */
function sequenceOf({ instance }: FetchContext, id: TableId, key: Uint8Array | null): bigint | null {
  if (key === null) return null;
  try {
    const { region, table, sequence } = decodeLogKey(key, instance);
    return region === id.region && table === id.table ? sequence : null;
  } catch {
    return null;
  }
}

const NOTHING: FetchedPart = { chunk: null, next: null, neededBytes: 0 };
