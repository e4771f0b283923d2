import type { Measures } from '@shale/bench-kit';
import type { DeliveryCase, DeliveryRecord } from '../delivery/measure.js';
import { escapeText } from './escape.js';
import { LATENCY_POINTS, latencyChart } from './latency-chart.js';
import { PAGE_STYLE } from './page-style.js';
import { COLORS } from './plot-document.js';

/** A drawing of one way of acknowledging. */
export interface DeliveryFigure {
  readonly name: 'sync' | 'os';
  readonly title: string;
  readonly svg: string;
}

const TITLES = {
  sync: "'sync': to the acknowledgement, and to a follower with 'durable' visibility",
  os: "'os': to the acknowledgement, and to a follower with 'acknowledged' visibility",
} as const;

/** What each case took until it was acknowledged, and until it was delivered. */
export function deliveryFigures({ cases }: DeliveryRecord): readonly DeliveryFigure[] {
  return (['sync', 'os'] as const).map((name) => {
    const rows = cases
      .filter(({ way }) => way.durability === name)
      .flatMap(({ appenders, acknowledged, delivered }) => [
        { label: `acknowledged, ${atOnce(appenders)}`, measures: acknowledged, color: COLORS.second },
        { label: `delivered, ${atOnce(appenders)}`, measures: delivered, color: COLORS.shale },
      ]);
    return { name, title: TITLES[name], svg: latencyChart(rows) };
  });
}

/** The measurement as one HTML page that needs nothing else: no script, no font, no request. */
export function renderDeliveryPage(record: DeliveryRecord): string {
  const { machine, startedAt, versions, entryBytes } = record;
  const cards = deliveryFigures(record).map(
    ({ title, svg }) =>
      `<section class="card"><h3>${escapeText(title)}</h3><p class="soft">Milliseconds from the call of append: ${LATENCY_POINTS}.</p>${svg}</section>`,
  );
  const conditions = [
    `Appends of ${entryBytes} B to one table with one follower of it in the same process, ${startedAt.slice(0, 16).replace('T', ' ')} UTC.`,
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryMiB / 1024)} GiB, ${machine.os}, ${machine.fileSystem}; load before the run ${machine.load.join(', ')}.`,
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shale benchmarks: append to delivery</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>Append to delivery</h1>
${conditions.map((line) => `<p class="soft">${escapeText(line)}</p>`).join('\n')}
<div class="cards">${cards.join('\n')}</div>
<div class="scroll"><table><thead>${cells(HEADINGS, 'th')}</thead><tbody>${record.cases.map((one) => cells(rowOf(one), 'td')).join('\n')}</tbody></table></div>
</main>
</body>
</html>
`;
}

export const HEADINGS: readonly string[] = [
  'durability',
  'at once',
  'appends',
  'acknowledged p50, p99, p99.9 ms',
  'delivered p50, p99, p99.9 ms',
  'p50 times',
  'p99 times',
];

/** A case in words, as {@link HEADINGS}. */
export function rowOf({ way, appenders, appends, acknowledged, delivered }: DeliveryCase): string[] {
  const times = (of: 'latencyP50' | 'latencyP99'): string =>
    ((delivered[of] ?? Number.NaN) / (acknowledged[of] ?? Number.NaN)).toFixed(2);
  return [
    `'${way.durability}'`,
    `${appenders}`,
    `${appends}`,
    triple(acknowledged),
    triple(delivered),
    times('latencyP50'),
    times('latencyP99'),
  ];
}

function triple({ latencyP50, latencyP99, latencyP999 }: Measures): string {
  return [latencyP50, latencyP99, latencyP999].map((ms) => (ms ?? Number.NaN).toFixed(3)).join(', ');
}

const atOnce = (appenders: number): string => (appenders === 1 ? 'one at a time' : `${appenders} at once`);

function cells(values: readonly string[], tag: 'th' | 'td'): string {
  return `<tr>${values.map((value) => `<${tag}>${escapeText(value)}</${tag}>`).join('')}</tr>`;
}
