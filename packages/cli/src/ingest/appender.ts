import { WalError } from '@shale/codec';
import type { Wal } from '@shale/engine';
import type { Mark } from './collect.js';
import type { IngestTable } from './table-set.js';

/**
 * Memory that may be on its way: the input's bytes, and what each append and entry costs besides. Enough to keep every
 * shard busy, and little enough for a Ctrl-C to be answered soon.
 */
const MAX_BYTES_IN_FLIGHT = 12 << 20;
const BYTES_PER_APPEND = 512;
const BYTES_PER_ENTRY = 64;

/** The entries of one batch for one table. */
export interface Group {
  readonly table: IngestTable;
  /** Entries that are in when this is acknowledged, those that were stepped over included. */
  readonly count: number;
  readonly payloads: readonly Uint8Array[];
}

interface Flight {
  readonly groups: readonly Group[];
  readonly mark: Mark;
  readonly bytes: number;
  open: number;
}

/**
 * Sends batches without waiting for the ones before, within bounds, and follows how far everything is acknowledged.
 * Every append says which sequence it must get, so that nothing is ever appended twice or between others.
 */
export class Appender {
  readonly #wal: Wal;
  readonly #durability: 'sync' | 'os';
  readonly #flights: Flight[] = [];
  #bytes = 0;
  #acked: Mark;
  #error: Error | undefined;
  #moved = new Set<IngestTable>();
  #wake: (() => void) | undefined;

  constructor(wal: Wal, options: { durability: 'sync' | 'os'; start: Mark }) {
    this.#wal = wal;
    this.#durability = options.durability;
    this.#acked = options.start;
  }

  /** The position up to which everything is acknowledged. */
  get acked(): Mark {
    return this.#acked;
  }

  /** The first error that any append had; nothing is sent after it. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Tables that moved since this was last asked. */
  takeMoved(): ReadonlySet<IngestTable> {
    const moved = this.#moved;
    this.#moved = new Set();
    return moved;
  }

  /**
   * Sends a batch once there is room for it; `heldBytes` of the input stay in memory until then. Throws the error of
   * an earlier one.
   */
  async send(groups: readonly Group[], mark: Mark, heldBytes: number): Promise<void> {
    let bytes = heldBytes;
    for (const { payloads } of groups) bytes += BYTES_PER_APPEND + BYTES_PER_ENTRY * payloads.length;
    while (!this.#error && this.#flights.length > 0 && this.#bytes + bytes > MAX_BYTES_IN_FLIGHT) {
      await this.#change();
    }
    if (!this.#error) await this.#wal.ready();
    if (this.#error) throw this.#error;
    const flight: Flight = { groups, mark, bytes, open: 0 };
    this.#flights.push(flight);
    this.#bytes += bytes;
    for (const { table, payloads } of groups) {
      if (payloads.length === 0) continue;
      flight.open += 1;
      const expect = table.base + BigInt(table.planned + 1);
      table.planned += payloads.length;
      table.handle.appendBatch(payloads, { expect, durability: this.#durability }).then(
        () => this.#settle(flight),
        (error: unknown) => {
          this.#fail(error, table);
          this.#settle(flight);
        },
      );
    }
    if (flight.open === 0) this.#advance();
  }

  /** Resolves when nothing is on its way any more, whatever came of it. */
  async settled(): Promise<void> {
    while (this.#flights.some((flight) => flight.open > 0)) await this.#change();
  }

  #settle(flight: Flight): void {
    flight.open -= 1;
    if (flight.open === 0) this.#advance();
  }

  #advance(): void {
    for (;;) {
      const flight = this.#flights[0];
      // After an error nothing counts as acknowledged that follows it.
      if (!flight || flight.open > 0 || this.#error) break;
      this.#flights.shift();
      this.#bytes -= flight.bytes;
      for (const { table, count } of flight.groups) {
        table.acked += count;
        this.#moved.add(table);
      }
      this.#acked = flight.mark;
    }
    this.#wake?.();
  }

  #fail(error: unknown, table: IngestTable): void {
    // The appends behind a failed one fail for want of it; the first error is the one to tell.
    this.#error ??= explain(error, table);
    this.#wake?.();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

function explain(error: unknown, table: IngestTable): Error {
  if (error instanceof WalError && error.code === 'SHALE_SEQUENCE_MISMATCH') {
    return new WalError(
      error.code,
      `something else wrote to table ${table.name} during the ingest: ${error.message}`,
      {
        cause: error,
        ...(error.details ? { details: error.details } : {}),
      },
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
