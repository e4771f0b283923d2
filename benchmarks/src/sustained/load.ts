import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { Payloads } from '@shale/bench-kit';
import type { Table, Wal } from '@shale/engine';

/** What is appended, and how. */
export interface LoadSpec {
  readonly tables: number;
  readonly entryBytes: number;
  /** Entries per append. */
  readonly batch: number;
  /** Appends in flight. */
  readonly inFlight: number;
}

/** Appends in turn to all tables, as fast as they are acknowledged. */
export class Load {
  readonly tables: readonly Table[];
  readonly #spec: LoadSpec;
  readonly #payloads: Payloads;
  /** Each has every latency since it was added, in nanoseconds. */
  readonly #watching = new Set<RecordableHistogram>();
  #next = 0;
  #entries: number;

  /** @param entries that have been acknowledged before */
  constructor(wal: Wal, spec: LoadSpec, entries = 0) {
    this.tables = Array.from({ length: spec.tables }, (_, table) => wal.table({ region: 1, table }));
    this.#spec = spec;
    this.#payloads = new Payloads(spec.entryBytes, 1);
    this.#entries = entries;
  }

  /** Entries that have been acknowledged. */
  get entries(): number {
    return this.#entries;
  }

  /** Bytes of payload that have been acknowledged. */
  get bytes(): number {
    return this.#entries * this.#spec.entryBytes;
  }

  /** A histogram of the latencies from now on, in nanoseconds. */
  watch(): RecordableHistogram {
    const histogram = createHistogram();
    this.#watching.add(histogram);
    return histogram;
  }

  unwatch(histogram: RecordableHistogram): void {
    this.#watching.delete(histogram);
  }

  /** Appends while it is told to go on. */
  async run(goesOn: () => boolean): Promise<void> {
    const { batch, inFlight } = this.#spec;
    const appender = async (): Promise<void> => {
      while (goesOn()) {
        const table = this.tables[this.#next++ % this.tables.length];
        const started = performance.now();
        await table?.appendBatch(this.#payloads.batch(batch));
        const ns = Math.max(1, Math.round((performance.now() - started) * 1e6));
        for (const histogram of this.#watching) histogram.record(ns);
        this.#entries += batch;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, appender));
  }
}
