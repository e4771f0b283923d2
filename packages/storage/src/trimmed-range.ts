import {
  decodeLogKey,
  decodeLogKeyPrefix,
  type KeyRange,
  LOG_KEY_LENGTH,
  metaKey,
  type TableId,
  tableRange,
  U64_MAX,
  WalError,
} from '@shale/codec';
import type { LogContext } from './context.js';
import { native, toWalError } from './errors.js';
import { readFloor } from './table-unit.js';

/** The beginning of one table's keys, up to and including the sequence `end`, which a trim has emptied. */
export interface TrimmedRange extends KeyRange {
  readonly id: TableId;
  readonly end: bigint;
}

/** Room for one small entry: a larger one is found too, only not read. */
const PROBE_BYTES = 256;
/** Gaps that RocksDB estimates to be smaller than this are compacted along with the ranges beside them. */
const SMALL_GAP_BYTES = 32 * 1024 * 1024;

/**
 * Checks that ranges are what trims returned and still hold nothing, and joins those of the same table, in key order.
 * Throws SHALE_INVALID_ARGUMENT otherwise: giving back the space of anything else would lose entries.
 */
export function requireTrimmed(context: LogContext, ranges: readonly KeyRange[]): TrimmedRange[] {
  const byTable = new Map<string, TrimmedRange>();
  for (const range of ranges) {
    const trimmed = describeRange(context, range);
    const table = Buffer.from(trimmed.lower).toString('latin1');
    const known = byTable.get(table);
    if (known === undefined || known.end < trimmed.end) byTable.set(table, trimmed);
  }
  const joined = [...byTable.values()].sort((a, b) => Buffer.compare(a.lower, b.lower));
  for (const range of joined) {
    if (!isTrimmed(context, range) || isVisible(context, range)) {
      throw new WalError(
        'SHALE_INVALID_ARGUMENT',
        `region ${range.id.region}, table ${range.id.table} is not trimmed up to ${range.end}: pass the ranges that trim() returned`,
        { path: context.path, table: range.id, details: { field: 'ranges', end: range.end } },
      );
    }
  }
  return joined;
}

/** Writes the tombstones of trimmed ranges again. The metadata records keep what they say. */
export function buryAgain(context: LogContext, ranges: readonly TrimmedRange[], sync: boolean): void {
  const { db, instance, path } = context;
  ranges.forEach(({ id, lower, upper }, index) => {
    // Syncing the last one syncs them all: they are in one file, in this order.
    const isLast = index === ranges.length - 1;
    native({ path, table: id }, () =>
      db.trim(lower, upper, metaKey(instance, id.table), 0n, { sync: sync && isLast }),
    );
  });
}

/** The trimmed ranges in which something shows again. A table that was dropped and begun anew is not one. */
export function uncovered(context: LogContext, ranges: readonly TrimmedRange[]): TrimmedRange[] {
  return ranges.filter((range) => isTrimmed(context, range) && isVisible(context, range));
}

/** Joins ranges with little between them, because a compaction of each would rewrite the same files again. */
export function joinForCompaction(context: LogContext, ranges: readonly KeyRange[]): KeyRange[] {
  const joined: KeyRange[] = [];
  for (const { lower, upper } of ranges) {
    const previous = joined.at(-1);
    const isNear =
      previous !== undefined &&
      native({ path: context.path }, () => context.db.approximateSize(previous.upper, lower)) <
        SMALL_GAP_BYTES;
    if (previous !== undefined && isNear) joined[joined.length - 1] = { lower: previous.lower, upper };
    else joined.push({ lower, upper });
  }
  return joined;
}

function describeRange(context: LogContext, { lower, upper }: KeyRange): TrimmedRange {
  try {
    const { instance, region, table } = decodeLogKeyPrefix(lower);
    const id = { region, table };
    const whole = tableRange(context.instance, id);
    const toTableEnd = Buffer.compare(upper, whole.upper) === 0;
    const end = toTableEnd ? U64_MAX : decodeLogKey(upper, instance).sequence - 1n;
    const sameTable = toTableEnd || Buffer.compare(upper.subarray(0, whole.lower.length), whole.lower) === 0;
    if (Buffer.compare(lower, whole.lower) === 0 && sameTable && end >= 0n) return { id, lower, upper, end };
  } catch (error) {
    throw new WalError('SHALE_INVALID_ARGUMENT', 'ranges must be what trim() returned', {
      cause: toWalError(error, { path: context.path }),
      details: { field: 'ranges', keyLength: LOG_KEY_LENGTH },
    });
  }
  throw new WalError('SHALE_INVALID_ARGUMENT', 'ranges must be what trim() returned', {
    path: context.path,
    details: { field: 'ranges' },
  });
}

/** A trim leaves a metadata record at or above what it removed; dropping the table removes the record. */
function isTrimmed(context: LogContext, range: TrimmedRange): boolean {
  return readFloor(context, range.id) >= range.end;
}

/**
 * Whether anything is there. Scans upwards, because looking for the last key would walk back over every trimmed entry
 * that is still in memory, which costs many times more than walking forward.
 */
function isVisible(context: LogContext, { id, lower, upper }: TrimmedRange): boolean {
  const into = new ArrayBuffer(PROBE_BYTES);
  const found = native({ path: context.path, table: id }, () =>
    context.db.scan(lower, upper, into, { maxEntries: 1 }),
  );
  return found.entries > 0 || found.neededBytes > 0 || found.foreign !== undefined;
}
