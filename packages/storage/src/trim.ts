import { type KeyRange, type TableId, tableRangeUpTo } from '@shale/codec';

/** What a trim did. */
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
