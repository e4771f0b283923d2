import { type KeyRange, logKey, metaKey, type TableId, tableRange, tableRangeUpTo } from '@shale/codec';
import type { LogContext } from './context.js';
import { native } from './errors.js';
import { type TableUnit, tableEnds } from './table-unit.js';

/** What a trim did. */
export interface TrimResult {
  /** The table's first sequence now: `last + 1n` when everything was trimmed, 0n for a table never written. */
  readonly trimmed: bigint;
  /** The table's last sequence, which a trim does not change. */
  readonly last: bigint;
  /** The keys that hold nothing any more, for `reclaim`; null when there was nothing to trim. */
  readonly range: KeyRange | null;
}

/**
 * Removes the entries up to and including `upTo`, clamped to the last one. One atomic batch removes the range and
 * writes the table's largest sequence to its metadata record, so that no sequence is given out twice whatever is
 * removed. The record is shared by the same table id of other regions and never goes down.
 */
export function trim(context: LogContext, id: TableId, upTo: bigint, sync: boolean): TrimResult {
  const { db, instance, path } = context;
  const unit = context.units.get(id);
  const { last } = unit;
  if (last === 0n) return { trimmed: 0n, last, range: null };
  const end = upTo < last ? upTo : last;
  if (end < unit.first || unit.first === unit.next) {
    if (sync) makeDurable(context, unit);
    return { trimmed: unit.first, last, range: null };
  }
  const range = tableRangeUpTo(instance, id, end);
  native({ path, table: id }, () =>
    db.trim(range.lower, range.upper, metaKey(instance, id.table), last, { sync }),
  );
  context.counters.trims++;
  unit.trimIsDurable = sync;
  // Where another system left holes, the first entry after the trim need not be the next sequence.
  const first = end < unit.tail ? tableEnds(context, id, logKey({ instance, ...id }, end + 1n)).first : null;
  unit.first = first ?? unit.next;
  return { trimmed: unit.first, last, range };
}

/** What an earlier trim removed without sync is removed for good once this record is on the disk, which the log orders. */
function makeDurable({ db, instance, path }: LogContext, unit: TableUnit): void {
  const { id, last } = unit;
  if (unit.trimIsDurable || unit.first === 1n) return;
  const { lower } = tableRange(instance, id);
  native({ path, table: id }, () => db.trim(lower, lower, metaKey(instance, id.table), last, { sync: true }));
  unit.trimIsDurable = true;
}

/**
 * Removes a table whose id is retired: its entries, and the metadata record, which the same table id of every other
 * region shares. Afterwards it is as never written, and its sequences begin at 1 again.
 */
export function drop(context: LogContext, id: TableId, sync: boolean): KeyRange {
  const { db, instance, path } = context;
  const range = tableRange(instance, id);
  native({ path, table: id }, () => db.drop(range.lower, range.upper, metaKey(instance, id.table), { sync }));
  context.counters.drops++;
  context.units.reset(id);
  return range;
}
