import type { Store } from '@shale/bench-kit';
import { asBuffer, logKey, sequenceIn } from './log-key.js';

/** What the log needs of an ordered key-value store. */
export interface KeyValueStore {
  /** Writes pairs atomically, with the durability that it was opened with. */
  put(pairs: readonly (readonly [key: Buffer, value: Buffer])[]): Promise<unknown>;
  /** Values of keys from `gte` to `lte`, in order, many at a time. */
  values(gte: Buffer, lte: Buffer, limit: number): AsyncIterable<readonly Uint8Array[]>;
  /** The largest key from `gte` to `lte`. */
  lastKey(gte: Buffer, lte: Buffer): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** A log over a key-value store: an entry is a pair, and the sequences are counted here. */
export class KeyValueLog implements Store {
  readonly #store: KeyValueStore;
  readonly #last: Float64Array;

  private constructor(store: KeyValueStore, last: Float64Array) {
    this.#store = store;
    this.#last = last;
  }

  static async open(store: KeyValueStore, tables: number): Promise<KeyValueLog> {
    const last = new Float64Array(tables);
    for (let table = 0; table < tables; table++) {
      const key = await store.lastKey(logKey(table, 0), logKey(table, Number.MAX_SAFE_INTEGER));
      last[table] = key === undefined ? 0 : sequenceIn(key);
    }
    return new KeyValueLog(store, last);
  }

  append(table: number, payloads: readonly Uint8Array[]): Promise<unknown> {
    const first = (this.#last[table] ?? 0) + 1;
    this.#last[table] = first + payloads.length - 1;
    return this.#store.put(payloads.map((payload, i) => [logKey(table, first + i), asBuffer(payload)]));
  }

  async scan(
    table: number,
    from: number,
    limit: number,
    visit: (payload: Uint8Array) => void,
  ): Promise<number> {
    let count = 0;
    const end = logKey(table, Number.MAX_SAFE_INTEGER);
    for await (const values of this.#store.values(logKey(table, from), end, limit)) {
      for (const value of values) visit(value);
      count += values.length;
    }
    return count;
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
