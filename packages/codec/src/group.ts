import { corrupt, invalidArgument, requireRoom } from './errors/refuse.js';
import { FORMAT_VERSION } from './layout/instance.js';
import { decodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH, type LogKeyPrefix } from './layout/log-key.js';
import { readU32LE, readU64LE, requireU64, writeU32LE, writeU64LE } from './layout/u64.js';

/*
 * A group describes a run of consecutive sequences of one table. Bulk writes take groups, bulk scans return them. In a
 * bulk write a group may also be a removal, which takes effect between the runs before it and those after it:
 *
 *   [0..17)  log key prefix      [17] key version (0)   [18] flags   [19] 0
 *   [20..24) count u32 LE        [24..32) first sequence u64 LE
 *
 * The prefix is big-endian because it is part of the key; the numbers are little-endian because native code reads
 * them in place.
 */

/** Bytes of one group. */
export const GROUP_STRIDE = 32;
/** Flag: the entries of this group are skipped, not written. */
export const GROUP_SKIP = 1;
/** Flag: the run descends, and `first` is its largest sequence. */
export const GROUP_DESCENDING = 2;
/**
 * Flag: not a run but the removal of everything in the table up to the sequence `first`: as one range when count is 0,
 * else as point deletes of the `count` sequences that end there, because there is nothing before them.
 */
export const GROUP_TRIM = 4;
/** The most sequences that a `GROUP_TRIM` removes by point deletes. */
export const GROUP_TRIM_MOST = 64;
/** Flag: not a run; raises the metadata record of the table id to `first`, unless it is higher. Count is 0. */
export const GROUP_FLOOR = 8;
/** Flag: not a run but the removal of the whole table and its metadata record. Count and `first` are 0. */
export const GROUP_DROP = 16;

const KEY_VERSION_AT = 17;
const FLAGS_AT = 18;
const RESERVED_AT = 19;
const COUNT_AT = 20;
const FIRST_AT = 24;
const RUN_FLAGS = GROUP_SKIP | GROUP_DESCENDING;
const U32_MAX = 2 ** 32 - 1;

/** A run of consecutive sequences of one table. */
export interface Group extends LogKeyPrefix {
  /** The first sequence of the run, the largest when it descends. For other groups, see their flag. */
  readonly first: bigint;
  /** 0 to 2^32-1. */
  readonly count: number;
  /** `GROUP_SKIP` and `GROUP_DESCENDING`, or'ed; or one of `GROUP_TRIM`, `GROUP_FLOOR`, `GROUP_DROP`. */
  readonly flags: number;
}

/**
 * Writes a group into `target` and returns the offset after it. Throws SHALE_INVALID_ARGUMENT.
 *
 * @param prefix the 17-byte prefix of the table's log keys
 */
export function encodeGroup(
  target: Uint8Array,
  offset: number,
  prefix: Uint8Array,
  first: bigint,
  count: number,
  flags = 0,
): number {
  requireRoom('a group', target, offset, GROUP_STRIDE);
  requireU64('first', first);
  if (prefix.length !== LOG_KEY_PREFIX_LENGTH) {
    throw invalidArgument(
      `the key prefix of a group must have ${LOG_KEY_PREFIX_LENGTH} bytes, but has ${prefix.length}`,
    );
  }
  if (!Number.isInteger(count) || count < 0 || count > U32_MAX || !arePossible(flags, count, first)) {
    throw invalidArgument(`a group cannot have count ${count} and flags ${flags}`, { count, flags });
  }
  target.set(prefix, offset);
  target[offset + KEY_VERSION_AT] = FORMAT_VERSION;
  target[offset + FLAGS_AT] = flags;
  target[offset + RESERVED_AT] = 0;
  writeU32LE(target, offset + COUNT_AT, count);
  writeU64LE(target, offset + FIRST_AT, first);
  return offset + GROUP_STRIDE;
}

/** Reads the group at `offset`. Throws SHALE_CORRUPT with `details.field` and where it is. */
export function decodeGroup(source: Uint8Array, offset: number): Group {
  if (!(offset >= 0 && offset + GROUP_STRIDE <= source.length)) {
    throw corrupt(
      `a group takes ${GROUP_STRIDE} bytes, which at offset ${offset} exceed the ${source.length} bytes there are`,
      {
        field: 'length',
        offset,
        expected: GROUP_STRIDE,
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
    throw corrupt(`a group has impossible flags ${flags} at offset ${offset + FLAGS_AT}`, {
      field: 'flags',
      offset: offset + FLAGS_AT,
      actual: flags,
    });
  }
  const { instance, region, table } = decodeLogKeyPrefix(source, offset);
  if (runsOut(readU32LE(source, offset + FIRST_AT), readU32LE(source, offset + FIRST_AT + 4), count, flags)) {
    throw corrupt(`a group of ${count} entries at offset ${offset} runs out of sequences after ${first}`, {
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
  if (flags === GROUP_TRIM) return count <= GROUP_TRIM_MOST && BigInt(count) <= first + 1n;
  if (count !== 0) return false;
  return flags === GROUP_FLOOR || (flags === GROUP_DROP && first === 0n);
}

/**
 * Whether a run passes 2^64-1; or 0, for one that descends, as the sequences of a trim do. Computed from the halves of
 * the first sequence, because bigint arithmetic costs far more.
 */
function runsOut(low: number, high: number, count: number, flags: number): boolean {
  const steps = count - 1;
  return (flags & (GROUP_DESCENDING | GROUP_TRIM)) !== 0
    ? high === 0 && steps > low
    : high === U32_MAX && low + steps > U32_MAX;
}

function requireByte(field: string, source: Uint8Array, offset: number, expected: number): void {
  const actual = source[offset] ?? -1;
  if (actual !== expected) {
    throw corrupt(`a group has ${field} ${actual} instead of ${expected} at offset ${offset}`, {
      field,
      offset,
      expected,
      actual,
    });
  }
}
