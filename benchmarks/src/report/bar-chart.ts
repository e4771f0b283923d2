import { barX, ruleX, text } from '@observablehq/plot';
import { COLORS, draw } from './plot-document.js';

/** One bar, with its label above it: there is no room beside it on a phone. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What is written at its end. */
  readonly shown: string;
  readonly color: string;
}

const WIDTH = 360;
const ROW = 40;
/** Room at the right for what is written at the end of the longest bar. */
const END = 84;

/** Horizontal bars from zero, the labels above them. */
export function barChart(bars: readonly Bar[]): string {
  const rows = bars.map((bar, i) => ({ ...bar, row: i }));
  return draw({
    width: WIDTH,
    height: ROW * rows.length + 6,
    marginLeft: 1,
    marginRight: END,
    marginTop: 0,
    marginBottom: 4,
    x: { axis: null, domain: [0, Math.max(Number.MIN_VALUE, ...bars.map((bar) => bar.value))] },
    y: { axis: null, type: 'band', domain: rows.map((row) => row.row), padding: 0 },
    marks: [
      barX(rows, { x1: 0, x2: 'value', y: 'row', fill: 'color', insetTop: 21, insetBottom: 4, rx: 2 }),
      text(rows, { x: 0, y: 'row', text: 'label', fill: COLORS.text, textAnchor: 'start', dy: -7 }),
      text(rows, {
        x: 'value',
        y: 'row',
        text: 'shown',
        fill: COLORS.text,
        textAnchor: 'start',
        dx: 5,
        dy: 8.5,
        fontWeight: 600,
      }),
      ruleX([0], { stroke: COLORS.faint }),
    ],
    color: { type: 'identity' },
  });
}
