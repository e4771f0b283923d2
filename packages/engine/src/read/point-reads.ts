import type { LogView } from '../log-view.js';
import type { Address } from '../table-ref.js';
import type { PeekBudget } from './peek-budget.js';
import type { ReadMemory } from './read-memory.js';

/** What is booked for an entry that is not in memory; one that is larger takes a second step. */
const POINT_BYTES = 4096;

/**
 * Single entries. Those that are in memory are looked up in the application's thread, which never waits for a disk there.
 */
export class PointReads {
  readonly #log: LogView;
  readonly #memory: ReadMemory;
  readonly #peeks: PeekBudget;

  constructor(log: LogView, memory: ReadMemory, peeks: PeekBudget) {
    this.#log = log;
    this.#memory = memory;
    this.#peeks = peeks;
  }

  /** Whether the event loop has to turn first. */
  get isSpent(): boolean {
    return this.#peeks.isSpent;
  }

  /** The payload, copied, if it is in memory; null when there is no such entry; undefined when it has to be fetched. */
  peek(address: Address, sequence: bigint): Uint8Array | null | undefined {
    this.#peeks.spend();
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
