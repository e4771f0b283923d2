import { WalError } from '@shale/codec';

/** What the flow control books for each append besides its payload bytes: bookkeeping on this thread. */
export const COST_PER_APPEND = 256;
/** What it books for each entry besides its payload bytes: a length in the frame and the version byte. */
export const COST_PER_ENTRY = 4;

/** Somebody who waits for room. */
export interface Waiter {
  /** Bytes that must be free, at least 1; taken when `takes` says so. */
  readonly cost: number;
  /** Whether the cost is booked when the turn comes: true for appends, false for those who only want to know. */
  readonly takes: boolean;
  /** The turn has come. */
  admit(): void;
  /** The turn never comes. */
  fail(error: unknown): void;
}

/** A place in the queue: of a waiter, or of a barrier, which passes as soon as nobody is before it. */
export interface Place {
  waiter: Waiter | Barrier | null;
}

interface Barrier {
  readonly cost: 0;
  readonly takes: false;
  admit(): void;
  fail(): void;
}

/**
 * Bounds the bytes that are copied and not yet acknowledged, and the number of appends that wait for room.
 * First come, first served: nobody overtakes, so the order per table holds.
 */
export class FlowControl {
  readonly maxBytes: number;
  readonly maxWaiting: number;
  #inFlight = 0;
  #waitingAppends = 0;
  /** Places from `#head` on wait; those before it were served. */
  #queue: Place[] = [];
  #head = 0;
  /** Places in the queue that were given up. */
  #empty = 0;
  #isPumping = false;

  constructor(maxBytes: number, maxWaiting: number) {
    this.maxBytes = maxBytes;
    this.maxWaiting = maxWaiting;
  }

  /** Bytes booked now. */
  get inFlightBytes(): number {
    return this.#inFlight;
  }

  /** Appends that wait now. */
  get waiting(): number {
    return this.#waitingAppends;
  }

  /** Books `cost` if there is room and nobody waits. */
  tryTake(cost: number): boolean {
    if (this.#head < this.#queue.length || this.#inFlight + cost > this.maxBytes) return false;
    this.#inFlight += cost;
    return true;
  }

  /** Queues a waiter. Throws SHALE_OVERLOADED when too many appends wait already. */
  wait(waiter: Waiter): Place {
    if (waiter.takes) {
      if (this.#waitingAppends >= this.maxWaiting) {
        throw new WalError(
          'SHALE_OVERLOADED',
          `${this.#waitingAppends} appends wait for room already: wait for wal.ready() before appending more, or raise maxQueuedAppends`,
          { details: { waiting: this.#waitingAppends, inFlightBytes: this.#inFlight } },
        );
      }
      this.#waitingAppends++;
    }
    const place: Place = { waiter };
    this.#queue.push(place);
    this.#pump();
    return place;
  }

  /** Resolves when everybody who waits now has had a turn, or has given up: at once if nobody waits. */
  barrier(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push({ waiter: { cost: 0, takes: false, admit: resolve, fail: resolve } });
      this.#pump();
    });
  }

  /** Gives a place up. Returns whether its turn had not come yet. */
  leave(place: Place): boolean {
    if (place.waiter === null) return false;
    if (place.waiter.takes) this.#waitingAppends--;
    place.waiter = null;
    this.#empty++;
    if (this.#empty > 1024 && this.#empty * 2 > this.#queue.length - this.#head) {
      this.#queue = this.#queue.slice(this.#head).filter((kept) => kept.waiter !== null);
      this.#head = 0;
      this.#empty = 0;
    }
    this.#pump();
    return true;
  }

  /** Gives back what an append had booked. */
  release(cost: number): void {
    this.#inFlight -= cost;
    this.#pump();
  }

  /** Everybody who waits gets `error`. */
  failAll(error: WalError): void {
    const waiting = this.#queue.slice(this.#head);
    this.#queue = [];
    this.#head = 0;
    this.#empty = 0;
    this.#waitingAppends = 0;
    for (const place of waiting) {
      const waiter = place.waiter;
      place.waiter = null;
      waiter?.fail(error);
    }
  }

  /**
   * Serves those whose turn has come. What it serves may release, leave, or wait in its turn: that only changes the sum
   * and the queue, and the loop that is running goes on with both, so that thousands who give their room back at once
   * are served one after the other and not one inside the other.
   */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let next = this.#next(); next !== null; next = this.#next()) next.admit();
    } finally {
      this.#isPumping = false;
      this.#compact();
    }
  }

  /** Takes the first in the queue out of it, if its turn has come. */
  #next(): Waiter | Barrier | null {
    for (;;) {
      const place = this.#queue[this.#head];
      if (place === undefined) return null;
      const { waiter } = place;
      if (waiter === null) {
        this.#head++;
        this.#empty--;
        continue;
      }
      if (waiter.cost > 0 && this.#inFlight + waiter.cost > this.maxBytes) return null;
      if (waiter.takes) {
        this.#inFlight += waiter.cost;
        this.#waitingAppends--;
      }
      place.waiter = null;
      this.#head++;
      return waiter;
    }
  }

  /** Drops what was served once it is the larger part, so that serving stays cheap and memory bounded. */
  #compact(): void {
    if (this.#head > 0 && this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}
