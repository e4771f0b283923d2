import { decodeMetaKey, decodeMetaValue } from '@shale/codec';
import type { PlainRecord } from './gather.js';

/** The largest sequence that each table of an instance may have given out, whatever its region. */
export class FloorBook {
  readonly #floors = new Map<bigint, bigint>();

  /** Never goes down. */
  raise(table: bigint, floor: bigint): void {
    const known = this.#floors.get(table);
    if (known === undefined || known < floor) this.#floors.set(table, floor);
  }

  get(table: bigint): bigint | undefined {
    return this.#floors.get(table);
  }

  [Symbol.iterator](): IterableIterator<[bigint, bigint]> {
    return this.#floors.entries();
  }

  /** Takes the metadata records of an instance among others. */
  take(records: readonly PlainRecord[], instance: number): void {
    for (const { key, value } of records) {
      if (key[0] !== instance * 2) continue;
      try {
        this.raise(decodeMetaKey(key, instance).table, decodeMetaValue(value));
      } catch {
        // Not a metadata record of this format: it is reported where it is met in order.
      }
    }
  }
}
