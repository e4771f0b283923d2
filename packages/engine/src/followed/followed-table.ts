import type { Address } from '../table-ref.js';

/** What follows a table. It must not keep the follow alive that it is of. */
export interface TableListener {
  /** Whether it only wants what is on stable storage. */
  readonly isDurable: boolean;
  /** After how many milliseconds what is not is to be put there for it; 0 for never. */
  readonly syncWithinMs: number;
  /** Whether what is not when it begins is to be put there at once. */
  readonly syncsAtOnce: boolean;
  /** Something is known of the table that was not before. */
  changed(): void;
  /** It will never be known what becomes of the table. */
  fail(error: unknown): void;
}

/** Entries that are acknowledged, and the place in the database that has to be on stable storage for all of them. */
interface Mark {
  readonly upTo: bigint;
  readonly at: bigint;
}

/**
 * What is known in the caller's thread of a table that is followed: how far it has come, by what its shard has
 * answered. It is not looked at, by its listeners, while that may lag behind the watch (`isSettled`).
 */
export class FollowedTable {
  readonly address: Address;
  /** Tells whether the table was dropped. */
  readonly watch: bigint;
  readonly listeners: Set<TableListener> = new Set();
  /** The first sequence that it was seen to get; 0n when it has none. */
  begin = 0n;
  /** The last sequence that was acknowledged. */
  tail = 0n;
  /** The last one that is known to be on stable storage. */
  durable = 0n;
  /** What is waited for to be on stable storage. */
  mark: Mark | null = null;
  /** How often it was dropped. */
  drops = 0;
  /** How often it was dropped with entries in it. */
  epoch = 0;
  /** Its last sequence before the last such drop. */
  ended = 0n;
  /** What is being waited for before it may be looked at. */
  unsettled = 0;

  constructor(address: Address, watch: bigint) {
    this.address = address;
    this.watch = watch;
  }

  /** Whether all that has been done to it before it was watched is known. */
  get isSettled(): boolean {
    return this.unsettled === 0;
  }

  /** Within how many milliseconds its listeners want it on stable storage; 0 for never, null when none cares. */
  get syncWithinMs(): number | null {
    let least: number | null = null;
    for (const { isDurable, syncWithinMs } of this.listeners) {
      if (!isDurable) continue;
      if (least === null || least === 0) least = syncWithinMs;
      else if (syncWithinMs > 0) least = Math.min(least, syncWithinMs);
    }
    return least;
  }

  /** Whether one of its listeners wants what there is on stable storage at once. */
  get isToBeSynced(): boolean {
    for (const { isDurable, syncsAtOnce } of this.listeners) if (isDurable && syncsAtOnce) return true;
    return false;
  }

  /** It has entries up to `last`, and those from `first` on may be new. */
  appended(first: bigint, last: bigint): void {
    if (this.tail === 0n) this.begin = first;
    if (last > this.tail) this.tail = last;
  }

  /** What was acknowledged is on stable storage, up to a sequence. */
  isDurableUpTo(sequence: bigint): void {
    if (sequence > this.durable) this.durable = sequence;
  }

  /** It is as never written. */
  dropped(): void {
    this.drops++;
    if (this.tail === 0n) return;
    this.epoch++;
    this.ended = this.tail;
    this.begin = 0n;
    this.tail = 0n;
    this.durable = 0n;
    this.mark = null;
  }

  tell(): void {
    for (const listener of [...this.listeners]) listener.changed();
  }

  fail(error: unknown): void {
    for (const listener of [...this.listeners]) listener.fail(error);
  }
}
