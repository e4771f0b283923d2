import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HISTOGRAM_CELLS, Histogram, quantile } from '../dist/metrics/histogram.js';

const UNITS = 16;

function filled(values: readonly number[], unitsPerOne = UNITS) {
  const histogram = new Histogram(new Float64Array(HISTOGRAM_CELLS), unitsPerOne);
  for (const value of values) histogram.record(value);
  return histogram.snapshot();
}

test('every value is in one bucket, whose largest value is at most a sixteenth above it', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e8, noNaN: true }), (value) => {
      const { count, sum, upTo, counts } = filled([value]);
      expect([count, counts]).toEqual([1, [1]]);
      expect(sum).toBe(value);
      expect(upTo[0]).toBeGreaterThanOrEqual(value);
      expect(upTo[0]).toBeLessThanOrEqual((value * 17) / 16 + 1 / UNITS);
    }),
  );
});

test('a quantile is at most a sixteenth above what a sorted list says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 2 ** 27 }), { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const exact =
          values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;
        const told = quantile(filled(values, 1), share);
        expect(told).toBeGreaterThanOrEqual(exact);
        expect(told).toBeLessThanOrEqual((exact * 17) / 16);
      },
    ),
  );
});

test('whole numbers up to 31 have a bucket each, and what is larger than all of them is in the last', () => {
  const values = Array.from({ length: 32 }, (_, i) => i);
  expect(filled(values, 1).upTo).toEqual(values);
  expect(filled([Number.MAX_VALUE, 2 ** 31 - 1], 1)).toMatchObject({ upTo: [2 ** 31 - 1], counts: [2] });
  expect(quantile(filled([]), 0.5)).toBe(0);
});

test('a value that occurred several times counts as often', () => {
  const histogram = new Histogram(new Float64Array(HISTOGRAM_CELLS), 1);
  histogram.record(3, 5);
  histogram.record(7, 0);
  expect(histogram.snapshot()).toEqual({ count: 5, sum: 15, upTo: [3], counts: [5] });
});
