// The page of a growing backlog stands alone, and its plots show what was measured, whatever seconds lack.
import { describe, expect, test } from 'vitest';
import { renderSustainedPage, timeFigures } from '../dist/report/sustained-page.js';
import { COLUMNS, PHASE_TERMS, TERMS } from '../dist/report/sustained-terms.js';
import { findings } from '../dist/sustained/findings.js';
import type { Cost, Sample, SustainedRecord } from '../dist/sustained/record.js';
import { complaints, requests } from './markup.js';

const MIB = 2 ** 20;
const COST: Cost = {
  seconds: 1,
  entries: 2000,
  bytes: 2000 * 1024,
  handedOver: 4000 * 1024,
  onDisk: 2000 * 1024,
  cpuSeconds: 0.01,
  p999Ms: 20,
  worstMs: 30,
  stalledMs: 5,
  stoppedMs: 0,
};
/** A second in which nobody writes. */
const IDLE: Cost = { ...COST, entries: 0, bytes: 0, handedOver: 500, p999Ms: null, worstMs: null };
const sample = (at: number, cost: Cost): Sample => ({
  ...cost,
  at,
  directory: 3 * MIB,
  behind: MIB,
  level0: 4,
});

function recordOf(samples: readonly Sample[]): SustainedRecord {
  return {
    schema: 1,
    startedAt: '2026-01-02T03:04:05.000Z',
    machine: {
      cpu: 'A <fast> one',
      cores: 2,
      memoryMiB: 4096,
      os: 'Linux',
      fileSystem: 'ext4',
      load: [0, 0, 0],
    },
    versions: { node: '24.0.0' },
    spec: { tables: 100, entryBytes: 1024, batch: 100, inFlight: 16 },
    gib: 1,
    rocksdb: {},
    parts: samples.slice(0, 1),
    samples,
    phases: [
      { name: 'growing', from: 0, to: 2, cost: COST, notes: [] },
      { name: 'quiet, full', from: 2, to: 3, cost: IDLE, notes: ['nothing & nobody'] },
    ],
    lines: ['replay of one table: 1 k entries/s'],
  };
}

const full = recordOf([
  sample(1, COST),
  sample(2, { ...COST, entries: 1500, bytes: 1500 * 1024 }),
  sample(3, IDLE),
]);

describe.each([
  ['seconds with and without writes', full],
  ['no second at all', recordOf([])],
])('the page of a backlog with %s', (_, record) => {
  const page = renderSustainedPage(record);

  test('is well-formed, and asks for nothing from elsewhere', () => {
    expect(complaints(page)).toEqual([]);
    expect(requests(page)).toEqual([]);
    expect(page).toContain('prefers-color-scheme:dark');
  });

  test('says what stands over each column, and what each phase is', () => {
    const text = page.replaceAll(/<[^>]*>/g, ' ');
    for (const term of [...TERMS, ...PHASE_TERMS]) expect(text).toContain(term);
    for (const { name } of record.phases) expect(PHASE_TERMS.join()).toContain(`${name}: `);
    for (const column of Object.values(COLUMNS).slice(1)) expect(TERMS.join()).toContain(column);
  });

  test('shows no figure that is not one', () => {
    expect(page).not.toMatch(/NaN|Infinity|undefined|null/);
  });
});

test('every plot names the phases, and draws the seconds that have what it shows', () => {
  const figures = timeFigures(full);
  for (const { svg } of figures) expect(svg).toMatch(/>growing<[\s\S]*>quiet, full</);
  const corners = (name: string): number =>
    (
      / d="(M[^"]*)"/.exec(
        figures.find((one) => one.name === name)?.svg.split('aria-label="line"')[1] ?? '',
      )?.[1] ?? ''
    ).split('L').length;
  expect(corners('disk')).toBe(3);
  expect(corners('amplification')).toBe(2);
});

test('findings hold the last part against the first, and what came while all was quiet against what was written', () => {
  const slow: Cost = { ...COST, seconds: 2, cpuSeconds: 0.03 };
  const parts = [COST, COST, COST, COST, slow].map((cost, i) => sample(i, cost));
  const phases = [
    { name: 'growing', from: 0, to: 1, cost: COST, notes: [] },
    { name: 'quiet, full', from: 1, to: 2, cost: { ...IDLE, handedOver: 2000 * 1024 }, notes: [] },
    { name: 'catching up', from: 2, to: 3, cost: { ...COST, entries: 1600 }, notes: [] },
  ] as const;
  expect(findings(parts, phases)).toEqual([
    'last fifth over first: 0.50 of the entries/s, 3.00 times the processor time of an entry',
    'handed over while it came in: 2.00 times, and when all was quiet: 3.00 times',
    'p99.9 of all appends of it 20 ms, longest 30 ms',
    'writing beside the consumer that catches up: 0.80 of the rate before',
  ]);
  expect(findings(parts, phases.slice(0, 1))[1]).toBe('handed over while it came in: 2.00 times');
  // A fifth of these is less than a part.
  expect(findings(parts.slice(1), phases)).toEqual(findings(parts, phases).slice(1));
});
