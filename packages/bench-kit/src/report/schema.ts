import type { Measures } from './measures.js';
import type { CaseSpec } from './spec.js';

/** The version of the report format. It changes when old readers would misread new reports. */
export const REPORT_FORMAT = 1;

/** The machine on which the suite ran. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly os: string;
  /** File system of the directory that was measured. */
  readonly fileSystem: string;
  /** Load averages over 1, 5 and 15 minutes before the run: they show a busy machine. */
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

/** One store: its settings, and why it did not take part, if so. */
export interface StoreInfo {
  readonly name: string;
  readonly version: string;
  /** The documentation that its settings follow. */
  readonly tunedBy: string;
  /** Why it did not take part; null when it did. */
  readonly absent: string | null;
}

/** The results of one store in one case, round by round. */
export interface CaseResult {
  readonly store: string;
  /** Made by `caseId` from the spec. */
  readonly id: string;
  readonly spec: CaseSpec;
  /** One for each round that succeeded. */
  readonly rounds: readonly Measures[];
  /** Why rounds are missing; empty when none are. */
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
  /** The seed of the payloads and of the order of tables. */
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
