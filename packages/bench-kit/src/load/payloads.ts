import { seededRandom } from './random.js';

/** The most bytes of payloads that are kept; they are handed out in turn. */
const POOL_BYTES = 8 * 1024 * 1024;
const POOL_ENTRIES = 4096;
const MIN_ENTRIES = 8;
/** Different batches of one size, handed out in turn. */
const BATCHES = 64;
const COMPRESSIBLE = Buffer.from('the same words again and again; ');

/**
 * Payloads of one size that compress to about half: the first half of each is random, the second half repetitive. The
 * same seed gives the same payloads.
 */
export class Payloads {
  readonly entryBytes: number;
  readonly #pool: readonly Uint8Array[];
  /** Batches made in advance, by size: making one per append would load the main thread. */
  readonly #batches = new Map<number, readonly (readonly Uint8Array[])[]>();
  #next = 0;

  constructor(entryBytes: number, seed: number) {
    this.entryBytes = entryBytes;
    const count = Math.max(MIN_ENTRIES, Math.min(POOL_ENTRIES, Math.floor(POOL_BYTES / entryBytes)));
    const random = seededRandom(seed);
    this.#pool = Array.from({ length: count }, () => {
      const payload = new Uint8Array(entryBytes);
      const half = entryBytes >> 1;
      for (let i = 0; i < half; i++) payload[i] = random() * 256;
      for (let i = half; i < entryBytes; i++) payload[i] = COMPRESSIBLE[i % COMPRESSIBLE.length] ?? 0;
      return payload;
    });
  }

  /** The next payload. */
  one(): Uint8Array {
    const payload = this.#pool[this.#next++ % this.#pool.length];
    if (payload === undefined) throw new RangeError('no payloads');
    return payload;
  }

  /** The next `count` payloads. */
  batch(count: number): readonly Uint8Array[] {
    let batches = this.#batches.get(count);
    if (batches === undefined) {
      batches = Array.from({ length: BATCHES }, () => Array.from({ length: count }, () => this.one()));
      this.#batches.set(count, batches);
    }
    const batch = batches[this.#next++ % batches.length];
    if (batch === undefined) throw new RangeError('no batches');
    return batch;
  }
}
