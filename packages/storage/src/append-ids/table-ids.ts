import type { AppendIdWindow } from './window.js';

/** An append that had an id. */
export interface KnownAppend {
  /** The sequence of its first entry. */
  readonly first: bigint;
  /** How many it has. */
  readonly entries: number;
  /** When it was made, in milliseconds since 1970. */
  readonly time: number;
}

/** Where a table is: what the ages of its ids are told by. */
export interface TableNow {
  /** Its last sequence. */
  readonly last: bigint;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Ids that are kept beyond the window, before they are forgotten in one go: at least so many. */
const LEAST_BATCH = 256;
/** And an eighth of the window. */
const BATCHES = 8;

/** The ids of the appends to one table, in the order of their sequences. */
export class TableIds {
  readonly #appends = new Map<string, KnownAppend>();
  #newest: bigint | null = null;
  /** How many were added since the last look for those to forget. */
  #added = 0;

  /** How many there are. */
  get size(): number {
    return this.#appends.size;
  }

  /** The first sequence of the newest one; null when there was none. */
  get newest(): bigint | null {
    return this.#newest;
  }

  /** The append of an id, however old. */
  find(id: string): KnownAppend | undefined {
    return this.#appends.get(id);
  }

  /** Adds one that is newer than all others, in the place of an older one with the same id. */
  add(id: string, append: KnownAppend): void {
    this.#appends.delete(id);
    this.#appends.set(id, append);
    this.#newest = append.first;
    this.#added++;
  }

  /**
   * Up to the first sequence of which append the ids can be forgotten; null as long as it is not worth it.
   *
   * @param adding how many more are about to be added
   */
  forgettable(window: AppendIdWindow, now: TableNow, adding: number): bigint | null {
    if (this.#added + adding < Math.max(LEAST_BATCH, window.entries / BATCHES)) return null;
    let upTo: bigint | null = null;
    for (const append of this.#appends.values()) {
      if (isWithin(append, window, now)) break;
      upTo = append.first;
    }
    return upTo;
  }

  /** Forgets the ids of the appends up to one. */
  forget(upTo: bigint): void {
    for (const [id, { first }] of this.#appends) {
      if (first > upTo) break;
      this.#appends.delete(id);
    }
    this.#added = 0;
  }
}

/** Whether an append is within the window. One behind the end of its table is of another table that had its numbers. */
export function isWithin(
  { first, entries, time }: KnownAppend,
  window: AppendIdWindow,
  now: TableNow,
): boolean {
  const behind = now.last - first - BigInt(entries) + 1n;
  return behind >= 0n && behind < BigInt(window.entries) && now.time - time <= window.ageMs;
}
