import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Measures } from '../report/measures.js';

const LOWEST_NS = 1;
const HIGHEST_NS = 3_600_000_000_000;
/** Significant decimal digits that the histogram keeps of each value. */
const FIGURES = 3;

/** Latencies in an HDR histogram (Node's own): every value counts, and p99.9 is as exact as p50. */
export class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram({
    lowest: LOWEST_NS,
    highest: HIGHEST_NS,
    figures: FIGURES,
  });

  /** Records one latency, in milliseconds. */
  add(ms: number): void {
    this.#histogram.record(Math.max(LOWEST_NS, Math.round(ms * 1e6)));
  }

  /** How many have been recorded. */
  get count(): number {
    return this.#histogram.count;
  }

  /** The percentiles that are reported; none when nothing was recorded. */
  measures(): Measures {
    if (this.count === 0) return {};
    const at = (percentile: number): number => this.#histogram.percentile(percentile) / 1e6;
    return {
      latencyP50: at(50),
      latencyP90: at(90),
      latencyP99: at(99),
      latencyP999: at(99.9),
      latencyMax: this.#histogram.max / 1e6,
    };
  }
}
