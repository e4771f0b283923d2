import {
  type CaseResult,
  formatMeasure,
  isMeasureName,
  MEASURES,
  type MeasureName,
  medians,
  type Report,
} from '@shale/bench-kit';
import { escapeText } from './escape.js';
import { PAGE_STYLE } from './page-style.js';
import { type Section, sectionsOf } from './sections.js';

/** The report as one HTML page that needs nothing else: no script, no font, no request. */
export function renderPage(report: Report): string {
  const sections = sectionsOf(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shale benchmarks: ${escapeText(report.suite)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>Shale benchmarks</h1>
${conditions(report)}
${tiles(report)}
<nav>${[...sections, ...REST].map(({ id, title }) => `<a href="#${id}">${escapeText(title)}</a>`).join('')}</nav>
${sections.map(renderSection).join('\n')}
<h2 id="numbers">All numbers</h2>
<p class="soft">Medians over rounds.</p>
${KINDS.map(([kind, title]) => numbers(report, kind, title)).join('\n')}
<h2 id="stores">The stores</h2>
${stores(report)}
</main>
</body>
</html>
`;
}

const REST = [
  { id: 'numbers', title: 'All numbers' },
  { id: 'stores', title: 'The stores' },
];
const KINDS = [
  ['append', 'Appends'],
  ['read', 'Reads'],
  ['recovery', 'Recovery'],
  ['trim', 'Trims'],
] as const;

function conditions({ machine, versions, device, ...report }: Report): string {
  const lines = [
    `Suite ${report.suite}, ${report.roundsWanted} rounds of ${report.secondsPerCase} s per case, ${report.startedAt.slice(0, 16).replace('T', ' ')} UTC.`,
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryMiB / 1024)} GiB, ${machine.os}, ${machine.fileSystem}; load before the run ${machine.load.join(', ')}.`,
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}. Syncs: ${report.syncCounting}.`,
    ...(device === null
      ? []
      : [
          `The disk by itself: ${device.perSecond.toFixed(0)} appends of 128 B with fdatasync per second, p50 ${device.p50Ms.toFixed(2)} ms, p99 ${device.p99Ms.toFixed(2)} ms.`,
        ]),
  ];
  return lines.map((line) => `<p class="soft">${escapeText(line)}</p>`).join('\n');
}

/** The best figure of each kind, for readers who stop here. */
function tiles(report: Report): string {
  const shale = report.cases.filter((one) => one.store === 'shale');
  const best = (measure: MeasureName, fits: (one: CaseResult) => boolean): number | undefined => {
    const values = shale
      .filter(fits)
      .map((one) => medians(one.rounds)[measure])
      .filter((value) => value !== undefined);
    if (values.length === 0) return undefined;
    return MEASURES[measure].better === 'higher' ? Math.max(...values) : Math.min(...values);
  };
  const items: [string, MeasureName, (one: CaseResult) => boolean][] = [
    [
      'entries appended, fdatasync’ed',
      'entriesPerSecond',
      ({ spec }) => spec.kind === 'append' && spec.durability === 'sync',
    ],
    [
      'entries appended, handed to the system',
      'entriesPerSecond',
      ({ spec }) => spec.kind === 'append' && spec.durability === 'os',
    ],
    ['entries replayed', 'entriesPerSecond', ({ spec }) => spec.kind === 'read' && spec.read === 'replay'],
    [
      'one durable append alone, p50',
      'latencyP50',
      ({ spec }) => spec.kind === 'append' && spec.durability === 'sync' && spec.batch * spec.inFlight === 1,
    ],
  ];
  const shown = items.flatMap(([label, measure, fits]) => {
    const value = best(measure, fits);
    return value === undefined
      ? []
      : [`<div class="tile"><b>${formatMeasure(measure, value)}</b><span class="soft">${label}</span></div>`];
  });
  return `<div class="tiles">${shown.join('')}</div>`;
}

function renderSection({ id, title, figures }: Section): string {
  const cards = figures.map(
    (figure) =>
      `<section class="card"><h3>${escapeText(figure.title)}</h3><p class="soft">${escapeText(figure.note)}</p>${figure.svg}</section>`,
  );
  return `<h2 id="${id}">${escapeText(title)}</h2>${KEYS[id] ?? ''}<div class="cards">${cards.join('\n')}</div>`;
}

const key = (color: string, text: string): string =>
  `<span class="key" style="background:var(--${color})"></span>${text}`;
const DURABILITY_KEY = `<p class="soft">${key('second', "durability 'sync'")}${key('shale', "'os'")}</p>`;
const KEYS: Readonly<Record<string, string>> = {
  rivals: `<p class="soft">${key('shale', 'Shale')}${key('rival', 'others')}</p>`,
  latency: DURABILITY_KEY,
  'event-loop': DURABILITY_KEY,
  amplification: DURABILITY_KEY,
  recovery: `<p class="soft">${key('second', 'killed')}${key('shale', 'closed')}</p>`,
};

function numbers(report: Report, kind: CaseResult['spec']['kind'], title: string): string {
  const cases = report.cases.filter((one) => one.spec.kind === kind);
  if (cases.length === 0) return '';
  const values = cases.map((one) => medians(one.rounds));
  const names = Object.keys(MEASURES)
    .filter(isMeasureName)
    .filter((name) => values.some((row) => row[name] !== undefined));
  const head = ['case', 'store', ...names.map((name) => MEASURES[name].title)].map(
    (text) => `<th>${escapeText(text)}</th>`,
  );
  const rows = cases.map((one, i) => {
    const cells = names.map((name) => `<td>${formatMeasure(name, values[i]?.[name])}</td>`);
    const failed = one.failures.length > 0 ? ` (${one.failures.length} failed: ${one.failures[0]})` : '';
    return `<tr><td>${escapeText(one.id + failed)}</td><td>${escapeText(one.store)}</td>${cells.join('')}</tr>`;
  });
  return `<details><summary>${title}</summary><div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div></details>`;
}

function stores(report: Report): string {
  const rows = report.stores.map(({ name, version, tunedBy, absent }) => {
    const remark = absent === null ? tunedBy : `absent: ${absent}`;
    return `<tr><td>${escapeText(name)}</td><td>${escapeText(version)}</td><td class="text">${escapeText(remark)}</td></tr>`;
  });
  return `<div class="scroll"><table><thead><tr><th>store</th><th>version</th><th style="text-align:left">set up by</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}
