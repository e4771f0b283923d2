import type { Spread } from '../top/spread.js';
import { latency } from '../top/words.js';
import { Chart, type Line } from './chart.js';
import { drawing, element, say } from './dom.js';
import type { SentView } from './history.js';
import type { Content } from './panel.js';
import { logarithmic } from './scale.js';

const STATS = [
  ['p50', 'p50', ''],
  ['p90', 'p90', null],
  ['p99', 'p99', 'second'],
  ['p99.9', 'p999', null],
  ['max', 'max', 'third'],
] as const;

/** How long something took: five numbers, three of them over time. */
export function latencies(title: string, spreadOf: (view: SentView) => Spread): Content[] {
  const lines = STATS.flatMap(([name, key, className]): Line[] => {
    if (className === null) return [];
    const amountOf: Line['amountOf'] = ({ view }) => {
      const spread = spreadOf(view);
      return spread.count === 0 ? undefined : spread[key];
    };
    return [{ name, className, amountOf }];
  });
  const chart = new Chart({
    title,
    lines,
    scaleOf: (values) =>
      values.length === 0 ? logarithmic(0.1, 10) : logarithmic(Math.min(...values), Math.max(...values)),
    format: (ms) => `${ms < 1 ? ms : Math.round(ms).toLocaleString('en')} ms`,
    filled: false,
  });
  const values = STATS.map(([name, key, className]) => {
    const value = element('dd', '', '-');
    const sample = className === null ? [] : [sampleOf(className)];
    return { key, value, node: element('div', '', element('dt', '', ...sample, name), value) };
  });
  const stats: Content = {
    node: element('dl', 'stats', ...values.map(({ node }) => node)),
    say: (view) => {
      const spread = spreadOf(view);
      for (const { key, value } of values) say(value, spread.count === 0 ? '-' : latency(spread[key]));
    },
  };
  return [chart, stats];
}

/** How the line looks that stands for it. */
function sampleOf(className: string): SVGElement {
  return drawing(
    'svg',
    { viewBox: '0 0 24 8', 'aria-hidden': 'true' },
    drawing('path', { class: `line ${className}`, d: 'M0,4H24' }),
  );
}
