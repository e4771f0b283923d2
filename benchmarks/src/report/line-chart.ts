import { dot, lineY, text } from '@observablehq/plot';
import { shortNumber } from '@shale/bench-kit';
import { COLORS, draw } from './plot-document.js';

/** A point of a line. */
export interface Point {
  /** What stands on the axis below it. */
  readonly x: string;
  readonly y: number;
  readonly color: string;
}

const WIDTH = 360;
const HEIGHT = 220;

/** Lines over a few named steps, from zero; each point says its value. Points of one colour are one line. */
export function lineChart(points: readonly Point[], label: string): string {
  const domain = [...new Set(points.map((point) => point.x))];
  return draw({
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 22,
    marginRight: 22,
    marginTop: 22,
    marginBottom: 40,
    x: { type: 'point', domain, label, labelAnchor: 'center', labelArrow: 'none', tickSize: 0 },
    y: {
      axis: null,
      domain: [0, Math.max(Number.MIN_VALUE, ...points.map((point) => point.y)) * 1.08],
      grid: true,
    },
    marks: [
      lineY(points, { x: 'x', y: 'y', z: 'color', stroke: 'color', strokeWidth: 2 }),
      dot(points, { x: 'x', y: 'y', fill: 'color', r: 3.5 }),
      text(points, {
        x: 'x',
        y: 'y',
        text: (point: Point) => shortNumber(point.y),
        fill: COLORS.text,
        dy: -11,
        fontSize: 11,
      }),
    ],
    color: { type: 'identity' },
  });
}
