import { median, seededRandom } from '@shale/bench-kit';

/** An estimate with the interval that holds it with the given confidence. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 4000;
const SEED = 20_240_601;

/**
 * How many times larger the median of `after` is than that of `before`, with a percentile bootstrap interval: both are
 * drawn again with replacement, many times, and the middle share of the ratios is kept. The same samples always give
 * the same interval.
 */
export function ratioOfMedians(
  before: readonly number[],
  after: readonly number[],
  confidence: number,
): Interval {
  const random = seededRandom(SEED);
  const again = (values: readonly number[]): number =>
    median(values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN));
  const ratios = Array.from({ length: RESAMPLES }, () => again(after) / again(before)).sort((a, b) => a - b);
  const at = (share: number): number => ratios[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN;
  return {
    estimate: median(after) / median(before),
    low: at((1 - confidence) / 2),
    high: at((1 + confidence) / 2),
  };
}
