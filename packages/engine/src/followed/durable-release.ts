import { WalError } from '@shale/codec';
import type { LogView } from '../log-view.js';
import type { FollowedTable } from './followed-table.js';

/** How often to look whether another WAL of the database has synced it. Milliseconds. */
const LOOK_MS = 100;

/**
 * Entries that are acknowledged, and not yet known to be on stable storage. A sync of any shard releases what was
 * written before it, of all tables; where none comes in time, one is asked for. What waits for a table is fixed until it
 * is released, so that a table that is written to all the time gets on.
 */
export class DurableRelease {
  readonly #log: LogView;
  readonly #waiting = new Set<FollowedTable>();
  #timer: NodeJS.Timeout | null = null;
  #look: NodeJS.Timeout | null = null;
  #due = Number.POSITIVE_INFINITY;
  /** How far everything was synced when it was last looked at what waits. */
  #released = 0n;
  #isSyncing = false;
  #isWantedNow = false;
  #syncs = 0;

  constructor(log: LogView) {
    this.#log = log;
  }

  /** Syncs that were asked for here. */
  get syncs(): number {
    return this.#syncs;
  }

  /** Waits for what a table has more than is on stable storage, if one of its listeners cares. */
  wait(table: FollowedTable): void {
    if (table.mark !== null || table.tail <= table.durable) return;
    const within = table.syncWithinMs;
    if (within === null) return;
    const at = this.#log.writtenUpTo();
    if (at <= this.#log.syncedUpTo()) {
      table.isDurableUpTo(table.tail);
      return;
    }
    table.mark = { upTo: table.tail, at };
    this.#waiting.add(table);
    if (within > 0) this.#syncWithin(within);
    else this.#lookLater();
  }

  /**
   * The same, for a table that something begins to listen to. How much of it is on stable storage is not known: a follow
   * asks for that at once, whatever it wants later.
   */
  begin(table: FollowedTable): void {
    this.wait(table);
    if (table.mark !== null && table.isToBeSynced) this.#syncNow();
  }

  /** All of a table is on stable storage. */
  isDurable(table: FollowedTable): void {
    table.isDurableUpTo(table.tail);
    table.mark = null;
    this.#waiting.delete(table);
  }

  /** Nobody follows the table any more, or it is another one. */
  forget(table: FollowedTable): void {
    table.mark = null;
    this.#waiting.delete(table);
  }

  /** Something was synced: releases what that was enough for. */
  release(): void {
    if (this.#waiting.size === 0) return;
    const synced = this.#log.syncedUpTo();
    // What has begun to wait since waits for more: a great many tables are not gone through for each of them.
    if (synced === this.#released) return;
    this.#released = synced;
    for (const table of [...this.#waiting]) {
      const { mark } = table;
      if (mark !== null && mark.at > synced) continue;
      this.#waiting.delete(table);
      table.mark = null;
      if (mark === null) continue;
      table.isDurableUpTo(mark.upTo);
      this.wait(table);
      table.tell();
    }
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#look !== null) clearTimeout(this.#look);
    this.#look = null;
    this.#waiting.clear();
  }

  /** Of what others sync nobody tells: it is looked at now and then, while something waits for it. */
  #lookLater(): void {
    this.#look ??= setTimeout(() => {
      this.#look = null;
      this.release();
      if (this.#waiting.size > 0) this.#lookLater();
    }, LOOK_MS).unref();
  }

  #syncWithin(milliseconds: number): void {
    const due = performance.now() + milliseconds;
    if (this.#timer !== null && this.#due <= due) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#due = Number.POSITIVE_INFINITY;
      // A sync of another's may have been enough.
      this.release();
      if (this.#shortest() !== null) this.#syncNow();
    }, milliseconds);
  }

  #syncNow(): void {
    this.#isWantedNow = true;
    if (!this.#isSyncing) void this.#sync();
  }

  async #sync(): Promise<void> {
    this.#isSyncing = true;
    try {
      while (this.#isWantedNow) {
        this.#isWantedNow = false;
        await this.#log.sync();
        this.#syncs++;
        this.release();
      }
    } catch (error) {
      this.#isWantedNow = false;
      this.#failed(error);
    } finally {
      this.#isSyncing = false;
    }
    // What has come meanwhile, and on a full disk all of it.
    const within = this.#shortest();
    if (within !== null) this.#syncWithin(within);
  }

  /** The shortest time within which something that waits is to be on stable storage; null when nothing is. */
  #shortest(): number | null {
    let shortest: number | null = null;
    for (const { syncWithinMs } of this.#waiting) {
      if (syncWithinMs !== null && syncWithinMs > 0)
        shortest = Math.min(shortest ?? syncWithinMs, syncWithinMs);
    }
    return shortest;
  }

  /** Where nothing can be synced any more, what waits for it comes to an end; a full disk may get room. */
  #failed(error: unknown): void {
    if (error instanceof WalError && (error.code === 'SHALE_NO_SPACE' || error.code === 'SHALE_NO_RESOURCES'))
      return;
    for (const table of [...this.#waiting]) {
      this.forget(table);
      for (const listener of [...table.listeners]) if (listener.isDurable) listener.fail(error);
    }
  }
}
