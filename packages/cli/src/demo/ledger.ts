import type { WriterReport } from './messages.js';

/** What the writer acknowledged of one table. */
export interface Acknowledged {
  readonly name: string;
  last: bigint;
  /** Hash of the entries from 1 to `last`. */
  chain: string;
}

/** Everything that the parent has heard to be acknowledged: what must be there after the writer was killed. */
export class Ledger {
  readonly #tables: Acknowledged[] = [];
  entries = 0;
  loopDelayMs = 0;

  /** Every table that has an acknowledged entry. */
  get tables(): readonly Acknowledged[] {
    return this.#tables.filter((table) => table.last > 0n);
  }

  /** Entries that must be there. */
  get acknowledgedEntries(): bigint {
    return this.#tables.reduce((sum, table) => sum + table.last, 0n);
  }

  take(report: WriterReport): void {
    for (const name of report.newTables) this.#tables.push({ name, last: 0n, chain: '' });
    for (const [index, last, chain] of report.acknowledged) {
      const table = this.#tables[index];
      if (!table) continue;
      table.last = BigInt(last);
      table.chain = chain;
    }
    this.entries = report.entries;
    this.loopDelayMs = report.loopDelayMs;
  }
}
