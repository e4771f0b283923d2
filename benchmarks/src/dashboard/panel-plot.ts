import { areaY, lineY } from '@observablehq/plot';
import { COLORS, draw } from '../report/plot-document.js';
import type { Series } from './panel-series.js';
import { ticksTo, withUnit } from './units.js';

/** How one panel is drawn. */
export interface PanelPlot {
  readonly width: number;
  readonly height: number;
  readonly unit: string;
  readonly isLogarithmic: boolean;
  /** Of the area below a curve, in per cent. */
  readonly fillOpacity: number;
  readonly stepSeconds: number;
  readonly series: readonly Series[];
  /** For each of the series. */
  readonly colors: readonly string[];
}

const MINUTE = 60;

/** The curves of a panel over time as an SVG element: from zero, or on a logarithmic scale. */
export function panelPlot({ width, height, stepSeconds, series, colors, ...scale }: PanelPlot): string {
  const points = series.flatMap(({ values }, z) =>
    values
      .map((value, i) => ({ at: i * stepSeconds, value, z, color: colors[z] }))
      // What lies between equals is on the line anyway.
      .filter(({ value }, i) => value !== values[i - 1] || value !== values[i + 1]),
  );
  const values = points.map(({ value }) => value).filter(Number.isFinite);
  const ticks = scale.isLogarithmic ? powersOver(values) : ticksTo(scale.unit, Math.max(0, ...values) || 1);
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  const end = Math.max(0, ...points.map(({ at }) => at));
  const channels = { x: 'at', z: 'z' };
  const svg = draw({
    width,
    height,
    marginLeft: 78,
    marginRight: 24,
    marginTop: 8,
    marginBottom: 20,
    x: {
      domain: [0, end],
      label: null,
      ticks: Array.from({ length: Math.floor(end / MINUTE) + 1 }, (_, i) => i * MINUTE),
      tickSize: 3,
      tickFormat: (at: number) => (at === 0 ? '0' : `${at / MINUTE} min`),
    },
    y: {
      type: scale.isLogarithmic ? 'log' : 'linear',
      domain: [low, high],
      label: null,
      ticks,
      tickSize: 0,
      tickFormat: (value: number) => withUnit(scale.unit, value),
      grid: true,
    },
    marks: [
      ...(scale.fillOpacity > 0
        ? [
            areaY(points, {
              ...channels,
              y1: low,
              y2: 'value',
              fill: 'color',
              fillOpacity: scale.fillOpacity / 100,
            }),
          ]
        : []),
      lineY(points, { ...channels, y: 'value', stroke: 'color', strokeWidth: 1.5 }),
    ],
    color: { type: 'identity' },
  });
  // A tenth of a pixel is enough.
  return svg.replace(/ d="[^"]*"/g, (path) => path.replace(/(\.\d)\d+/g, '$1'));
}

/** The powers of ten from below the least value to above the greatest. */
function powersOver(values: readonly number[]): number[] {
  const powers = values.filter((value) => value > 0).map(Math.log10);
  const low = Math.floor(Math.min(...powers, 0));
  const high = Math.max(low + 1, Math.ceil(Math.max(...powers, low)));
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
}

/** Curves are told apart by these, in turn. */
export const CURVES: readonly string[] = [
  COLORS.shale,
  COLORS.second,
  COLORS.third,
  ...['violet', 'olive', 'rose', 'sky', 'brown', 'grey'].map((name) => `var(--${name})`),
];
/** The colours beside those of a report. */
const LIGHT = '--violet:#7c4ddb;--olive:#6b7d0a;--rose:#c92a6d;--sky:#1596b8;--brown:#8a5a2b;--grey:#6b7482';
const DARK = '--violet:#b79bff;--olive:#c0d257;--rose:#ff86b5;--sky:#66d3ee;--brown:#d3a87c;--grey:#9aa3af';
export const CURVE_STYLE: string = `svg{${LIGHT}}@media(prefers-color-scheme:dark){svg{${DARK}}}`;
