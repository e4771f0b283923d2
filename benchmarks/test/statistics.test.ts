// The statistics that tell a regression from noise, held against values worked out by hand or from the tables.
import { seededRandom } from '@shale/bench-kit';
import { expect, test } from 'vitest';
import { ratioOfMedians } from '../dist/statistics/bootstrap.js';
import { mannWhitneyP } from '../dist/statistics/mann-whitney.js';

test.each([
  // Of C(8,4) = 70 splits, 2 are as extreme; of C(10,5) = 252, 2; of C(6,3) = 20, 2.
  [[1, 2, 3, 4], [5, 6, 7, 8], 2 / 70],
  [[5, 6, 7, 8], [1, 2, 3, 4], 2 / 70],
  [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252],
  [[1, 2, 3], [4, 5, 6], 2 / 20],
  // One exchange away from the extreme: the sums 10, 11, 25 and 26.
  [[1, 2, 3, 5], [4, 6, 7, 8], 4 / 70],
  [[1, 4], [2, 3], 1],
  [[7, 7, 7], [7, 7, 7], 1],
])('Mann-Whitney of %j and %j is exact', (a, b, p) => {
  expect(mannWhitneyP(a, b)).toBeCloseTo(p, 12);
});

test('ties share their rank: 1 2 2 against 2 3 3', () => {
  // Doubled ranks 2, 6, 6 | 6, 11, 11: sums of three of them as far from the mean 21 as 14.
  expect(mannWhitneyP([1, 2, 2], [2, 3, 3])).toBeCloseTo(6 / 20, 12);
});

test('samples of the same origin are told apart about as often as the level says', () => {
  const random = seededRandom(5);
  const sample = (): number[] => Array.from({ length: 5 }, random);
  let apart = 0;
  for (let i = 0; i < 1000; i++) if (mannWhitneyP(sample(), sample()) <= 0.05) apart += 1;
  expect(apart).toBeGreaterThan(10);
  expect(apart).toBeLessThan(60);
});

test('the interval of a ratio holds the truth, excludes what is far, and is the same every time', () => {
  const before = [98, 99, 100, 101, 102];
  const after = [196, 198, 200, 202, 204];
  const interval = ratioOfMedians(before, after, 0.95);
  expect(interval.estimate).toBe(2);
  expect(interval.low).toBeGreaterThan(1.9);
  expect(interval.low).toBeLessThan(2);
  expect(interval.high).toBeLessThan(2.1);
  expect(interval.high).toBeGreaterThan(2);
  expect(ratioOfMedians(before, after, 0.95)).toEqual(interval);
});

test('a wider spread gives a wider interval', () => {
  const width = (spread: number): number => {
    const values = [-2, -1, 0, 1, 2].map((step) => 100 + step * spread);
    const { low, high } = ratioOfMedians(values, values, 0.95);
    return high - low;
  };
  expect(width(10)).toBeGreaterThan(3 * width(1));
});
