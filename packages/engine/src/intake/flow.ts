import { setImmediate } from 'node:timers';
import { WalError } from '@shale/codec';
import { sharedNow } from '../clock.js';

/** Of the timers module as it was loaded: an application's tests may put clocks of their own in its place. */
const afterTurn = setImmediate;

/** One that waits for room. */
export interface Waiter {
  /** Bytes that must be free, at least 1. */
  readonly cost: number;
  /**
   * What happens to the cost when the turn comes: an append books it; for an append that is about to come it is
   * set aside until the event loop turns.
   */
  readonly takes: 'room' | 'promise';
  /** Whether it goes on waiting when appends can do no more: a trim or drop on a full disk. */
  readonly isRemoval?: boolean;
  /** Whether its turn is not to come any more; it is failed then, when it would have come, with null. */
  isGone(): boolean;
  /** The turn has come. */
  admit(): void;
  /** The turn never comes; null when that is because it is gone. */
  fail(error: WalError | null): void;
}

/** A place in the queue: of a waiter, or of a barrier, which passes as soon as nothing is before it. */
export interface Place {
  waiter: Waiter | Barrier | null;
}

interface Barrier {
  readonly cost: 0;
  readonly takes: 'nothing';
  isGone(): false;
  admit(): void;
  fail(): void;
}

/**
 * Where the bytes are booked of something that waits for a name: beside those under way, with the queue, or among
 * them.
 */
export type Aside = 'beside' | 'queue' | 'room';

/** How much there may be of everything that waits or is under way. */
export interface FlowLimits {
  /**
   * Bytes under way: copied into frames, and not yet acknowledged. What waits for a name may be as much again beside
   * it, and is under way once its table is known, whether there is room or not.
   */
  readonly inFlightBytes: number;
  /** Bytes of the appends that wait for room, or for a name after so many others. */
  readonly queuedBytes: number;
  /** Appends that wait for room. */
  readonly queuedAppends: number;
}

/**
 * Bounds the bytes that are copied and not yet acknowledged, and the number and bytes of the appends that wait for
 * room. First come, first served: none overtakes, so the order per table holds. Only what was promised room comes
 * before those that wait for a promise.
 */
export class FlowControl {
  readonly limits: FlowLimits;
  #inFlight = 0;
  /** Bytes of what waits for a name and is booked beside those under way, so that it holds nothing else up. */
  #beside = 0;
  /** What waits for a name and is booked with the queue. */
  #asideAppends = 0;
  #queuedAppends = 0;
  #queuedBytes = 0;
  /** Bytes promised to appends that are about to come. Nothing else may be booked on them. */
  #promised = 0;
  /** What it consists of, in the order in which those appends will come. */
  #promises: number[] = [];
  #isTurnAwaited = false;
  /** Places from `#head` on wait; those before it were served. */
  #queue: Place[] = [];
  #head = 0;
  /** Places in the queue that were given up. */
  #empty = 0;
  #isPumping = false;
  /** Of those that wait, or are promised room in their turn. */
  #waiters = 0;
  #waitBeganAt = 0;
  #waitedMs = 0;
  #refused = 0;

  constructor(limits: FlowLimits) {
    this.limits = limits;
  }

  /** Bytes booked now, be they under way or wait for a name beside it. */
  get inFlightBytes(): number {
    return this.#inFlight + this.#beside;
  }

  /** Appends that wait now. */
  get waiting(): number {
    return this.#queuedAppends + this.#asideAppends;
  }

  /** Milliseconds during which something has waited for room. */
  get waitedMs(): number {
    return this.#waitedMs + (this.#waiters > 0 ? sharedNow() - this.#waitBeganAt : 0);
  }

  /** Appends, trims and drops that were refused because too much waited already. */
  get refused(): number {
    return this.#refused;
  }

  /** Bytes of the appends that wait now. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether there is room for an append now and it is its turn: then `book` takes it. Changes nothing. */
  hasRoom(cost: number): boolean {
    if (this.#isPromised(cost)) return true;
    if (this.#head < this.#queue.length) return false;
    return this.#isFree(cost) || (this.#inFlight === 0 && cost <= this.limits.inFlightBytes);
  }

  /** Books what `hasRoom` was asked about. Cannot fail. */
  book(cost: number): void {
    if (this.#isPromised(cost)) this.#promised -= Math.max(cost, this.#promises.shift() ?? 0);
    this.#inFlight += cost;
    // One that is as large as all that may be under way does not wait for promises when it has come alone.
    const free = this.limits.inFlightBytes - this.#inFlight;
    this.#promised = Math.max(0, Math.min(this.#promised, free));
  }

  /** Throws SHALE_OVERLOADED when one more append of this cost may not wait. Changes nothing. */
  requirePlace(cost: number): void {
    const { queuedAppends, queuedBytes } = this.limits;
    if (this.waiting >= queuedAppends) {
      throw this.#overloaded(`${this.waiting} appends wait for room already`, 'maxQueuedAppends');
    }
    if (this.#queuedBytes + cost > queuedBytes) {
      const what = `appends of ${this.#queuedBytes} bytes wait for room already, and this one has ${cost}`;
      throw this.#overloaded(what, 'maxQueuedBytes');
    }
  }

  /** Queues a waiter, which may be served at once. An append must have asked `requirePlace`. Cannot fail. */
  wait(waiter: Waiter): Place {
    if (waiter.takes === 'room') {
      this.#queuedAppends++;
      this.#queuedBytes += waiter.cost;
    }
    const place: Place = { waiter };
    this.#queue.push(place);
    if (this.#waiters++ === 0) this.#waitBeganAt = sharedNow();
    this.#pump();
    return place;
  }

  /** Resolves when all that wait now have had a turn, or have given up: at once if none waits. */
  barrier(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push({
        waiter: { cost: 0, takes: 'nothing', isGone: () => false, admit: resolve, fail: resolve },
      });
      this.#pump();
    });
  }

  /** Gives a place up. Returns whether its turn had not come yet. */
  leave(place: Place): boolean {
    if (place.waiter === null) return false;
    this.#unqueue(place, place.waiter);
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

  /**
   * Takes what has just been booked out of what is under way, because it waits for a name, so that nothing else has
   * to wait for it. Returns where it is booked now. Only what is beyond all bounds stays where it was: it had room,
   * so it is not refused.
   *
   * @param from whether it has waited for room; its place in the queue is free then
   */
  setAside(cost: number, from: 'door' | 'queue'): Aside {
    const { inFlightBytes, queuedBytes, queuedAppends } = this.limits;
    if (this.#beside === 0 || this.#beside + cost <= inFlightBytes) {
      this.#beside += cost;
      this.release(cost);
      return 'beside';
    }
    const isPlace = this.waiting < queuedAppends && this.#queuedBytes + cost <= queuedBytes;
    if (from === 'door' && !isPlace) return 'room';
    this.#asideAppends++;
    this.#queuedBytes += cost;
    this.release(cost);
    return 'queue';
  }

  /** It has its name, or never gets one: it is booked among what is under way again. */
  putBack(cost: number, aside: Aside): void {
    if (aside === 'room') return;
    this.#inFlight += cost;
    if (aside === 'beside') {
      this.#beside -= cost;
    } else {
      this.#asideAppends--;
      this.#queuedBytes -= cost;
    }
  }

  /** All that wait get `error`, trims and drops excepted if `sparing` says so. */
  failAll(error: WalError, sparing: 'none' | 'removals' = 'none'): void {
    const waiting = this.#queue.slice(this.#head);
    this.#queue = [];
    this.#head = 0;
    this.#empty = 0;
    for (const place of waiting) {
      const { waiter } = place;
      if (waiter === null) continue;
      if (sparing === 'removals' && waiter.takes === 'room' && waiter.isRemoval === true) {
        this.#queue.push(place);
        continue;
      }
      this.#unqueue(place, waiter);
      waiter.fail(error);
    }
    this.#pump();
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
      if (waiter.isGone()) {
        this.#unqueue(place, waiter);
        this.#head++;
        waiter.fail(null);
        continue;
      }
      if (waiter.cost > 0 && !this.#isFree(waiter.cost)) return null;
      this.#unqueue(place, waiter);
      this.#head++;
      if (waiter.takes === 'room') this.#inFlight += waiter.cost;
      else if (waiter.takes === 'promise') this.#promise(waiter.cost);
      return waiter;
    }
  }

  #unqueue(place: Place, waiter: Waiter | Barrier): void {
    place.waiter = null;
    if (waiter.takes !== 'nothing' && --this.#waiters === 0)
      this.#waitedMs += sharedNow() - this.#waitBeganAt;
    if (waiter.takes !== 'room') return;
    this.#queuedAppends--;
    this.#queuedBytes -= waiter.cost;
  }

  /** Whether so much is neither booked nor promised. */
  #isFree(cost: number): boolean {
    return this.#inFlight + this.#promised + cost <= this.limits.inFlightBytes;
  }

  /** Whether an append may be booked on what was promised: not while one waits, which would be overtaken. */
  #isPromised(cost: number): boolean {
    return cost <= this.#promised && this.#queuedAppends === 0;
  }

  /** Sets room aside until the event loop turns. */
  #promise(cost: number): void {
    this.#promised += cost;
    this.#promises.push(cost);
    if (this.#isTurnAwaited) return;
    this.#isTurnAwaited = true;
    afterTurn(() => {
      this.#isTurnAwaited = false;
      this.#promised = 0;
      this.#promises = [];
      this.#pump();
    });
  }

  #overloaded(what: string, option: string): WalError {
    this.#refused++;
    return new WalError(
      'SHALE_OVERLOADED',
      `${what}: wait for wal.ready() before appending more, or raise ${option}`,
      {
        details: {
          waiting: this.waiting,
          queuedBytes: this.#queuedBytes,
          inFlightBytes: this.inFlightBytes,
        },
      },
    );
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
