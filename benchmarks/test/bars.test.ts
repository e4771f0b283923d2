// How bars are judged and measured, with measurements made up: what they measure is tested where it is made.
import type { Measures } from '@shale/bench-kit';
import { expect, test } from 'vitest';
import { SPEED_BARS } from '../dist/bars/speed/bars.js';
import { parseRate } from '../dist/bars/speed/db-bench.js';
import { entriesWritten, type MeasureContext, type Measurement } from '../dist/bars/speed/measurement.js';
import { renderBars } from '../dist/bars/speed/render.js';
import { runBars } from '../dist/bars/speed/run-bars.js';
import { judge, type SpeedBar } from '../dist/bars/speed/speed-bar.js';

const context: MeasureContext = {
  directory: '/nowhere',
  seconds: 1,
  counting: { missing: 'not here' },
  signal: new AbortController().signal,
};

test.each([
  ['at least', 1.2, 2, 2, 'stretch'],
  ['at least', 1.2, 2, 1.99, 'holds'],
  ['at least', 1.2, 2, 1.2, 'holds'],
  ['at least', 1.2, 2, 1.19, 'missed'],
  ['at most', 5, 2, 2, 'stretch'],
  ['at most', 5, 2, 5, 'holds'],
  ['at most', 5, 2, 5.1, 'missed'],
  ['at least', null, 1.1, 1.1, 'stretch'],
  ['at least', null, 1.1, 1, 'missed'],
  ['at most', 5, null, 1, 'holds'],
] as const)('%s %s, stretch %s: %s is %s', (direction, bar, stretch, figure, verdict) => {
  expect(judge({ direction, bar, stretch }, figure)).toBe(verdict);
});

function made(key: string, values: readonly (number | Error)[]): Measurement & { runs: number } {
  return {
    key,
    runs: 0,
    async run(): Promise<Measures> {
      const value = values[this.runs++];
      if (value instanceof Error) throw value;
      return value === undefined ? {} : { entriesPerSecond: value };
    },
  };
}

function ratioBar(name: string, a: Measurement, b: Measurement): SpeedBar {
  return {
    name,
    what: name,
    unit: ' x',
    direction: 'at least',
    bar: 2,
    stretch: 3,
    measurements: [a, b],
    figure: (of) => {
      const [x, y] = [of(a)?.entriesPerSecond, of(b)?.entriesPerSecond];
      return x === undefined || y === undefined ? undefined : x / y;
    },
  };
}

test('a figure is the median of the ratios within rounds, not the ratio of medians', async () => {
  // The machine was three times as slow in the second round; every round by itself says 2.
  const bar = ratioBar('steady', made('a', [30, 10, 40]), made('b', [15, 5, 20]));
  const [outcome] = await runBars([bar], 3, context, () => {});
  expect(outcome).toMatchObject({ figure: 2, rounds: [2, 2, 2], verdict: 'holds', reasons: [] });
});

test('bars share a measurement within a round, and rounds take turns', async () => {
  const shared = made('shared', [1, 1]);
  const order: string[] = [];
  const bars = [ratioBar('one', made('x', [3, 3]), shared), ratioBar('two', made('y', [1, 1]), shared)];
  const outcomes = await runBars(bars, 2, context, (key) => order.push(key));
  expect(order).toEqual(['x', 'shared', 'y', 'x', 'shared', 'y']);
  expect(shared.runs).toBe(2);
  expect(outcomes.map((one) => one.verdict)).toEqual(['stretch', 'missed']);
});

test('a measurement is told what was measured before it in its round, and nothing of rounds before', async () => {
  const first = made('first', [3, new Error('gone')]);
  const told: (Measures | undefined)[] = [];
  const second: Measurement = {
    key: 'second',
    run: async (_, soFar) => {
      told.push(soFar(first), soFar(second));
      return { entriesPerSecond: 1 };
    },
  };
  await runBars([ratioBar('bar', first, second)], 2, context, () => {});
  expect(told).toEqual([{ entriesPerSecond: 3 }, undefined, undefined, undefined]);
});

test('what fillseq writes beside is what was written from the beginning, the warm-up included', () => {
  expect(entriesWritten({ ...context, seconds: 3 }, { entriesPerSecond: 1000 })).toBe(4000);
  expect(entriesWritten({ ...context, seconds: 1 }, { entriesPerSecond: 1000 })).toBe(1500);
  expect(entriesWritten(context, {})).toBeUndefined();
});

test('what cannot be measured is said, and is not a miss', async () => {
  const gone = made('ceiling', [new Error('not installed'), new Error('not installed')]);
  const outcomes = await runBars([ratioBar('bar', made('a', [1, 1]), gone)], 2, context, () => {});
  expect(outcomes[0]).toMatchObject({
    verdict: 'not measured',
    reasons: ['ceiling: not installed'],
    figure: null,
  });
  expect(renderBars(outcomes)).toContain('missing:\n  ceiling: not installed');
});

test('the table says how to repeat each bar alone', async () => {
  const outcomes = await runBars([ratioBar('slow', made('a', [1]), made('b', [1]))], 1, context, () => {});
  expect(renderBars(outcomes)).toMatch(/slow +MISSED +1\.00 x +>= 2 x +>= 3 x +npm run bars -- slow/);
});

test('bars have names of their own, and the same measurement has the same name', () => {
  const names = SPEED_BARS.map((bar) => bar.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('append-100B');
});

test('what db_bench prints is understood, whatever it writes over on its line', () => {
  const output =
    'DB path: [x]\n... finished 100 ops    \r... finished 200 ops   \rfillseq      :       2.877 micros/op 329136 ops/sec 0.608 seconds 200000 operations;   39.5 MB/s\nreadseq      :       0.085 micros/op 11818235 ops/sec 0.017 seconds 200000 operations; 1420.1 MB/s\n';
  expect(parseRate(output, 'fillseq')).toBe(329_136);
  expect(parseRate(output, 'readseq')).toBe(11_818_235);
  expect(() => parseRate('Command line flags', 'fillseq')).toThrow('did not tell');
});
