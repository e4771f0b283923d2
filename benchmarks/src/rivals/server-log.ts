import type { Store } from '@shale/bench-kit';
import type { Server } from './server.js';

/** Entries of a page of a scan. */
const PAGE = 1000;

/** Entries of a table in order, and the sequence of the last one. */
export interface Page {
  readonly payloads: readonly Uint8Array[];
  readonly last: number;
}

/** What a server does for table logs that say the sequences themselves. */
export interface LogServer {
  readonly server: Server;
  /** Inserts entries with consecutive sequences, all or none. */
  insert(table: number, first: number, payloads: readonly Uint8Array[]): Promise<unknown>;
  /** At most so many entries from a sequence on; null when there are none. */
  page(table: number, from: number, count: number): Promise<Page | null>;
  trim(table: number, upTo: number): Promise<unknown>;
  disconnect(): Promise<void>;
}

/** Table logs in a server. */
export class ServerLog implements Store {
  readonly #of: LogServer;
  /** The sequence of each table that is next. */
  readonly #next: number[];

  constructor(of: LogServer, next: number[]) {
    this.#of = of;
    this.#next = next;
  }

  append(table: number, payloads: readonly Uint8Array[]): Promise<unknown> {
    const first = this.#next[table] ?? 1;
    this.#next[table] = first + payloads.length;
    return this.#of.insert(table, first, payloads);
  }

  async scan(
    table: number,
    from: number,
    limit: number,
    visit: (payload: Uint8Array) => void,
  ): Promise<number> {
    let count = 0;
    for (let at = from; count < limit; ) {
      const page = await this.#of.page(table, at, Math.min(PAGE, limit - count));
      if (page === null) break;
      for (const payload of page.payloads) visit(payload);
      count += page.payloads.length;
      at = page.last + 1;
    }
    return count;
  }

  trim(table: number, upTo: number): Promise<unknown> {
    return this.#of.trim(table, upTo);
  }

  async close(): Promise<void> {
    await this.#of.disconnect();
    await this.#of.server.stop();
  }
}
