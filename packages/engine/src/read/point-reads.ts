import type { Log } from '@shale/storage';
import type { Address } from '../table-ref.js';
import type { ReadMemory } from './read-memory.js';

/** So many entries are looked up before the event loop turns: about half a millisecond of them. */
const AT_ONCE = 128;
/** What is booked for an entry that is not in memory; one that is larger takes a second step. */
const POINT_BYTES = 4096;

/**
 * Single entries. Those that are in memory are looked up in the application's thread, which never waits for a disk there;
 * after a great many the event loop is to turn first, since a program that gets one entry after the other would otherwise
 * keep it from ever turning.
 */
export class PointReads {
  readonly #log: Log;
  readonly #memory: ReadMemory;
  #left = AT_ONCE;

  constructor(log: Log, memory: ReadMemory) {
    this.#log = log;
    this.#memory = memory;
  }

  /** Whether the event loop has to turn first. */
  get isSpent(): boolean {
    return this.#left === 0;
  }

  /** The payload, copied, if it is in memory; null when there is no such entry; undefined when it has to be fetched. */
  peek(address: Address, sequence: bigint): Uint8Array | null | undefined {
    if (this.#left-- === AT_ONCE) {
      setImmediate(() => {
        this.#left = AT_ONCE;
      });
    }
    try {
      return this.#log.peek(address, sequence);
    } catch {
      // Fetching it tells what is wrong.
      return undefined;
    }
  }

  /** The payload; null when there is no such entry; undefined when it takes a read to tell. Rejects with SHALE_CLOSED. */
  async fetch({ id }: Address, sequence: bigint): Promise<Uint8Array | null | undefined> {
    let room = await this.#memory.take(POINT_BYTES);
    try {
      for (;;) {
        const found = await this.#log.fetchEntry(id, sequence, room.bytes);
        if (found === null) return undefined;
        const { payload, neededBytes } = found;
        if (neededBytes === 0) return payload;
        room.release();
        room = await this.#memory.take(neededBytes, neededBytes);
      }
    } finally {
      room.release();
    }
  }
}
