// Grafana's dashboard as a picture: queries are filled in as Grafana does, every panel has its data, units are readable.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PICTURE, readDashboard } from '../dist/dashboard/definition.js';
import { panelSeries, type Series } from '../dist/dashboard/panel-series.js';
import { drawPicture } from '../dist/dashboard/picture.js';
import { ticksTo, withUnit } from '../dist/dashboard/units.js';
import { legend, substitute } from '../dist/dashboard/variables.js';
import { complaints, requests } from './markup.js';

const dashboard = readDashboard();
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const VARIABLES = { logs: ['a'], scrapeSeconds: 2, stepSeconds: 2 };
const panelOf = (...exprs: string[]) => ({
  type: 'timeseries',
  title: 'A panel',
  gridPos: { h: 8, w: 8, x: 0, y: 0 },
  targets: exprs.map((expr) => ({ expr, legendFormat: '{{log}} {{cause}}' })),
});

test('variables are filled in as Grafana does', () => {
  const expr = 'rate(x_total{log=~"$log"}[$__rate_interval])';
  expect(substitute(expr, VARIABLES)).toBe('rate(x_total{log=~"a"}[8s])');
  expect(substitute(expr, { logs: ['a.b', 'c"\\'], scrapeSeconds: 2, stepSeconds: 15 })).toBe(
    String.raw`rate(x_total{log=~"(a\\.b|c\"\\\\)"}[17s])`,
  );
  for (const unknown of ['$interval', `\${log:regex}`]) {
    expect(() => substitute(`x[${unknown}]`, VARIABLES)).toThrow(`of the variable ${unknown}`);
  }
  for (const { targets = [] } of panels) {
    for (const { expr } of targets) expect(substitute(expr, VARIABLES)).not.toContain('$');
  }
});

test('a legend has the labels of its series', () => {
  expect(legend('{{log}} shard {{ shard }}{{none}}', { log: 'a', shard: '1' })).toBe('a shard 1');
});

test('a series has a gap where Prometheus has no value', () => {
  const answer = {
    metric: { log: 'a', cause: 'b' },
    values: [
      [10, '1.5'],
      [14, 'NaN'],
      [16, '+Inf'],
    ] as const,
  };
  const [series] = panelSeries(panelOf('x'), [[answer]], [10, 12, 14, 16]);
  expect(series).toEqual({ name: 'a b', values: [1.5, Number.NaN, Number.NaN, Number.NaN] });
});

test('a query without any value is refused, unless it looks for what need not happen', () => {
  const full = [{ metric: {}, values: [[10, '0']] as const }];
  const nothing = [{ metric: {}, values: [[10, 'NaN']] as const }];
  for (const answers of [[full, []], [full, nothing], [full]]) {
    expect(() => panelSeries(panelOf('x', 'rate(y[8s])'), answers, [10])).toThrow(
      'A panel: no data for rate(y[8s])',
    );
  }
  expect(panelSeries(panelOf('x', 'y{log=~"a"} > 0'), [full, []], [10])).toHaveLength(1);
});

test.each([
  ['ops', 1234, '1.23K ops/s'],
  ['Bps', 25_000_000, '25 MB/s'],
  ['bytes', 1536, '1.5 KiB'],
  ['s', 0.00025, '250 µs'],
  ['s', 2, '2 s'],
  ['percentunit', 0.5, '50%'],
  ['short', 0.25, '0.25'],
  ['short', 0, '0'],
])('in %s, %d is %s', (unit, value, text) => {
  expect(withUnit(unit, value)).toBe(text);
});

test('ticks are round in their unit, and reach the greatest value', () => {
  expect(ticksTo('bytes', 7 * 2 ** 20)).toEqual([0, 2, 4, 6, 8].map((mib) => mib * 2 ** 20));
  expect(ticksTo('s', 0.1).map((tick) => withUnit('s', tick))).toEqual([
    '0',
    '25 ms',
    '50 ms',
    '75 ms',
    '100 ms',
  ]);
  expect(() => ticksTo('furlongs', 1)).toThrow('furlongs');
});

test('the picture has every row, panel and series, stands alone, and is well-formed', () => {
  const series: Series[] = [
    { name: 'a <b> & c', values: [1, Number.NaN, 0.001] },
    { name: 'none', values: [0, 0, 0] },
  ];
  const svg = drawPicture(
    dashboard,
    panels.map((panel) => ({ panel, series })),
    60,
    'what it is',
  );
  expect(complaints(svg)).toEqual([]);
  expect(requests(svg.replaceAll('http://www.w3.org/', '#'))).toEqual([]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg).toContain('prefers-color-scheme:dark');
  expect(svg).toMatch(/role="img" aria-labelledby="name what"[\s\S]*<desc id="what">what it is</);
  for (const { title } of dashboard.panels) expect(svg).toContain(`>${title}</text>`);
  expect(svg.split('>a &lt;b&gt; &amp; c</text>')).toHaveLength(panels.length + 1);
});

test('the picture that is kept is one of the dashboard as it is, and small', () => {
  const svg = readFileSync(PICTURE, 'utf8');
  expect(complaints(svg)).toEqual([]);
  expect(svg.length).toBeLessThan(300_000);
  const titles = [...svg.matchAll(/class="(?:title|row)"[^>]*>([^<]*)</g)].map(([, title]) => title);
  expect(titles.toSorted()).toEqual(dashboard.panels.map(({ title }) => title).toSorted());
});
