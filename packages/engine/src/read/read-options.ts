import { invalid, show, toSequence } from '../ids.js';
import type { Bounds } from '../shard/protocol.js';

/**
 * The bounds of a read. Each is optional, and all that are given hold. A reversed or empty range, and a range of a
 * table that was never written, give nothing and are no error.
 */
export interface ReadRange {
  /** From this sequence on. */
  readonly gte?: bigint | undefined;
  /** From after this sequence on. */
  readonly gt?: bigint | undefined;
  /** Up to this sequence. */
  readonly lte?: bigint | undefined;
  /** Up to before this sequence. */
  readonly lt?: bigint | undefined;
  /** At most so many entries, a safe integer of at least 0. Default: no limit. */
  readonly limit?: number | undefined;
}

/** How to read. */
export interface ReadOptions {
  /** Ends the read: it fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Bytes of entries that are read at a time: 1 KiB to 256 MiB, default 1 MiB; less where many reads share
   * `maxReadBytes`, which no two chunks of a read exceed together. One such chunk is read ahead if there is room. An entry
   * that is larger comes in a chunk of its own.
   */
  readonly chunkBytes?: number | undefined;
  /** Entries that are read at a time, at least 1. Default: as many as fit. */
  readonly chunkEntries?: number | undefined;
  /**
   * Whether it is an error that the range does not begin in the table, or right behind it; for who goes on from a position
   * that he keeps. Then the read fails with SHALE_TRIMMED when its begin (`gte`, or `gt` and one more) is before the first
   * entry that there is, with that in `details.first`, and with SHALE_AHEAD when it is after the sequence that the next
   * entry gets, with that in `details.next`: to begin with the next entry is fine, also in a table that was never written
   * or that does not exist, where it gets 1. The upper bounds and the limit do not matter for it. A range without `gte` and
   * `gt` is at the first entry there is. Default false: a read begins where there is something, and beyond the end it is
   * empty.
   */
  readonly strict?: boolean | undefined;
}

/** How to read a region. */
export type RegionReadOptions = Pick<ReadOptions, 'signal' | 'chunkBytes'>;

const DEFAULT_CHUNK_BYTES = 1024 * 1024;
const MIN_CHUNK_BYTES = 1024;
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;
const MAX_CHUNK_ENTRIES = 2 ** 32 - 1;

/** Read options, checked. */
export interface CheckedRead {
  readonly signal: AbortSignal | undefined;
  readonly chunkBytes: number;
  readonly chunkEntries: number;
  readonly strict: boolean;
}

/** A range, checked. */
export interface CheckedRange {
  readonly bounds: Bounds;
  readonly limit: number;
}

/** Throws SHALE_INVALID_ARGUMENT. */
export function checkRange(range: ReadRange): CheckedRange {
  if (typeof range !== 'object' || range === null)
    throw invalid('range', `a range is an object, not ${show(range)}`);
  const { gte, gt, lte, lt, limit, ...unknown } = range;
  const stray = Object.keys(unknown)[0];
  if (stray !== undefined) throw invalid(stray, `a range has gte, gt, lte, lt and limit, and no '${stray}'`);
  const unlimited = limit === undefined || limit === Number.POSITIVE_INFINITY;
  if (!unlimited && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw invalid('limit', `limit must be a safe integer of at least 0, and is ${show(limit)}`);
  }
  return {
    bounds: {
      ...(gte === undefined ? {} : { gte: toSequence('gte', gte) }),
      ...(gt === undefined ? {} : { gt: toSequence('gt', gt) }),
      ...(lte === undefined ? {} : { lte: toSequence('lte', lte) }),
      ...(lt === undefined ? {} : { lt: toSequence('lt', lt) }),
    },
    limit: unlimited ? Number.POSITIVE_INFINITY : limit,
  };
}

/** Throws SHALE_INVALID_ARGUMENT. */
export function checkReadOptions(options: ReadOptions): CheckedRead {
  requireObject(options);
  const {
    signal,
    chunkBytes = DEFAULT_CHUNK_BYTES,
    chunkEntries = MAX_CHUNK_ENTRIES,
    strict = false,
    ...unknown
  } = options;
  refuseStray('a read', unknown, 'signal, chunkBytes, chunkEntries and strict');
  if (typeof strict !== 'boolean')
    throw invalid('strict', `strict must be true or false, and is ${show(strict)}`);
  return {
    signal: checkSignal(signal),
    chunkBytes: integer('chunkBytes', chunkBytes, MIN_CHUNK_BYTES, MAX_CHUNK_BYTES),
    chunkEntries: integer('chunkEntries', chunkEntries, 1, MAX_CHUNK_ENTRIES),
    strict,
  };
}

/** Throws SHALE_INVALID_ARGUMENT. */
export function checkRegionReadOptions(options: RegionReadOptions): CheckedRead {
  requireObject(options);
  const { signal, chunkBytes, ...unknown } = options;
  refuseStray('a scan', unknown, 'signal and chunkBytes');
  return checkReadOptions({ signal, chunkBytes });
}

function requireObject(options: unknown): void {
  if (typeof options === 'object' && options !== null) return;
  throw invalid('options', `read options are an object, not ${show(options)}`);
}

/** A misspelt option would pass in silence. */
function refuseStray(what: string, unknown: object, known: string): void {
  const stray = Object.keys(unknown)[0];
  if (stray !== undefined) throw invalid(stray, `${what} has the options ${known}, and no '${stray}'`);
}

/** Throws SHALE_INVALID_ARGUMENT unless it is a signal or undefined. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw invalid('signal', `signal must be an AbortSignal, and is ${show(signal)}`);
}

function integer(field: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(field, `${field} must be an integer of ${min} to ${max}, and is ${show(value)}`);
}
