import type { Machine } from '@shale/bench-kit';
import type { LoadSpec } from './load.js';

/** What a stretch of time cost. */
export interface Cost {
  readonly seconds: number;
  /** Entries and bytes of payload that were acknowledged. */
  readonly entries: number;
  readonly bytes: number;
  /** Bytes that the process handed to the operating system: what it deletes before it reaches the device is in. */
  readonly handedOver: number;
  /** Bytes for the device, as the kernel counts them. */
  readonly onDisk: number;
  readonly cpuSeconds: number;
  /** 99.9th percentile and longest of the appends; null when there were none. */
  readonly p999Ms: number | null;
  readonly worstMs: number | null;
  /** Milliseconds that writes were held up to keep up, all together, and that RocksDB stopped them. */
  readonly stalledMs: number;
  readonly stoppedMs: number;
}

/** A cost, and what there was at its end. */
export interface Sample extends Cost {
  /** Seconds since the beginning. */
  readonly at: number;
  /** Bytes of the directory. */
  readonly directory: number;
  /** Bytes of payload that the consumer has not read. */
  readonly behind: number;
  readonly level0: number;
}

/** What is done meanwhile. */
export type PhaseName = 'growing' | 'quiet, full' | 'catching up' | 'quiet, read' | 'small trims';

/** A phase, in seconds since the beginning, with what it cost in all. */
export interface Phase {
  readonly name: PhaseName;
  readonly from: number;
  readonly to: number;
  readonly cost: Cost;
  /** What its samples do not show, in words. */
  readonly notes: readonly string[];
}

/** A whole measurement. */
export interface SustainedRecord {
  readonly schema: 1;
  readonly startedAt: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly spec: LoadSpec;
  readonly gib: number;
  /** What RocksDB was given in place of the defaults. */
  readonly rocksdb: unknown;
  /** What each GiB of the growing backlog cost. */
  readonly parts: readonly Sample[];
  /** What each second was like. */
  readonly samples: readonly Sample[];
  readonly phases: readonly Phase[];
  /** What they say against the bars, and what they do not show, in words. */
  readonly lines: readonly string[];
}
