// A report is read back field by field: every field is checked, and a wrong one is named.
import { expect, test } from 'vitest';
import {
  type CaseSpec,
  caseId,
  formatMeasure,
  MEASURES,
  medians,
  parseReport,
  type Report,
  renderTables,
  SUITES,
} from '../dist/index.js';

const spec: CaseSpec = {
  kind: 'append',
  entryBytes: 100,
  tables: 100,
  shards: 1,
  durability: 'sync',
  batch: 100,
  inFlight: 16,
  spread: 'zipf',
  loop: { openAt: 0.8 },
  trim: 'none',
};
const report: Report = {
  format: 1,
  suite: 'quick',
  startedAt: '2026-01-01T00:00:00.000Z',
  elapsedSeconds: 1.5,
  roundsWanted: 3,
  secondsPerCase: 1,
  seed: 1,
  machine: { cpu: 'one', cores: 2, memoryMiB: 1024, os: 'Linux', fileSystem: 'ext4', load: [0, 0, 0] },
  versions: { node: '20.20.2' },
  device: { writes: 9, perSecond: 3000, p50Ms: 0.3, p99Ms: 1, maxMs: 4 },
  syncCounting: 'counted in the process',
  stores: [{ name: 'shale', version: '0.1.0', tunedBy: 'defaults', absent: null }],
  cases: [
    {
      store: 'shale',
      id: caseId(spec),
      spec,
      rounds: [{ entriesPerSecond: 1 }, { entriesPerSecond: 30, latencyP50: 2 }, { entriesPerSecond: 2 }],
      failures: ['one round'],
    },
  ],
};
const json = (): Record<string, unknown> => JSON.parse(JSON.stringify(report));

test('a report survives a round trip through JSON', () => {
  expect(parseReport(json())).toEqual(report);
  expect(parseReport({ ...json(), device: null }).device).toBeNull();
});

test.each([
  ['another format', { format: 2 }, 'reads format 1'],
  ['a missing field', { seed: undefined }, 'report.seed must be a number'],
  ['a wrong type', { suite: 5 }, 'report.suite must be a string, but is 5'],
  [
    'an unknown measure',
    { cases: [{ ...report.cases[0], rounds: [{ speed: 1 }] }] },
    'cases[0].rounds[0].speed',
  ],
  [
    'a number that is none',
    { cases: [{ ...report.cases[0], rounds: [{ latencyP50: null }] }] },
    'latencyP50',
  ],
  ['an id that is not the spec’s', { cases: [{ ...report.cases[0], id: 'x' }] }, "cases[0].id is 'x'"],
  [
    'an unknown kind',
    { cases: [{ ...report.cases[0], spec: { ...spec, kind: 'fly' } }] },
    'spec.kind must be one of',
  ],
  ['no object', { machine: [] }, 'report.machine must be an object'],
])('%s is refused by name', (_, change, message) => {
  expect(() => parseReport({ ...json(), ...change })).toThrow(message);
});

test('a missing part is refused by name', () => {
  const { machine: _, ...rest } = json();
  expect(() => parseReport(rest)).toThrow('report.machine is missing');
});

test('every case of every suite has a unique id, and a spec that a report can carry', () => {
  for (const suite of Object.values(SUITES)) {
    const ids = suite.cases.map((one) => caseId(one.spec));
    expect(new Set(ids).size, suite.name).toBe(ids.length);
    const cases = suite.cases.map((one, i) => ({
      store: 'shale',
      id: ids[i],
      spec: one.spec,
      rounds: [],
      failures: [],
    }));
    expect(parseReport({ ...json(), cases: JSON.parse(JSON.stringify(cases)) }).cases).toEqual(cases);
  }
});

test('the suites cover the matrix', () => {
  const specs = SUITES.full.cases.map((one) => one.spec);
  const seen = (pick: (spec: CaseSpec) => unknown): unknown[] => [...new Set(specs.map(pick))];
  expect(seen((one) => one.entryBytes)).toEqual(
    expect.arrayContaining([16, 100, 256, 1024, 4096, 65_536, 1_048_576]),
  );
  expect(seen((one) => one.tables)).toEqual(expect.arrayContaining([1, 10, 1000, 10_000]));
  expect(seen((one) => one.shards)).toEqual(expect.arrayContaining([1, 2, 4]));
  expect(seen((one) => one.kind === 'append' && one.batch)).toEqual(
    expect.arrayContaining([1, 10, 100, 1000]),
  );
  expect(seen((one) => one.kind === 'append' && one.inFlight)).toEqual(
    expect.arrayContaining([1, 16, 256, 1000]),
  );
  expect(seen((one) => one.kind === 'append' && one.trim)).toEqual(
    expect.arrayContaining(['none', 'window', 'lagging']),
  );
  expect(seen((one) => one.kind === 'append' && typeof one.loop === 'object' && one.loop.openAt)).toEqual(
    expect.arrayContaining([0.5, 0.8]),
  );
  expect(seen((one) => one.kind === 'read' && one.read)).toEqual(
    expect.arrayContaining(['replay', 'from', 'cold', 'point', 'mix']),
  );
  expect(seen((one) => one.kind === 'recovery' && one.end)).toEqual(
    expect.arrayContaining(['clean', 'killed']),
  );
});

test('medians are taken measure by measure, over the rounds that have it', () => {
  expect(medians(report.cases[0]?.rounds ?? [])).toEqual({ entriesPerSecond: 2, latencyP50: 2 });
  expect(medians([])).toEqual({});
});

test('the tables show the conditions, the medians and what failed', () => {
  const text = renderTables(report);
  expect(text).toContain('3000 appends of 128 B with fdatasync per second');
  expect(text).toContain('append 100B x100 t100 sync s1 f16 zipf open80');
  expect(text).toContain('2.00/s');
  expect(text).toMatch(/Failed\n.*one round/);
});

test.each([
  [1_234_567, '1.23M/s'],
  [705_000, '705k/s'],
  [0, '0/s'],
  [0.1234, '0.123/s'],
  [undefined, '-'],
])('%s entries per second are shown as %s', (value, shown) => {
  expect(formatMeasure('entriesPerSecond', value)).toBe(shown);
});

test('every measure says what it is', () => {
  for (const info of Object.values(MEASURES)) expect(info.title).not.toBe('');
});
