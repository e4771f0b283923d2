/** Each doubling of the value has so many buckets, as a power of two: a value is known to a sixteenth of itself. */
const PART_BITS = 4;
const PARTS = 2 ** PART_BITS;
/** Values are counted in units up to this; what is larger counts as this much. */
const MOST_UNITS = 2 ** 31 - 1;
const BUCKETS = (31 - PART_BITS + 1) * PARTS;

/** Numbers that a histogram takes in the array that it is given: the sum, then the buckets. */
export const HISTOGRAM_CELLS: number = 1 + BUCKETS;

/** How values are spread, at one moment. */
export interface HistogramSnapshot {
  /** Values. */
  readonly count: number;
  /** What they come to together. */
  readonly sum: number;
  /** The largest value of each bucket that holds any, ascending. No bucket is wider than a sixteenth of it. */
  readonly upTo: readonly number[];
  /** How many values each of them holds. */
  readonly counts: readonly number[];
}

/**
 * Counts values in buckets whose width grows with the value. It lives in an array, so that one thread can write it and
 * another read it: what is read may lack the values of this moment.
 */
export class Histogram {
  readonly #cells: Float64Array;
  readonly #unitsPerOne: number;

  /**
   * @param cells {@link HISTOGRAM_CELLS} of them, which only this writes
   * @param unitsPerOne how finely small values are told apart
   */
  constructor(cells: Float64Array, unitsPerOne: number) {
    this.#cells = cells;
    this.#unitsPerOne = unitsPerOne;
  }

  /** Counts a value from 0, as often as it occurred. */
  record(value: number, times = 1): void {
    const cells = this.#cells;
    const units = Math.min(Math.ceil(value * this.#unitsPerOne), MOST_UNITS);
    const at = 1 + bucketOf(units);
    cells[0] = (cells[0] ?? 0) + value * times;
    cells[at] = (cells[at] ?? 0) + times;
  }

  snapshot(): HistogramSnapshot {
    const upTo: number[] = [];
    const counts: number[] = [];
    let count = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const here = this.#cells[1 + bucket] ?? 0;
      if (here === 0) continue;
      upTo.push(largestOf(bucket) / this.#unitsPerOne);
      counts.push(here);
      count += here;
    }
    return { count, sum: this.#cells[0] ?? 0, upTo, counts };
  }
}

/** The value that a share of all, from 0 to 1, is not above: the largest one of its bucket. 0 when there is none. */
export function quantile(histogram: HistogramSnapshot, share: number): number {
  const { count, upTo, counts } = histogram;
  let left = Math.max(1, Math.ceil(count * share));
  for (const [i, here] of counts.entries()) {
    left -= here;
    if (left <= 0) return upTo[i] ?? 0;
  }
  return upTo.at(-1) ?? 0;
}

function bucketOf(units: number): number {
  const shift = 31 - Math.clz32(units) - PART_BITS;
  // The first doublings have a bucket for each unit.
  return shift <= 0 ? units : shift * PARTS + (units >>> shift);
}

function largestOf(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / PARTS) - 1);
  return (bucket - shift * PARTS + 1) * 2 ** shift - 1;
}
