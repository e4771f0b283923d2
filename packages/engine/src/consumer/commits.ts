import { type TableId, WalError } from '@shale/codec';
import type { CheckedConsumer } from './consumer-options.js';
import type { LogPositions } from './log-positions.js';
import type { TableProgress } from './table-progress.js';

/** When what is acknowledged is stored. */
type CommitTimes = Pick<CheckedConsumer, 'everyMs' | 'everyEntries' | 'sync'>;

/** Positions that are stored at a time. */
const STORED_TOGETHER = 256;

/**
 * What a consumer has acknowledged and not stored yet. It is stored some time after the first acknowledgement, after so
 * many entries, or when that is asked for; what cannot be stored is kept for the next time.
 */
export class Commits {
  readonly #positions: LogPositions;
  readonly #times: CommitTimes;
  readonly #fenced: (error: WalError) => void;
  /** What is acknowledged and not stored. */
  readonly #dirty = new Set<TableProgress>();
  /** Stores that are under way. */
  readonly #storing = new Set<Promise<unknown>>();
  /** Flushes come one after the other, so that each knows what the one before could not store. */
  #flushing: Promise<unknown> = Promise.resolve();
  /** `quiet` stores when it is asked to and not by itself; once `over` it stores nothing. */
  #state: 'running' | 'quiet' | 'over' = 'running';
  #timer: NodeJS.Timeout | null = null;
  /** Entries acknowledged since the last store. */
  #unstored = 0n;

  /** @param fenced is told that somebody else has moved a position */
  constructor(positions: LogPositions, times: CommitTimes, fenced: (error: WalError) => void) {
    this.#positions = positions;
    this.#times = times;
    this.#fenced = fenced;
  }

  /** So many more entries of a table are acknowledged. */
  add(progress: TableProgress, entries: bigint): void {
    if (this.#state === 'over') return;
    this.#dirty.add(progress);
    this.#unstored += entries;
    if (this.#unstored >= BigInt(this.#times.everyEntries)) this.flush(false).catch(nothing);
    else this.#startTimer();
  }

  /** What is acknowledged of a table is void. */
  forget({ region, table }: TableId): void {
    for (const progress of this.#dirty) {
      const { address } = progress.table;
      if (address.region === region && address.table === table) this.#dirty.delete(progress);
    }
  }

  /** What is acknowledged and not stored is void: it comes again. */
  clear(): void {
    this.#dirty.clear();
  }

  /** Stores what is acknowledged. Rejects with what it met first; what could not be stored is kept for the next time. */
  flush(isLate: boolean): Promise<void> {
    const flush = this.#flushing.then(() => this.#storeAll(isLate));
    this.#flushing = flush.catch(nothing);
    return flush;
  }

  /** One store of a table after the other. */
  inTurn(progress: TableProgress, store: () => Promise<void>): Promise<void> {
    const mine = this.watched(progress.turn.then(store));
    progress.turn = mine.catch(nothing);
    return mine;
  }

  /** A store that `settled` waits for. What says that somebody else has the name is told. */
  async watched(store: Promise<void>): Promise<void> {
    const watched = store.catch((error: unknown) => {
      if (error instanceof WalError && error.code === 'SHALE_FENCED' && isOfPosition(error))
        this.#fenced(error);
      throw error;
    });
    this.#storing.add(watched);
    try {
      await watched;
    } finally {
      this.#storing.delete(watched);
    }
  }

  /** Resolves when no store is under way. */
  async settled(): Promise<void> {
    await this.#flushing;
    while (this.#storing.size > 0) await Promise.allSettled(this.#storing);
  }

  /** Nothing is stored by itself any more. */
  quiet(): void {
    if (this.#state === 'running') this.#state = 'quiet';
    this.#stopTimer();
  }

  /** Nothing more is stored at all. */
  end(): void {
    this.#state = 'over';
    this.#stopTimer();
    this.#dirty.clear();
  }

  async #storeAll(isLate: boolean): Promise<void> {
    this.#stopTimer();
    this.#unstored = 0n;
    const all = [...this.#dirty];
    this.#dirty.clear();
    let failure: unknown;
    for (let at = 0; at < all.length; at += STORED_TOGETHER) {
      const some = all.slice(at, at + STORED_TOGETHER);
      const results = await Promise.allSettled(some.map((progress) => this.#store(progress, isLate)));
      for (const [i, result] of results.entries()) {
        if (result.status === 'fulfilled') continue;
        failure ??= result.reason;
        const progress = some[i];
        if (progress !== undefined && this.#state !== 'over') this.#dirty.add(progress);
      }
    }
    if (failure === undefined) return;
    if (this.#dirty.size > 0) this.#startTimer();
    throw failure;
  }

  #store(progress: TableProgress, isLate: boolean): Promise<void> {
    return this.inTurn(progress, async () => {
      const { id } = progress.table.address;
      const { floor } = progress;
      if (progress.isDropped || this.#state === 'over' || this.#positions.positionIn(id) === floor) return;
      const isVoid = (): boolean => progress.isDropped;
      try {
        await this.#positions.store(id, floor, { sync: this.#times.sync, isLate, isVoid });
      } catch (error) {
        // The drop took the position along.
        if (!progress.isDropped) throw error;
      }
    });
  }

  #startTimer(): void {
    if (this.#timer !== null || this.#state !== 'running') return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.flush(false).catch(nothing);
    }, this.#times.everyMs);
    this.#timer.unref();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Whether it is about a position that somebody else has moved, and not about a batch that is void. */
function isOfPosition({ details }: WalError): boolean {
  return details?.expected !== undefined;
}

function nothing(): void {}
