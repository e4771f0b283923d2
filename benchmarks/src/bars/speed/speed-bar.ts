import type { Measures } from '@shale/bench-kit';
import type { Measurement } from './measurement.js';

/** A promise about speed: a figure made of measurements of one round, held against a bar. */
export interface SpeedBar {
  readonly name: string;
  /** What the figure is. */
  readonly what: string;
  /** Printed after the figure: ` x`, ` ms`, ` %`. */
  readonly unit: string;
  readonly direction: 'at least' | 'at most';
  /** Null: there is a stretch only. */
  readonly bar: number | null;
  readonly stretch: number | null;
  readonly measurements: readonly Measurement[];
  /** The figure of a round; undefined when a measurement that it needs is missing. `of` gives what was measured. */
  figure(of: (measurement: Measurement) => Measures | undefined): number | undefined;
}

/** What became of a bar. */
export interface BarOutcome {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly direction: SpeedBar['direction'];
  readonly bar: number | null;
  readonly stretch: number | null;
  /** The median over rounds; null when it was not measured. */
  readonly figure: number | null;
  /** The figure of each round that had one. */
  readonly rounds: readonly number[];
  readonly verdict: 'stretch' | 'holds' | 'missed' | 'not measured';
  /** The median of what each measurement came to, by its name. */
  readonly measured: Readonly<Record<string, Measures>>;
  /** Why measurements are missing. */
  readonly reasons: readonly string[];
}

/** Whether a figure reaches its bar, or more. */
export function judge(
  { direction, bar, stretch }: Pick<SpeedBar, 'direction' | 'bar' | 'stretch'>,
  figure: number,
): BarOutcome['verdict'] {
  const reaches = (limit: number): boolean => (direction === 'at least' ? figure >= limit : figure <= limit);
  if (stretch !== null && reaches(stretch)) return 'stretch';
  return bar !== null && reaches(bar) ? 'holds' : 'missed';
}
