import { corrupt, invalidArgument, requireRoom } from './errors/refuse.js';
import { FORMAT_VERSION } from './layout/instance.js';
import { decodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH, type LogKeyPrefix } from './layout/log-key.js';
import { readU32LE, readU64LE, requireU64, writeU32LE, writeU64LE } from './layout/u64.js';

/*
 * A run is consecutive sequences of one table. Bulk writes take runs, bulk scans return them. In a bulk write the
 * record of a run may be a removal instead, which takes effect between the runs before it and those after it, or the
 * position of a consumer, or the id of an append:
 *
 *   [0..17)  log key prefix      [17] key version (0)   [18] flags   [19] 0
 *   [20..24) count u32 LE        [24..32) first sequence u64 LE
 *
 * The prefix is big-endian because it is part of the key; the numbers are little-endian because native code reads
 * them in place.
 */

/** Bytes of the record of a run. */
export const RUN_STRIDE = 32;
/** Flag: the entries of this run are skipped, not written. */
export const RUN_SKIP = 1;
/** Flag: the run descends, and `first` is its largest sequence. */
export const RUN_DESCENDING = 2;
/**
 * Flag: the removal of everything in the table up to the sequence `first`: as one range when count is 0,
 * else as point deletes of the `count` sequences that end there, because there is nothing before them.
 */
export const RUN_TRIM = 4;
/** The most sequences that a `RUN_TRIM` removes by point deletes. */
export const RUN_TRIM_MOST = 64;
/** Flag: raises the metadata record of the table id to `first`, unless it is higher. Count is 0. */
export const RUN_FLOOR = 8;
/** Flag: the removal of the whole table and its metadata record. Count and `first` are 0. */
export const RUN_DROP = 16;
/** Flag: no entry but the value of the position that the consumer `first` has in the table. Count is 1. */
export const RUN_POSITION = 32;
/**
 * Flag: the removal of the records of ids of the table's appends, up to the one of `first`. Count is 0.
 */
export const RUN_ID = 128;

const KEY_VERSION_AT = 17;
const FLAGS_AT = 18;
const RESERVED_AT = 19;
const COUNT_AT = 20;
const FIRST_AT = 24;
const RUN_FLAGS = RUN_SKIP | RUN_DESCENDING;
const U32_MAX = 2 ** 32 - 1;

/** Consecutive sequences of one table, a removal, or a position. */
export interface Run extends LogKeyPrefix {
  /** The first sequence of the run, the largest when it descends. For a removal or a position, see its flag. */
  readonly first: bigint;
  /** 0 to 2^32-1. */
  readonly count: number;
  /** `RUN_SKIP` and `RUN_DESCENDING`, or'ed; or one of `RUN_TRIM`, `RUN_FLOOR`, `RUN_DROP`, `RUN_POSITION`, `RUN_ID`. */
  readonly flags: number;
}

/**
 * Writes a run into `target` and returns the offset after it. Throws SHALE_INVALID_ARGUMENT.
 *
 * @param prefix the 17-byte prefix of the table's log keys
 */
export function encodeRun(
  target: Uint8Array,
  offset: number,
  prefix: Uint8Array,
  first: bigint,
  count: number,
  flags = 0,
): number {
  requireRoom('a run', target, offset, RUN_STRIDE);
  requireU64('first', first);
  if (prefix.length !== LOG_KEY_PREFIX_LENGTH) {
    throw invalidArgument(
      `the key prefix of a run must have ${LOG_KEY_PREFIX_LENGTH} bytes, but has ${prefix.length}`,
    );
  }
  if (!Number.isInteger(count) || count < 0 || count > U32_MAX || !arePossible(flags, count, first)) {
    throw invalidArgument(`a run cannot have count ${count} and flags ${flags}`, { count, flags });
  }
  target.set(prefix, offset);
  target[offset + KEY_VERSION_AT] = FORMAT_VERSION;
  target[offset + FLAGS_AT] = flags;
  target[offset + RESERVED_AT] = 0;
  writeU32LE(target, offset + COUNT_AT, count);
  writeU64LE(target, offset + FIRST_AT, first);
  return offset + RUN_STRIDE;
}

/** Reads the run at `offset`. Throws SHALE_CORRUPT with `details.field` and where it is. */
export function decodeRun(source: Uint8Array, offset: number): Run {
  if (!(offset >= 0 && offset + RUN_STRIDE <= source.length)) {
    throw corrupt(
      `a run takes ${RUN_STRIDE} bytes, which at offset ${offset} exceed the ${source.length} bytes there are`,
      {
        field: 'length',
        offset,
        expected: RUN_STRIDE,
        actual: Math.max(0, source.length - offset),
      },
    );
  }
  requireByte('version', source, offset + KEY_VERSION_AT, FORMAT_VERSION);
  requireByte('reserved', source, offset + RESERVED_AT, 0);
  const flags = source[offset + FLAGS_AT] ?? 0;
  const count = readU32LE(source, offset + COUNT_AT);
  const first = readU64LE(source, offset + FIRST_AT);
  if (!arePossible(flags, count, first)) {
    throw corrupt(`a run has impossible flags ${flags} at offset ${offset + FLAGS_AT}`, {
      field: 'flags',
      offset: offset + FLAGS_AT,
      actual: flags,
    });
  }
  const { instance, region, table } = decodeLogKeyPrefix(source, offset);
  if (runsOut(readU32LE(source, offset + FIRST_AT), readU32LE(source, offset + FIRST_AT + 4), count, flags)) {
    throw corrupt(`a run of ${count} entries at offset ${offset} runs out of sequences after ${first}`, {
      field: 'count',
      offset: offset + COUNT_AT,
      actual: count,
      first,
    });
  }
  return { instance, region, table, first, count, flags };
}

function arePossible(flags: number, count: number, first: bigint): boolean {
  if ((flags & ~RUN_FLAGS) === 0) return true;
  if (flags === RUN_TRIM) return count <= RUN_TRIM_MOST && BigInt(count) <= first + 1n;
  if (flags === RUN_POSITION) return count === 1;
  if (count !== 0) return false;
  return flags === RUN_FLOOR || flags === RUN_ID || (flags === RUN_DROP && first === 0n);
}

/**
 * Whether a run passes 2^64-1; or 0, for one that descends, as the sequences of a trim do. Computed from the halves of
 * the first sequence, because bigint arithmetic costs far more.
 */
function runsOut(low: number, high: number, count: number, flags: number): boolean {
  const steps = count - 1;
  return (flags & (RUN_DESCENDING | RUN_TRIM)) !== 0
    ? high === 0 && steps > low
    : high === U32_MAX && low + steps > U32_MAX;
}

function requireByte(field: string, source: Uint8Array, offset: number, expected: number): void {
  const actual = source[offset] ?? -1;
  if (actual !== expected) {
    throw corrupt(`a run has ${field} ${actual} instead of ${expected} at offset ${offset}`, {
      field,
      offset,
      expected,
      actual,
    });
  }
}
