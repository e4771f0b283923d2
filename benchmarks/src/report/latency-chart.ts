import { dot, link, text } from '@observablehq/plot';
import type { Measures } from '@shale/bench-kit';
import { COLORS, draw } from './plot-document.js';

/** One case with its percentiles. */
export interface LatencyRow {
  readonly label: string;
  readonly measures: Measures;
  readonly color: string;
}

const WIDTH = 360;
const ROW = 36;
const POINTS = [
  { name: 'p50', measure: 'latencyP50', size: 5, opacity: 1 },
  { name: 'p90', measure: 'latencyP90', size: 4, opacity: 0.8 },
  { name: 'p99', measure: 'latencyP99', size: 4, opacity: 0.6 },
  { name: 'p99.9', measure: 'latencyP999', size: 3.5, opacity: 0.45 },
  { name: 'max', measure: 'latencyMax', size: 3.5, opacity: 0.3 },
] as const;

/** What the dots of the chart are, from left to right. */
export const LATENCY_POINTS: string = POINTS.map((point) => point.name).join(', ');

/** A line for each case from its median to its maximum, on a logarithmic scale of milliseconds. */
export function latencyChart(rows: readonly LatencyRow[]): string {
  const labels = rows.map((row, i) => ({ row: i, label: row.label }));
  const dots = rows.flatMap(({ measures, color }, row) =>
    POINTS.flatMap(({ measure, size, opacity }) => {
      const value = measures[measure];
      return value === undefined || value <= 0 ? [] : [{ row, value, size, opacity, color }];
    }),
  );
  const values = dots.map((one) => one.value);
  const domain = [Math.min(...values) / 1.2, Math.max(...values) * 1.2];
  const lines = rows.flatMap(({ measures, color }, row) =>
    measures.latencyP50 === undefined || measures.latencyMax === undefined
      ? []
      : [{ row, low: measures.latencyP50, high: measures.latencyMax, color }],
  );
  return draw({
    width: WIDTH,
    height: ROW * rows.length + 44,
    marginLeft: 8,
    marginRight: 14,
    marginTop: 2,
    marginBottom: 40,
    x: {
      type: 'log',
      domain,
      label: 'milliseconds',
      labelAnchor: 'center',
      ticks: ticksIn(domain),
      tickFormat: shortMs,
      grid: true,
    },
    y: { axis: null, type: 'band', domain: labels.map((one) => one.row), padding: 0 },
    marks: [
      link(lines, {
        x1: 'low',
        x2: 'high',
        y1: 'row',
        y2: 'row',
        stroke: 'color',
        strokeWidth: 2,
        strokeOpacity: 0.35,
        dy: 8,
      }),
      dot(dots, { x: 'value', y: 'row', r: 'size', fill: 'color', fillOpacity: 'opacity', dy: 8 }),
      text(labels, {
        frameAnchor: 'left',
        y: 'row',
        text: 'label',
        fill: COLORS.text,
        textAnchor: 'start',
        dy: -8,
      }),
    ],
    color: { type: 'identity' },
    r: { type: 'identity' },
    opacity: { type: 'identity' },
  });
}

/** The powers of ten in a range, with their doubles and fives when those would be too few. */
function ticksIn([low = 0, high = 0]: readonly number[]): number[] {
  const steps = (factors: readonly number[]): number[] =>
    [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6]
      .flatMap((power) => factors.map((factor) => factor * 10 ** power))
      .filter((value) => value >= low && value <= high);
  const powers = steps([1]);
  return powers.length >= 3 ? powers : steps([1, 2, 5]);
}

function shortMs(value: number): string {
  return value >= 1 ? String(Math.round(value)) : String(Number(value.toPrecision(1)));
}
