// The runner with the real Shale, real processes and the real disk, for short times: no timing is asserted.
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryOfFile } from '../../../test/support/temporary.js';
import {
  type AppendSpec,
  type CaseSpec,
  caseId,
  forkCase,
  type Measures,
  medians,
  type ProgressReport,
  parseReport,
  type Report,
  runSuite,
  type Suite,
} from '../dist/index.js';

const directory = temporaryOfFile('bench-test');

const broken = new URL('./fixtures/broken-store.mjs', import.meta.url).href;
const absent = new URL('./fixtures/absent-store.mjs', import.meta.url).href;

const append: AppendSpec = {
  kind: 'append',
  entryBytes: 100,
  tables: 4,
  shards: 1,
  durability: 'sync',
  batch: 1,
  inFlight: 1,
  spread: 'uniform',
  loop: 'closed',
  trim: 'none',
};

function suiteOf(...specs: CaseSpec[]): Suite {
  return {
    name: 'test',
    about: '',
    rounds: 1,
    seconds: 0.1,
    warmUpSeconds: 0.02,
    cases: specs.map((spec) => ({ spec, rivals: true })),
  };
}

function measuresOf(report: Report, spec: CaseSpec, store = 'shale'): Measures {
  const found = report.cases.find((one) => one.id === caseId(spec) && one.store === store);
  expect(found?.failures).toEqual([]);
  return medians(found?.rounds ?? []);
}

test('durable appends one at a time take one sync each; concurrent ones share them; os needs none', async () => {
  const alone = append;
  const crowd: AppendSpec = { ...append, inFlight: 64 };
  const lazy: AppendSpec = { ...append, durability: 'os' };
  const report = await runSuite(suiteOf(alone, crowd, lazy), { directory });
  expect(report.syncCounting).toBe('counted in the process');
  expect(measuresOf(report, alone).entriesPerSync).toBeCloseTo(1, 5);
  expect(measuresOf(report, crowd).entriesPerSync).toBeGreaterThan(4);
  // What RocksDB does by itself meanwhile, as a flush, is no sync of an append.
  const { syncs = Number.NaN, entries: appended = 0 } = measuresOf(report, lazy);
  expect(syncs).toBeLessThan(appended / 100);
  const {
    entries = 0,
    efficiency = 0,
    peakRss = 0,
    writeAmplification = 0,
    latencyMax = 0,
    latencyP50 = 0,
  } = measuresOf(report, alone);
  expect(entries).toBeGreaterThan(0);
  expect(efficiency).toBeGreaterThan(0);
  expect(peakRss).toBeGreaterThan(10);
  // A sync of a 126-byte record writes at least one page of 4 KiB.
  expect(writeAmplification).toBeGreaterThan(1);
  expect(latencyMax).toBeGreaterThanOrEqual(latencyP50);
  expect(readdirSync(directory)).toEqual([]);
  expect(parseReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
});

test('an open loop offers a share of the peak', async () => {
  const spec: AppendSpec = { ...append, durability: 'os', batch: 10, inFlight: 8, loop: { openAt: 0.5 } };
  const measures = measuresOf(await runSuite(suiteOf(spec), { directory }), spec);
  expect(measures.offeredPerSecond).toBeGreaterThan(0);
  expect(measures.latencyP50).toBeGreaterThan(0);
});

test('every kind of read reads what was written', async () => {
  const specs = (['replay', 'from', 'cold', 'point', 'mix'] as const).map(
    (read): CaseSpec => ({
      kind: 'read',
      read,
      entryBytes: 100,
      tables: 2,
      shards: 1,
      durability: 'os',
      entries: 5000,
      inFlight: 4,
    }),
  );
  const report = await runSuite(suiteOf(...specs), { directory });
  for (const spec of specs) expect(measuresOf(report, spec).entries).toBeGreaterThan(0);
});

test('opening is measured for a new store, a closed one and a killed one; a trim frees the disk', async () => {
  const recovery: CaseSpec = {
    kind: 'recovery',
    entryBytes: 100,
    tables: 1,
    shards: 1,
    durability: 'os',
    entries: 0,
    end: 'clean',
  };
  const closed: CaseSpec = { ...recovery, tables: 50, entries: 500 };
  const killed: CaseSpec = { ...closed, end: 'killed' };
  const trim: CaseSpec = {
    kind: 'trim',
    entryBytes: 100,
    tables: 2,
    shards: 1,
    durability: 'os',
    entriesPerTable: 200_000,
  };
  const report = await runSuite(suiteOf(recovery, closed, killed, trim), { directory });
  for (const spec of [recovery, closed, killed]) {
    expect(measuresOf(report, spec).openToFirstAppend).toBeGreaterThan(0);
  }
  expect(measuresOf(report, trim).diskFreed).toBeGreaterThanOrEqual(90);
});

test('rounds alternate, and progress reports what runs and how much is left', async () => {
  const other: AppendSpec = { ...append, durability: 'os' };
  const seen: ProgressReport[] = [];
  const report = await runSuite(suiteOf(append, other), {
    directory,
    rounds: 2,
    seconds: 0.02,
    onProgress: (progress) => seen.push(progress),
  });
  const [a, b] = [caseId(append), caseId(other)];
  expect(seen.map((one) => [one.round, one.id])).toEqual([
    [1, a],
    [1, b],
    [2, a],
    [2, b],
  ]);
  expect(seen.map((one) => one.done)).toEqual([0, 1, 2, 3]);
  expect(seen.every((one) => one.total === 4 && one.secondsLeft > 0)).toBe(true);
  expect(report.cases.map((one) => one.rounds.length)).toEqual([2, 2]);
});

test('only the cases that match are run', async () => {
  const other: AppendSpec = { ...append, durability: 'os' };
  const report = await runSuite(suiteOf(append, other), { directory, seconds: 0.02, only: / os / });
  expect(report.cases.map((one) => one.id)).toEqual([caseId(other)]);
});

test('a store that fails, dies or is missing is reported, and the others are still measured', async () => {
  const specs = [1, 2, 3].map((entryBytes): AppendSpec => ({ ...append, entryBytes, durability: 'os' }));
  const report = await runSuite(suiteOf(...specs), { directory, seconds: 0.02, rivals: [broken, absent] });
  const failures = report.cases.filter((one) => one.store === 'broken').map((one) => one.failures);
  expect(failures[0]).toEqual(['out of ink']);
  expect(failures[1]?.[0]).toContain('SIGABRT');
  expect(failures[2]).toEqual([]);
  expect(report.cases.filter((one) => one.store === 'shale').every((one) => one.rounds.length === 1)).toBe(
    true,
  );
  expect(report.stores.find((one) => one.name === 'absent')?.absent).toBe('it is not installed');
  expect(report.cases.some((one) => one.store === 'absent')).toBe(false);
});

test('a short read is a failure, not a fast read', async () => {
  const spec: CaseSpec = {
    kind: 'read',
    read: 'replay',
    entryBytes: 3,
    tables: 1,
    shards: 1,
    durability: 'os',
    entries: 10,
    inFlight: 1,
  };
  const report = await runSuite(suiteOf(spec), { directory, rivals: [broken] });
  expect(report.cases.find((one) => one.store === 'broken')?.failures[0]).toContain('but there are 10');
});

test('a signal ends the run and leaves nothing behind', async () => {
  const stop = new AbortController();
  const run = runSuite(suiteOf(append), {
    directory,
    seconds: 60,
    signal: stop.signal,
    onProgress: () => setTimeout(() => stop.abort(new Error('enough')), 300),
  });
  await expect(run).rejects.toThrow('enough');
  expect(readdirSync(directory)).toEqual([]);
});

test('a store is not measured with a guarantee that it cannot give', async () => {
  const answer = await forkCase(
    { spec: append, driverUrl: absent, seed: 1, seconds: 0.02, warmUpSeconds: 0 },
    { parent: directory, counting: { missing: '' } },
  );
  expect(answer).toEqual({ ok: false, reason: "it cannot promise 'sync'" });
});
