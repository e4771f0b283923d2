import {
  decodeLogKey,
  decodeLogKeyPrefix,
  type KeyRange,
  LOG_KEY_LENGTH,
  metaKey,
  type TableId,
  tableInWords,
  tableRange,
  U64_MAX,
  WalError,
} from '@shale/codec';
import { native, nativeAsync, toWalError } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { readFloor } from '../tables/table-state.js';
import { Pace } from './pace.js';

/** The beginning of one table's keys, up to and including the sequence `end`, which a trim has emptied. */
export interface TrimmedRange extends KeyRange {
  readonly id: TableId;
  readonly end: bigint;
  /** The key of the table's metadata record. */
  readonly metaKey: Uint8Array;
}

/** Room for one small entry: a larger one is found too, only not read. */
const PROBE_BYTES = 256;
/** Gaps that RocksDB estimates to be smaller than this are compacted along with the ranges beside them. */
const SMALL_GAP_BYTES = 32 * 1024 * 1024;

/**
 * Checks that ranges are what trims returned, as far as that is known without a look at what is there, and joins those of
 * the same table, in key order. Throws SHALE_INVALID_ARGUMENT otherwise. Ranges of tables that were dropped since are left
 * out.
 */
export async function requireTrimmed(
  context: LogContext,
  ranges: Iterable<KeyRange>,
  since: bigint,
): Promise<TrimmedRange[]> {
  const pace = new Pace();
  const byTable = new Map<string, TrimmedRange>();
  for (const range of ranges) {
    if (pace.isDue) await pace.rest();
    const trimmed = describeRange(context, range);
    if (droppedSince(context, trimmed, since)) continue;
    const table = Buffer.from(trimmed.lower).toString('latin1');
    const known = byTable.get(table);
    if (known === undefined || known.end < trimmed.end) byTable.set(table, trimmed);
  }
  // As strings of bytes: comparing buffers takes several times as long, and there is no rest in it.
  const joined = [...byTable].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, range]) => range);
  await requireEach(context, joined, since, (range) => isTrimmed(context, range));
  return joined;
}

/**
 * Checks that trimmed ranges still hold nothing: giving back the space of anything else would lose entries. It looks into
 * every table file for each range. Throws SHALE_INVALID_ARGUMENT.
 */
export async function requireEmpty(
  context: LogContext,
  ranges: readonly TrimmedRange[],
  since: bigint,
): Promise<void> {
  await requireEach(context, ranges, since, (range) => !isVisible(context, range));
}

/** A table may be dropped and begun again during a rest: whatever removes its range for good checks that. */
async function requireEach(
  context: LogContext,
  ranges: readonly TrimmedRange[],
  since: bigint,
  holds: (range: TrimmedRange) => boolean,
): Promise<void> {
  const pace = new Pace();
  for (const range of ranges) {
    if (pace.isDue) await pace.rest();
    if (holds(range) || droppedSince(context, range, since)) continue;
    throw new WalError(
      'SHALE_INVALID_ARGUMENT',
      `${tableInWords(range.id)} is not trimmed up to ${range.end}: pass the ranges that trim() returned`,
      { path: context.path, table: range.id, details: { field: 'ranges', end: range.end } },
    );
  }
}

/**
 * Writes the tombstones of trimmed ranges again, those of tables that were dropped since excepted; when it resolves
 * they are on stable storage. The metadata records stay as they are.
 */
export async function deleteAgain(
  context: LogContext,
  ranges: readonly TrimmedRange[],
  since: bigint,
): Promise<void> {
  const { db, path } = context;
  let unsynced = false;
  const pace = new Pace();
  for (const [index, { id, lower, upper, metaKey }] of ranges.entries()) {
    if (pace.isDue) await pace.rest();
    // Syncing the last one syncs them all: they are in one file, in this order.
    const sync = index === ranges.length - 1;
    const written = native({ path, table: id }, () =>
      db.deleteRangeUnlessDropped(lower, upper, metaKey, since, { sync }),
    );
    if (written) unsynced = !sync;
  }
  if (unsynced) await nativeAsync({ path }, () => db.syncWal());
}

/** The trimmed ranges in which something shows again. */
export async function uncovered(
  context: LogContext,
  ranges: readonly TrimmedRange[],
): Promise<TrimmedRange[]> {
  const pace = new Pace();
  const visible: TrimmedRange[] = [];
  for (const range of ranges) {
    if (pace.isDue) await pace.rest();
    if (isVisible(context, range)) visible.push(range);
  }
  return visible;
}

/** Whether the range's table, or the one of the same id in another region, was dropped since. */
function droppedSince(context: LogContext, { id, metaKey }: TrimmedRange, since: bigint): boolean {
  return native({ path: context.path, table: id }, () => context.db.droppedSince(metaKey, since));
}

/** Joins ranges with little between them, because a compaction of each would rewrite the same files again. */
export async function joinForCompaction(
  context: LogContext,
  ranges: readonly KeyRange[],
): Promise<KeyRange[]> {
  const pace = new Pace();
  const joined: KeyRange[] = [];
  for (const { lower, upper } of ranges) {
    if (pace.isDue) await pace.rest();
    const previous = joined.at(-1);
    const isNear =
      previous !== undefined &&
      (Buffer.compare(lower, previous.upper) <= 0 ||
        native({ path: context.path }, () => context.db.approximateSize(previous.upper, lower)) <
          SMALL_GAP_BYTES);
    if (previous !== undefined && isNear) {
      const end = Buffer.compare(upper, previous.upper) > 0 ? upper : previous.upper;
      joined[joined.length - 1] = { lower: previous.lower, upper: end };
    } else joined.push({ lower, upper });
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
    if (Buffer.compare(lower, whole.lower) === 0 && sameTable && end >= 0n) {
      return { id, lower, upper, end, metaKey: metaKey(instance, id.table) };
    }
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
function isTrimmed(context: LogContext, { id, end }: TrimmedRange): boolean {
  // This log may have begun the table again, and the same id in another region may have been trimmed since.
  const state = context.tables.glance(id);
  const isEmpty = state === undefined || (state.last >= end && state.first > end);
  return isEmpty && readFloor(context, id) >= end;
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
