import { decodeLogKey, decodeMetaValue, metaKey, type TableId, tableRange } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { decoded, native } from '../errors.js';

/** Where a table's keys are. */
export interface TableHome {
  readonly db: Database;
  readonly path: string;
  readonly instance: number;
}

/**
 * What the log knows of one table in one region. It is exact as long as this log is the only writer of the table.
 *
 * `next` is the sequence of the next entry: one above everything ever given out. `pending` runs ahead of it while a
 * frame is put together, so that several appends of one frame chain, and only becomes `next` when the frame is in.
 */
export class TableState {
  readonly id: TableId;
  /** The sequence that the next entry gets; 1n for a table never written. */
  next: bigint;
  /** `next` as the frame under way would leave it; the same as `next` when none is. */
  pending: bigint;
  /** The smallest sequence that has an entry; `next` when there is none. */
  first: bigint;
  /** The largest sequence that has an entry, or had one that was trimmed; 0n for none. */
  tail: bigint;
  /**
   * From here on every sequence that was given out had an entry. Below, other systems and other regions' trims may have
   * left holes.
   */
  dense: bigint;
  /** The last trim is on the disk. False when that is not known. */
  trimIsDurable = false;

  constructor(id: TableId, first: bigint | null, tail: bigint, floor: bigint) {
    this.id = id;
    this.next = (tail > floor ? tail : floor) + 1n;
    this.pending = this.next;
    this.first = first ?? this.next;
    this.tail = tail;
    this.dense = this.next;
  }

  /** The largest sequence ever given out; 0n for a table never written. */
  get last(): bigint {
    return this.next - 1n;
  }

  /** Takes over what the frame under way gave out: it is in. */
  advance(): void {
    if (this.pending === this.next) return;
    this.next = this.pending;
    this.tail = this.pending - 1n;
  }

  /** Forgets what the frame under way gave out: it is not in. */
  rollBack(): void {
    this.pending = this.next;
  }

  /** Raises the floor that a metadata record gives: sequences up to `floor` are never given out again. */
  raiseFloor(floor: bigint): void {
    if (floor < this.next) return;
    const empty = this.first === this.next;
    this.next = floor + 1n;
    this.pending = this.next;
    this.dense = this.next;
    if (empty) this.first = this.next;
  }

  /** The table is as never written. */
  reset(): void {
    this.next = 1n;
    this.pending = 1n;
    this.first = 1n;
    this.tail = 0n;
    this.dense = 1n;
    this.trimIsDurable = false;
  }

  /** What is known now, to come back to. */
  save(): SavedState {
    const { next, first, tail, dense, trimIsDurable } = this;
    return { next, first, tail, dense, trimIsDurable };
  }

  /** Goes back to what was saved: nothing is in of what the frame under way did. */
  restore({ next, first, tail, dense, trimIsDurable }: SavedState): void {
    this.next = next;
    this.pending = next;
    this.first = first;
    this.tail = tail;
    this.dense = dense;
    this.trimIsDurable = trimIsDurable;
  }
}

/** What a state knows of its table between two frames. */
export type SavedState = Pick<TableState, 'next' | 'first' | 'tail' | 'dense' | 'trimIsDurable'>;

/**
 * Recovers one table from disk: one look at its ends and one at its metadata record.
 * Throws SHALE_CORRUPT, with the table and the key, when one of them is not of this format.
 */
export function recoverTable(home: TableHome, id: TableId): TableState {
  const { first, last } = tableEnds(home, id);
  return new TableState(id, first, last ?? 0n, readFloor(home, id));
}

/** The first and last sequence that have an entry in the table now, from `from` on when given; null for none. */
export function tableEnds(
  home: TableHome,
  id: TableId,
  lower: Uint8Array = tableRange(home.instance, id).lower,
): { first: bigint | null; last: bigint | null } {
  const context = { path: home.path, table: id };
  const ends = native(context, () => home.db.ends(lower, tableRange(home.instance, id).upper));
  return {
    first: ends.first === null ? null : sequenceOf(home, id, ends.first),
    last: ends.last === null ? null : sequenceOf(home, id, ends.last),
  };
}

/**
 * The first sequence that has an entry; null for none. Looks at nothing behind it, so what is damaged there does not
 * matter.
 */
export function firstEntry(home: TableHome, id: TableId): bigint | null {
  const { lower, upper } = tableRange(home.instance, id);
  // A buffer that has no room for a record: the first key is where the next call would begin.
  const found = native({ path: home.path, table: id }, () =>
    home.db.records(lower, upper, new ArrayBuffer(8)),
  );
  return found.resumeAt === null ? null : sequenceOf(home, id, found.resumeAt);
}

/** What the table id's metadata record says, 0n without one. The record has no region: it holds for all of them. */
export function readFloor(home: TableHome, id: TableId): bigint {
  const key = metaKey(home.instance, id.table);
  const context = { path: home.path, table: id };
  const value = native(context, () => home.db.get(key));
  if (value === null) return 0n;
  return decoded(key, context, () => decodeMetaValue(value));
}

function sequenceOf(home: TableHome, id: TableId, key: Uint8Array): bigint {
  return decoded(key, { path: home.path, table: id }, () => decodeLogKey(key, home.instance).sequence);
}
