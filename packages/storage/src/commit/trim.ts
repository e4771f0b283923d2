import { type KeyRange, type TableId, tableRangeUpTo } from '@shale/codec';
import type { LogCounters } from '../tables/counters.js';

/** The outcome of a trim. */
export interface TrimResult {
  /** The table's first sequence now: `last + 1n` when everything was trimmed, 0n for a table never written. */
  readonly trimmed: bigint;
  /** The table's last sequence, which a trim does not change. */
  readonly last: bigint;
  /** The keys that hold nothing any more, for `reclaim`; null when there was nothing to trim. */
  readonly range: KeyRange | null;
}

/** The keys that a trim has emptied, by the last sequence that it removed; null for 0n, which is none. */
export function trimmedKeys(instance: number, id: TableId, removed: bigint): KeyRange | null {
  return removed === 0n ? null : tableRangeUpTo(instance, id, removed);
}

/** The most entries that a trim removes one by one: more are cheaper removed as a range. */
const MOST_ONE_BY_ONE = 8;
/**
 * A trim that gets past a multiple of this removes everything before it as a range. So there are never as many entries
 * as this that were removed one by one, and that a look for the table's first entry has to step over.
 */
const STRETCH = 64n;

/**
 * How many entries a trim of these sequences removes one by one; 0 when it removes a range. Each range makes every read
 * of the database dearer until it is flushed, so that thousands of small trims cause flush upon flush. But a range
 * keeps looks for the table's first entry away from what it covers, so trims are ranges where something cannot be read.
 */
export function entriesOneByOne(
  from: bigint,
  end: bigint,
  { unreadable }: Pick<LogCounters, 'unreadable'>,
): number {
  const entries = end - from + 1n;
  if (entries > MOST_ONE_BY_ONE || unreadable > 0) return 0;
  return from / STRETCH === (end + 1n) / STRETCH ? Number(entries) : 0;
}
