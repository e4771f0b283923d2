import { standAlone } from '../report/drawings.js';
import { escapeText } from '../report/escape.js';
import type { Dashboard, Panel } from './definition.js';
import { CURVE_STYLE, CURVES, panelPlot } from './panel-plot.js';
import type { Series } from './panel-series.js';

/** A panel with what it shows. */
export interface FilledPanel {
  readonly panel: Panel;
  readonly series: readonly Series[];
}

const COLUMN = 54;
const ROW = 32;
const GAP = 8;
const PADDING = 10;
/** From the top of a panel to its curves. */
const TITLE = 28;
const LEGEND_ROW = 16;
/** About what a letter of the legend takes, and what is before and behind a name. */
const LETTER = 6.2;
const KEY = 26;

const STYLE = `${CURVE_STYLE}
svg{--card:#fff;--page:#f5f6f8;--edge:#e0e4ea}@media(prefers-color-scheme:dark){svg{--card:#1b2027;--page:#12151a;--edge:#2d343e}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:currentColor}
.title{font-size:13px;font-weight:600}.row{font-size:15px;font-weight:600}.legend{font-size:11px}`;

/** The dashboard with its curves, in its own grid, as an SVG that stands alone. */
export function drawPicture(
  { title, panels }: Dashboard,
  filled: readonly FilledPanel[],
  stepSeconds: number,
  description: string,
): string {
  const width = 24 * COLUMN + GAP;
  const height = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * ROW + GAP;
  const rows = panels
    .filter(({ type }) => type === 'row')
    .map(
      ({ title, gridPos: { x, y } }) =>
        `<text class="row" x="${x * COLUMN + GAP}" y="${y * ROW + 25}">${escapeText(title)}</text>`,
    );
  return standAlone(
    [
      `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="name what">`,
      `<title id="name">${escapeText(title)}</title><desc id="what">${escapeText(description)}</desc>`,
      `<style>${STYLE}</style><rect width="100%" height="100%" fill="var(--page)"/>`,
      ...rows,
      ...filled.map((one) => drawPanel(one, stepSeconds)),
      '</svg>',
    ].join('\n'),
  );
}

function drawPanel({ panel, series }: FilledPanel, stepSeconds: number): string {
  const { gridPos, fieldConfig, title } = panel;
  const [width, height] = [gridPos.w * COLUMN - GAP, gridPos.h * ROW - GAP];
  const colors = series.map((_, i) => CURVES[i % CURVES.length] ?? 'currentColor');
  const names = placeNames(series, width - 2 * PADDING);
  const legendTop = height - PADDING - ((names.at(-1)?.row ?? 0) + 1) * LEGEND_ROW;
  const plot = panelPlot({
    width: width - PADDING,
    height: legendTop - TITLE,
    unit: fieldConfig?.defaults.unit ?? 'short',
    isLogarithmic: fieldConfig?.defaults.custom.scaleDistribution?.type === 'log',
    fillOpacity: fieldConfig?.defaults.custom.fillOpacity ?? 0,
    stepSeconds,
    series,
    colors,
  });
  const keys = names.map(({ name, x, row }, i) => {
    const y = legendTop + row * LEGEND_ROW + 14;
    return `<rect x="${x}" y="${y - 5}" width="10" height="3" fill="${colors[i]}"/><text class="legend" x="${x + 14}" y="${y}">${escapeText(name)}</text>`;
  });
  return [
    `<g transform="translate(${gridPos.x * COLUMN + GAP} ${gridPos.y * ROW + GAP})">`,
    `<rect width="${width}" height="${height}" rx="6" fill="var(--card)" stroke="var(--edge)"/>`,
    `<text class="title" x="${PADDING}" y="20">${escapeText(title)}</text>`,
    plot.replace(/^<svg /, `<svg y="${TITLE}" `),
    ...keys,
    '</g>',
  ].join('');
}

/** Where each name of a legend stands: beside one another, and in the next row where the width ends. */
function placeNames(
  series: readonly Series[],
  width: number,
): { readonly name: string; readonly x: number; readonly row: number }[] {
  let [x, row] = [0, 0];
  return series.map(({ name }) => {
    const wide = Math.ceil(name.length * LETTER) + KEY;
    if (x > 0 && x + wide > width) [x, row] = [0, row + 1];
    const place = { name, x: x + PADDING, row };
    x += wide;
    return place;
  });
}
