import type { CaseSpec } from '../cases/spec.js';
import type { Measures } from './measures.js';

/** The version of the report's shape. It changes when a reader of the old one would misread the new one. */
export const REPORT_FORMAT = 1;

/** The machine that a report was made on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly os: string;
  /** File system of the directory that was measured. */
  readonly fileSystem: string;
  /** Load averages over 1, 5 and 15 minutes before the run: a busy machine shows here. */
  readonly load: readonly number[];
}

/** What a bare 128-byte append with fdatasync costs, without any store. */
export interface DeviceBaseline {
  /** How many were done. */
  readonly writes: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** One store that took part, or why it did not. */
export interface StoreInfo {
  readonly name: string;
  readonly version: string;
  /** The documentation that its settings follow. */
  readonly tunedBy: string;
  /** Why it is missing from the cases; null when it took part. */
  readonly absent: string | null;
}

/** What one store did in one case, round by round. */
export interface CaseResult {
  readonly store: string;
  /** Made by `caseId` from the spec. */
  readonly id: string;
  readonly spec: CaseSpec;
  /** One for each round that succeeded. */
  readonly rounds: readonly Measures[];
  /** Why rounds are missing; empty when none is. */
  readonly failures: readonly string[];
}

/** A whole run. */
export interface Report {
  readonly format: typeof REPORT_FORMAT;
  readonly suite: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly elapsedSeconds: number;
  readonly roundsWanted: number;
  /** Seconds measured per case and round, after the warm-up. */
  readonly secondsPerCase: number;
  /** What the payloads and the order of tables were made from. */
  readonly seed: number;
  readonly machine: Machine;
  /** Names and versions: node, v8, shale, rocksdb. */
  readonly versions: Readonly<Record<string, string>>;
  /** Null when it could not be measured. */
  readonly device: DeviceBaseline | null;
  /** How syncs were counted; or why they were not. */
  readonly syncCounting: string;
  readonly stores: readonly StoreInfo[];
  readonly cases: readonly CaseResult[];
}
