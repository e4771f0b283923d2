import { type Measures, median, medians } from '@shale/bench-kit';
import type { MeasureContext, Measurement } from './measurement.js';
import { type BarOutcome, judge, type SpeedBar } from './speed-bar.js';

/** Told before each measurement: what it is, and how many there have been and will be. */
export type BarProgress = (key: string, done: number, total: number) => void;

/**
 * Measures what the bars need, round by round, each measurement once per round, and holds the medians of the figures
 * against the bars.
 */
export async function runBars(
  bars: readonly SpeedBar[],
  rounds: number,
  context: MeasureContext,
  onProgress: BarProgress,
): Promise<readonly BarOutcome[]> {
  const measurements = new Map<string, Measurement>(
    bars.flatMap((bar) => bar.measurements).map((one) => [one.key, one]),
  );
  const measured = new Map<string, Measures[]>([...measurements.keys()].map((key) => [key, []]));
  const figures = new Map<SpeedBar, number[]>(bars.map((bar) => [bar, []]));
  const reasons = new Map<string, Set<string>>();
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    const now = new Map<string, Measures>();
    for (const [key, measurement] of measurements) {
      context.signal.throwIfAborted();
      onProgress(key, done, rounds * measurements.size);
      done += 1;
      try {
        const measures = await measurement.run(context, ({ key: of }) => now.get(of));
        now.set(key, measures);
        measured.get(key)?.push(measures);
      } catch (error) {
        context.signal.throwIfAborted();
        const reason = error instanceof Error ? error.message : String(error);
        reasons.set(key, (reasons.get(key) ?? new Set()).add(reason));
      }
    }
    for (const bar of bars) {
      const figure = bar.figure((one) => now.get(one.key));
      if (figure !== undefined && Number.isFinite(figure)) figures.get(bar)?.push(figure);
    }
  }
  return bars.map((bar) => {
    const found = figures.get(bar) ?? [];
    const figure = found.length === 0 ? null : median(found);
    const { name, what, unit, direction, stretch } = bar;
    return {
      name,
      what,
      unit,
      direction,
      bar: bar.bar,
      stretch,
      figure,
      rounds: found,
      verdict: figure === null ? 'not measured' : judge(bar, figure),
      measured: Object.fromEntries(
        bar.measurements.map(({ key }) => [key, medians(measured.get(key) ?? [])]),
      ),
      reasons: bar.measurements.flatMap(({ key }) =>
        [...(reasons.get(key) ?? [])].map((why) => `${key}: ${why}`),
      ),
    };
  });
}
