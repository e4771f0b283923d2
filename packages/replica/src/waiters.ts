import { type TableId, tableKey, type WalError } from '@shale/codec';

interface Waiter {
  /** The tables that are not there yet, and up to where they must be. */
  readonly left: Map<string, bigint>;
  readonly resolve: () => void;
  readonly reject: (error: WalError) => void;
}

/** Those who wait until tables are in the replica up to a sequence. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  /** Resolves when all of the tables have come so far. */
  wait(left: Map<string, bigint>): Promise<void> {
    if (left.size === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.add({ left, resolve, reject });
    });
  }

  /** A table has come so far; null when it was dropped. */
  progress(table: TableId, position: bigint | null): void {
    if (this.#waiters.size === 0) return;
    const key = tableKey(table);
    for (const waiter of this.#waiters) {
      const needed = waiter.left.get(key);
      if (needed === undefined || (position !== null && position < needed)) continue;
      waiter.left.delete(key);
      if (waiter.left.size > 0) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Nothing comes any more. */
  fail(error: WalError): void {
    for (const { reject } of this.#waiters) reject(error);
    this.#waiters.clear();
  }
}
