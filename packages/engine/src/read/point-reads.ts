import type { Log } from '@shale/storage';
import type { Address } from '../table-ref.js';

/** So many entries are handed out at once before the event loop turns: about half a millisecond of them. */
const AT_ONCE = 128;

/**
 * Single entries that are in memory, without asking any thread. It is the application's thread that looks, so it never
 * waits for a disk, and after a great many lets the event loop turn first: a program that gets one entry after the other
 * would otherwise keep it from ever turning.
 */
export class PointReads {
  readonly #log: Log;
  #left = AT_ONCE;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The payload, copied; null when there is no such entry; undefined when it has to be read as a range. */
  peek(address: Address, sequence: bigint): Uint8Array | null | undefined {
    if (this.#left === 0) return undefined;
    if (this.#left-- === AT_ONCE) {
      setImmediate(() => {
        this.#left = AT_ONCE;
      });
    }
    try {
      return this.#log.peek(address, sequence);
    } catch {
      // Reading it as a range tells what is wrong.
      return undefined;
    }
  }
}
