import { type AppendSpec, type CaseSpec, caseId, type Measures, type Report } from '@shale/bench-kit';

/** Specs that fabricated reports are made of. */
export const APPEND: AppendSpec = {
  kind: 'append',
  entryBytes: 100,
  tables: 100,
  shards: 1,
  durability: 'os',
  batch: 100,
  inFlight: 16,
  spread: 'uniform',
  loop: 'closed',
  trim: 'none',
};
export const REPLAY: CaseSpec = {
  kind: 'read',
  read: 'replay',
  entryBytes: 100,
  tables: 1,
  shards: 1,
  durability: 'os',
  entries: 500_000,
  inFlight: 1,
};

/** One case of a report with these rounds. */
export function caseOf(
  spec: CaseSpec,
  rounds: readonly Measures[],
  store = 'shale',
): Report['cases'][number] {
  return { store, id: caseId(spec), spec, rounds, failures: [] };
}

/** A report of these cases. */
export function reportOf(cases: Report['cases'], change: Partial<Report> = {}): Report {
  return {
    format: 1,
    suite: 'core',
    startedAt: '2026-01-01T00:00:00.000Z',
    elapsedSeconds: 100,
    roundsWanted: 5,
    secondsPerCase: 3,
    seed: 1,
    machine: {
      cpu: 'A <fast> processor',
      cores: 2,
      memoryMiB: 24_576,
      os: 'Linux 6',
      fileSystem: 'ext4',
      load: [0, 0, 0],
    },
    versions: { shale: '0.1.0', rocksdb: '7.8.3', node: '20.20.2' },
    device: { writes: 3000, perSecond: 3000, p50Ms: 0.3, p99Ms: 1, maxMs: 5 },
    syncCounting: 'counted in the process',
    stores: [
      { name: 'shale', version: '0.1.0', tunedBy: 'defaults', absent: null },
      { name: 'lmdb', version: '3.5.6', tunedBy: 'its README', absent: null },
      { name: 'gone', version: '', tunedBy: 'its README', absent: 'it has no <binary> here' },
    ],
    cases,
    ...change,
  };
}
