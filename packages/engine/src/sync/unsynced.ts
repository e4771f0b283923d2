import { sharedNow } from '../clock.js';

/** The cells, each a time in microseconds of the clock that threads share, or 0. */
const SINCE = 0;
const TAKEN = 1;
/** Nobody is woken by this one: to wait on it is to sleep. */
const ASLEEP = 2;
const CELLS = 3;

const NONE = 0n;
const MICROSECONDS = 1000;

/**
 * Since when there is something that was acknowledged and may not be on stable storage, in memory that the threads of a
 * WAL share. The shards' threads note it before they answer, and one thread sees to it; what it has taken up stays here
 * until it is done, so that the thread that follows one that died goes on with it.
 */
export class Unsynced {
  readonly #cells: BigInt64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new BigInt64Array(memory);
  }

  /** Memory for one WAL. */
  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(CELLS * BigInt64Array.BYTES_PER_ELEMENT);
  }

  /** Something is written, not synced, and about to be acknowledged. */
  written(): void {
    const cells = this.#cells;
    if (Atomics.load(cells, SINCE) !== NONE) return;
    const now = BigInt(Math.floor(sharedNow() * MICROSECONDS));
    if (Atomics.compareExchange(cells, SINCE, NONE, now) === NONE) Atomics.notify(cells, SINCE);
  }

  /** Blocks the thread until there is something; returns since when, by the clock that threads share. */
  await(): number {
    const cells = this.#cells;
    for (;;) {
      const since = this.#oldest();
      if (since !== NONE) return Number(since) / MICROSECONDS;
      Atomics.wait(cells, SINCE, NONE);
    }
  }

  /** Blocks the thread until then, by the clock that threads share. */
  sleepUntil(time: number): void {
    const milliseconds = time - sharedNow();
    if (milliseconds > 0) Atomics.wait(this.#cells, ASLEEP, NONE, milliseconds);
  }

  /** A sync begins: what is written from here on is for the next one. */
  begin(): void {
    const cells = this.#cells;
    // What is taken here was in the database before, and so before the sync.
    if (Atomics.load(cells, TAKEN) === NONE) Atomics.store(cells, TAKEN, Atomics.load(cells, SINCE));
    Atomics.store(cells, SINCE, NONE);
  }

  /** The sync that has begun is done. */
  end(): void {
    Atomics.store(this.#cells, TAKEN, NONE);
  }

  #oldest(): bigint {
    const taken = Atomics.load(this.#cells, TAKEN);
    return taken === NONE ? Atomics.load(this.#cells, SINCE) : taken;
  }
}
