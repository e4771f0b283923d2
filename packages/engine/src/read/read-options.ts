import { mustBe } from '@shale/codec';
import { type RangeBounds, readBag, toBounds } from '@shale/storage';
import { checkSignal } from '../abort.js';
import type { SequenceInput } from '../ids.js';
import { toMs } from '../moment.js';

/**
 * The bounds of a read. Each is optional, and all that are given hold. A reversed or empty range, and a range of a
 * table that was never written, give nothing and are no error.
 */
export interface ReadRange {
  /** From this sequence on. */
  readonly gte?: SequenceInput | undefined;
  /** From after this sequence on. */
  readonly gt?: SequenceInput | undefined;
  /** Up to this sequence. */
  readonly lte?: SequenceInput | undefined;
  /** Up to before this sequence. */
  readonly lt?: SequenceInput | undefined;
  /**
   * From about this time on: a Date, or milliseconds since 1970. As `table.at` says: nothing that was appended then or
   * later is left out, and the read fails with SHALE_NOT_FOUND where `table.at` does.
   */
  readonly since?: Date | number | undefined;
  /**
   * At most so many entries.
   *
   * @range 0 to 2^53-1
   * @defaultValue no limit
   */
  readonly limit?: number | undefined;
  /**
   * Whether to read from the end of the range to its beginning: with a `limit` the last entries, the newest first.
   * Asked of the shard that owns the table, behind what it is writing. Not together with `strict`.
   *
   * @defaultValue false
   */
  readonly reverse?: boolean | undefined;
}

/** How to read. */
export interface ReadOptions {
  /** Ends the read: it fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Bytes of entries that are read at a time; less where many reads share `maxReadBytes`, which no two chunks of a
   * read exceed together. One such chunk is read ahead if there is room. An entry that is larger comes in a chunk of
   * its own.
   *
   * @range 1 KiB to 256 MiB
   * @defaultValue 1 MiB
   */
  readonly chunkBytes?: number | undefined;
  /**
   * Entries that are read at a time.
   *
   * @range 1 to 2^32-1
   * @defaultValue as many as fit
   */
  readonly chunkEntries?: number | undefined;
  /**
   * Whether it is an error that entries are missing where the range begins or on the way; for readers that go on from a
   * position they keep, and must not miss any without noticing. Then the read fails with SHALE_TRIMMED when its begin
   * (`gte`, or `gt` and one more) is before the first entry that there is, with that in `details.first`, and with
   * SHALE_AHEAD when it is after the sequence that the next entry gets, with that in `details.next`: to begin with the
   * next entry is fine, also in a table that was never written or that does not exist, where it gets 1. The upper
   * bounds and the limit do not matter for it. A range without `gte` and `gt` is at the first entry there is.
   *
   * And it fails with SHALE_HOLE at the first sequence within the range that has no entry although the next entry gets
   * a higher one, with the next sequence there is (or, when there is none, will be) in `details.first`; what stands
   * before it is delivered first. Such sequences were lost, and a repair has told so, or they were never written: where
   * the metadata record, which a table shares with those of the same id in other regions, was ahead of it when it was
   * opened, or where another system failed to write. Which of these cannot be told from the log; a read from
   * `details.first` goes on behind it.
   *
   * When false, a read begins where there is something, goes past what is missing, and beyond the end it is empty.
   *
   * @defaultValue false
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

/** The options of a read. */
export const READ_OPTIONS = ['signal', 'chunkBytes', 'chunkEntries', 'strict'] as const;
const SCAN_OPTIONS = ['signal', 'chunkBytes'] as const;

const RANGE = ['gte', 'gt', 'lte', 'lt', 'since', 'limit', 'reverse'] as const;

/** Reads a range, each bound once. Throws SHALE_INVALID_ARGUMENT. */
export function readRangeOf(range: ReadRange): {
  readonly bounds: RangeBounds;
  /** Milliseconds since 1970; undefined when it does not begin with a time. */
  readonly since: bigint | undefined;
} {
  const { since, ...bounds } = readBag('the range of a read', range, RANGE);
  return {
    // What each of them is, is checked there.
    bounds: toBounds(bounds as Parameters<typeof toBounds>[0]),
    since: since === undefined ? undefined : toMs('since', since as Date | number),
  };
}

/** Throws SHALE_INVALID_ARGUMENT. */
export function checkReadOptions(options: ReadOptions): CheckedRead {
  return checkRead(readBag('a read', options, READ_OPTIONS));
}

/** Throws SHALE_INVALID_ARGUMENT. */
export function checkRegionReadOptions(options: RegionReadOptions): CheckedRead {
  return checkRead(readBag('a scan', options, SCAN_OPTIONS));
}

function checkRead(given: { readonly [P in keyof ReadOptions]: unknown }): CheckedRead {
  const {
    signal,
    chunkBytes = DEFAULT_CHUNK_BYTES,
    chunkEntries = MAX_CHUNK_ENTRIES,
    strict = false,
  } = given;
  if (typeof strict !== 'boolean') throw mustBe('strict', 'true or false', strict);
  return {
    signal: checkSignal(signal),
    chunkBytes: integer('chunkBytes', chunkBytes, MIN_CHUNK_BYTES, MAX_CHUNK_BYTES),
    chunkEntries: integer('chunkEntries', chunkEntries, 1, MAX_CHUNK_ENTRIES),
    strict,
  };
}

function integer(field: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw mustBe(field, `an integer from ${min} to ${max}`, value);
}
