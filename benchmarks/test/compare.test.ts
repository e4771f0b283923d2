// Regressions are told from noise on fabricated reports whose differences are known.
import type { Measures } from '@shale/bench-kit';
import { expect, test } from 'vitest';
import { compareReports } from '../dist/compare/compare.js';
import { renderComparison } from '../dist/compare/render.js';
import { APPEND, caseOf, REPLAY, reportOf } from './fabricated.js';

const WOBBLE = [-0.02, 0.01, 0, -0.01, 0.02];
const around = (value: number, spread = 1): number[] => WOBBLE.map((step) => value * (1 + step * spread));
const rounds = (name: keyof Measures, values: readonly number[]): Measures[] =>
  values.map((value) => ({ [name]: value }));

function verdictOf(
  name: keyof Measures,
  before: readonly number[],
  after: readonly number[],
): string | undefined {
  const { differences } = compareReports(
    reportOf([caseOf(APPEND, rounds(name, before))]),
    reportOf([caseOf(APPEND, rounds(name, after))]),
  );
  return differences[0]?.verdict;
}

test.each([
  ['a throughput that fell by 10 %', 'entriesPerSecond', around(100), around(90), 'worse'],
  ['a throughput that rose by 10 %', 'entriesPerSecond', around(100), around(110), 'better'],
  ['a latency that rose by 10 %', 'latencyP99', around(5), around(5.5), 'worse'],
  ['a latency that fell by 10 %', 'latencyP99', around(5), around(4.5), 'better'],
  ['the same 10 % under a spread of 40 %', 'entriesPerSecond', around(100, 10), around(90, 10), 'noise'],
  ['a certain change of 1 %', 'entriesPerSecond', around(100, 0.01), around(99, 0.01), 'noise'],
  ['one bad round out of five', 'entriesPerSecond', around(100), [...around(100).slice(1), 30], 'noise'],
  ['no change', 'entriesPerSecond', around(100), around(100), 'noise'],
  ['half the throughput in three rounds', 'entriesPerSecond', [1, 2, 3], [0.4, 0.5, 0.6], 'too few rounds'],
] as const)('%s (%s)', (_, name, before, after, verdict) => {
  expect(verdictOf(name, before, after)).toBe(verdict);
});

test('cases are matched by what they are and by store, and the rest is named', () => {
  const fast = rounds('entriesPerSecond', around(100));
  const slow = rounds('entriesPerSecond', around(50));
  const before = reportOf([caseOf(APPEND, fast), caseOf(APPEND, slow, 'lmdb'), caseOf(REPLAY, fast)]);
  const after = reportOf([caseOf(APPEND, fast), caseOf(APPEND, slow, 'lmdb'), caseOf(REPLAY, slow, 'lmdb')]);
  const { differences, unmatched } = compareReports(before, after);
  expect(differences.map((one) => one.verdict)).toEqual(['noise', 'noise']);
  expect(unmatched).toHaveLength(2);
});

test('runs that cannot be compared come with a warning', () => {
  const before = reportOf([]);
  const after = reportOf([], {
    machine: { ...before.machine, cpu: 'another' },
    device: { writes: 1, perSecond: 1000, p50Ms: 1, p99Ms: 2, maxMs: 3 },
  });
  const { warnings } = compareReports(before, after);
  expect(warnings).toEqual([
    'the processor differs: A <fast> processor and another',
    expect.stringContaining('the disk by itself is now 0.33 times as fast'),
  ]);
  expect(compareReports(before, before).warnings).toEqual([]);
});

test('the text names what is worse, with its interval, and counts the noise', () => {
  const before = reportOf([
    caseOf(APPEND, rounds('entriesPerSecond', around(100))),
    caseOf(REPLAY, rounds('latencyP50', around(1))),
  ]);
  const after = reportOf([
    caseOf(APPEND, rounds('entriesPerSecond', around(80))),
    caseOf(REPLAY, rounds('latencyP50', around(1))),
  ]);
  const text = renderComparison(compareReports(before, after));
  expect(text).toMatch(
    /worse\n.*\nappend 100B x100 t100 os s1 f16 +shale +entries per second +0\.800 x +0\.7\d+ to 0\.8\d+ +0\.008/,
  );
  expect(text).toContain('2 compared: 1 worse, 0 better, 1 within the noise');
});
