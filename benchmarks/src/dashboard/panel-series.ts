import type { Panel } from './definition.js';
import { legend } from './variables.js';

/** A series as Prometheus answers it. */
export interface Answer {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix time in seconds, and the value as text. */
  readonly values: readonly (readonly [number, string])[];
}

/** A series as a panel shows it. */
export interface Series {
  readonly name: string;
  /** NaN where there is no value. */
  readonly values: readonly number[];
}

/** A query that keeps what fulfils a comparison may find nothing: then what it looks for did not happen. */
const COMPARES = / [<>=!]=? ?\S+$/;

/**
 * The series of a panel at the given times, from the answers to its targets in order. Throws when a target has no
 * value at any time, unless it looks for something that need not happen.
 */
export function panelSeries(
  panel: Panel,
  answers: readonly (readonly Answer[])[],
  times: readonly number[],
): Series[] {
  return (panel.targets ?? []).flatMap(({ expr, legendFormat }, i) => {
    const series = (answers[i] ?? []).map(({ metric, values }) => {
      const at = new Map(values.map(([time, value]) => [time, Number(value)]));
      return { name: legend(legendFormat, metric), values: times.map((time) => at.get(time) ?? Number.NaN) };
    });
    const isEmpty = !series.some(({ values }) => values.some(Number.isFinite));
    if (isEmpty && !COMPARES.test(expr)) throw new Error(`${panel.title}: no data for ${expr}`);
    return series.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
  });
}
