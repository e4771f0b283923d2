import { createHistogram, performance } from 'node:perf_hooks';
import { type Measures, Payloads, perEntry, startProbe } from '@shale/bench-kit';
import type { Wal } from '@shale/engine';
import { bytesHandedOver } from './handed-over.js';

/** A backlog that grows: appends in turn to all tables, and no trims. */
export interface BacklogSpec {
  readonly tables: number;
  readonly entryBytes: number;
  /** Entries per append. */
  readonly batch: number;
  /** Appends in flight. */
  readonly inFlight: number;
}

/** What one part of the backlog cost. */
export interface BacklogPart {
  /** As of a round of the benchmark: rate, write amplification, processor time and the event loop. */
  readonly measures: Measures;
  /** Bytes handed to the operating system per byte of payload: what it deletes before it reaches the device is in. */
  readonly handedOver: number;
  /** 99.9th percentile of an append, in milliseconds. */
  readonly p999Ms: number;
  /** The longest append, in milliseconds. */
  readonly worstMs: number;
  /** Files in level 0 at its end. */
  readonly level0: number;
}

/** Appends so many bytes of payload. */
export async function growBacklog(wal: Wal, bytes: number, spec: BacklogSpec): Promise<BacklogPart> {
  const { tables: count, entryBytes, batch, inFlight } = spec;
  const tables = Array.from({ length: count }, (_, table) => wal.table({ region: 1, table }));
  const payloads = new Payloads(entryBytes, 1);
  const appends = Math.ceil(bytes / (entryBytes * batch));
  const latencies = createHistogram();
  let begun = 0;
  const appender = async (): Promise<void> => {
    while (begun < appends) {
      const table = tables[begun++ % count];
      const started = performance.now();
      await table?.appendBatch(payloads.batch(batch));
      latencies.record(Math.max(1, Math.round((performance.now() - started) * 1e6)));
    }
  };
  const handedOverBefore = await bytesHandedOver();
  const stop = startProbe();
  await Promise.all(Array.from({ length: inFlight }, appender));
  const entries = appends * batch;
  const measures = perEntry(stop(), entries, entries * entryBytes);
  return {
    measures,
    handedOver: ((await bytesHandedOver()) - handedOverBefore) / (entries * entryBytes),
    p999Ms: latencies.percentile(99.9) / 1e6,
    worstMs: latencies.max / 1e6,
    level0: await filesAtLevel0(wal),
  };
}

/** Files in level 0. */
export async function filesAtLevel0(wal: Wal): Promise<number> {
  const { rocksdb } = await wal.stats();
  return rocksdb.properties['num-files-at-level0'] ?? Number.NaN;
}
