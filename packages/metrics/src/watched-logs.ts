import type { Wal, WalMetrics } from '@shale/engine';

/** What one log's metrics are told with. */
export interface WatchedMetrics {
  /** How the log is called. */
  readonly log: string;
  readonly metrics: WalMetrics;
}

/** Logs whose metrics are told together. One that is closed falls out by itself. */
export class WatchedLogs {
  readonly #logs = new Map<Wal, string>();
  #now: readonly WatchedMetrics[] | null = null;

  get isEmpty(): boolean {
    return this.#logs.size === 0;
  }

  add(wal: Wal, log: string): void {
    this.#logs.set(wal, log);
    this.#now = null;
  }

  remove(wal: Wal): void {
    this.#logs.delete(wal);
    this.#now = null;
  }

  /** Of each log that is open. Within one turn of the event loop it is collected once, for all who ask. */
  collect(): readonly WatchedMetrics[] {
    if (this.#now !== null) return this.#now;
    const now: WatchedMetrics[] = [];
    for (const [wal, log] of this.#logs) {
      if (wal.state === 'open') now.push({ log, metrics: wal.metrics() });
      else if (wal.state === 'closed') this.#logs.delete(wal);
    }
    this.#now = now;
    queueMicrotask(() => {
      this.#now = null;
    });
    return now;
  }
}
