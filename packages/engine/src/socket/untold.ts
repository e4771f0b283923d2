import { tableKey } from '@shale/codec';
import { WROTE_STRIDE } from '../frames/frame-watcher.js';

interface Event {
  readonly region: bigint;
  readonly table: bigint;
  readonly first: bigint;
  last: bigint;
}

/**
 * What was done to tables, and is not told yet: one that does not read for a while misses nothing. What was appended to a
 * table one after the other is one event, so that there are only as many as tables that were written to, and drops.
 */
export class Untold {
  readonly #events: Event[] = [];
  readonly #latest = new Map<string, Event>();
  #isDurable = true;

  /** How many events there are. */
  get size(): number {
    return this.#events.length;
  }

  /** Adds what was done, in its order: region, table, and the first and last sequence; two times 0n for a drop. */
  add(wrote: BigUint64Array, isDurable: boolean): void {
    this.#isDurable = this.#isDurable && isDurable;
    for (let at = 0; at + WROTE_STRIDE <= wrote.length; at += WROTE_STRIDE) {
      const [region = 0n, table = 0n, first = 0n, last = 0n] = wrote.subarray(at, at + WROTE_STRIDE);
      const key = tableKey({ region, table });
      const before = this.#latest.get(key);
      if (before !== undefined && last > 0n && before.last > 0n && first <= before.last + 1n) {
        if (last > before.last) before.last = last;
        continue;
      }
      const event = { region, table, first, last };
      this.#events.push(event);
      this.#latest.set(key, event);
    }
  }

  /** Takes all of it. */
  take(): { readonly wrote: BigUint64Array; readonly isDurable: boolean } {
    const numbers = this.#events
      .splice(0)
      .flatMap(({ region, table, first, last }) => [region, table, first, last]);
    const isDurable = this.#isDurable;
    this.#latest.clear();
    this.#isDurable = true;
    return { wrote: BigUint64Array.from(numbers), isDurable };
  }
}
