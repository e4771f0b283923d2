import { setTimeout as sleep } from 'node:timers/promises';

/** How long a thread may be kept at a time: less than an append takes, which may have to wait for it. */
const SLICE_MS = 0.25;
/** How many times as long as it was kept the thread is left to others. */
const REST = 3;

/**
 * For loops in the background whose length the data decides: leaves the thread to what is more urgent, again and again.
 */
export class Pace {
  #since = performance.now();

  /** Whether it is time for `rest`. */
  get isDue(): boolean {
    return performance.now() - this.#since >= SLICE_MS;
  }

  async rest(): Promise<void> {
    await sleep((performance.now() - this.#since) * REST);
    this.#since = performance.now();
  }
}
