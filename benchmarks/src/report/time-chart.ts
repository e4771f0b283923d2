import { lineY, ruleX, text } from '@observablehq/plot';
import { shortNumber } from '@shale/bench-kit';
import { COLORS, draw } from './plot-document.js';

/** A value at a time, in seconds. */
export interface Moment {
  readonly at: number;
  /** NaN where there is none: the line has a gap. */
  readonly value: number;
  readonly color: string;
}

/** A stretch of time that has a name. */
export interface Stretch {
  readonly name: string;
  readonly from: number;
}

const WIDTH = 720;
const HEIGHT = 220;
/** Names of phases stand under one another by turns, so that short ones do not lie over the next. */
const NAME_ROWS = 2;

/** Lines over seconds, from zero, with the phases marked; values of one colour are one line. */
export function timeChart(moments: readonly Moment[], phases: readonly Stretch[]): string {
  const values = moments.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  const top = Math.max(Number.MIN_VALUE, ...values) * 1.05;
  const end = Math.max(1, ...moments.map(({ at }) => at));
  const names = phases.map(({ name, from }, i) => ({ name, from, dy: 4 + 12 * (i % NAME_ROWS) }));
  return draw({
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 48,
    marginRight: 12,
    marginTop: 30,
    marginBottom: 36,
    x: { domain: [0, end], label: 'seconds', labelAnchor: 'center', labelArrow: 'none' },
    y: { label: null, domain: [0, top], grid: true, tickFormat: shortNumber, ticks: 5 },
    marks: [
      ruleX(names, { x: 'from', stroke: COLORS.faint, strokeWidth: 1.5 }),
      ...names.map((one) =>
        text([one], {
          x: 'from',
          text: 'name',
          frameAnchor: 'top',
          textAnchor: 'start',
          dx: 4,
          dy: one.dy - 30,
        }),
      ),
      lineY(moments, { x: 'at', y: 'value', z: 'color', stroke: 'color', strokeWidth: 1.5 }),
    ],
    color: { type: 'identity' },
  });
}
