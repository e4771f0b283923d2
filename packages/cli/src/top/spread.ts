import { type HistogramSnapshot, quantile } from '@shale/engine';

/** Values that were counted between two moments, in milliseconds. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What several histograms have counted together since the snapshots before. */
export function spreadBetween(
  before: readonly HistogramSnapshot[],
  after: readonly HistogramSnapshot[],
): Spread {
  const counts = new Map<number, number>();
  add(counts, after, 1);
  add(counts, before, -1);
  const buckets = [...counts].filter(([, count]) => count > 0).sort(([one], [other]) => one - other);
  const upTo = buckets.map(([value]) => value);
  const count = buckets.reduce((sum, [, here]) => sum + here, 0);
  const between: HistogramSnapshot = { count, sum: 0, upTo, counts: buckets.map(([, here]) => here) };
  return {
    count,
    p50: quantile(between, 0.5),
    p90: quantile(between, 0.9),
    p99: quantile(between, 0.99),
    p999: quantile(between, 0.999),
    max: upTo.at(-1) ?? 0,
  };
}

function add(counts: Map<number, number>, histograms: readonly HistogramSnapshot[], sign: 1 | -1): void {
  for (const { upTo, counts: here } of histograms) {
    for (const [i, value] of upTo.entries())
      counts.set(value, (counts.get(value) ?? 0) + sign * (here[i] ?? 0));
  }
}
