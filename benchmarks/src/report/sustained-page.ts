import type { Phase, Sample, SustainedRecord } from '../sustained/record.js';
import { escapeText } from './escape.js';
import { PAGE_STYLE } from './page-style.js';
import { COLORS } from './plot-document.js';
import { COLUMNS, PHASE_TERMS, TERMS } from './sustained-terms.js';
import { type Moment, timeChart } from './time-chart.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Seconds with fewer bytes of payload say nothing of the cost of one. */
const LEAST_BYTES = MIB;

/** A plot over time. */
export interface TimeFigure {
  readonly name: string;
  readonly title: string;
  readonly note: string;
  readonly svg: string;
}

/** What is drawn of each second. */
const PLOTS: readonly {
  readonly name: string;
  readonly title: string;
  readonly note: string;
  readonly lines: readonly {
    readonly color: string;
    readonly of: (sample: Sample) => number | null;
  }[];
}[] = [
  {
    name: 'rate',
    title: 'Entries appended per second',
    note: 'Acknowledged.',
    lines: [{ color: COLORS.shale, of: ({ entries, seconds }) => entries / seconds }],
  },
  {
    name: 'latency',
    title: 'Appends, in milliseconds',
    note: 'Blue: 99.9th percentile of each second; orange: the longest.',
    lines: [
      { color: COLORS.second, of: ({ worstMs }) => worstMs },
      { color: COLORS.shale, of: ({ p999Ms }) => p999Ms },
    ],
  },
  {
    name: 'amplification',
    title: 'Bytes handed to the operating system per byte of payload',
    note: "RocksDB's log, flushes and passes, with what is deleted before it reaches the device.",
    lines: [
      {
        color: COLORS.shale,
        of: ({ handedOver, bytes }) => (bytes < LEAST_BYTES ? null : handedOver / bytes),
      },
    ],
  },
  {
    name: 'written',
    title: 'MiB handed to the operating system per second',
    note: 'Whether anybody writes or not.',
    lines: [{ color: COLORS.shale, of: ({ handedOver, seconds }) => handedOver / MIB / seconds }],
  },
  {
    name: 'processor',
    title: 'Processor time per entry, in microseconds',
    note: 'Of the whole process, the load generator and the consumer included.',
    lines: [
      {
        color: COLORS.shale,
        of: ({ cpuSeconds, entries, bytes }) => (bytes < LEAST_BYTES ? null : (cpuSeconds / entries) * 1e6),
      },
    ],
  },
  {
    name: 'stalls',
    title: 'Milliseconds of waiting per second, of all writers together',
    note: 'Blue: writes that were held up a little to keep up; orange: RocksDB stopped all writes.',
    lines: [
      { color: COLORS.shale, of: ({ stalledMs, seconds }) => stalledMs / seconds },
      { color: COLORS.second, of: ({ stoppedMs, seconds }) => stoppedMs / seconds },
    ],
  },
  {
    name: 'disk',
    title: 'GiB',
    note: 'Blue: the directory; green: payload that the consumer has not read.',
    lines: [
      { color: COLORS.shale, of: ({ directory }) => directory / GIB },
      { color: COLORS.third, of: ({ behind }) => behind / GIB },
    ],
  },
  {
    name: 'level0',
    title: 'Files in level 0',
    note: 'Passes make files in the order of the tables out of them.',
    lines: [{ color: COLORS.shale, of: ({ level0 }) => level0 }],
  },
];

/** Every plot of a measurement. */
export function timeFigures({ samples, phases }: SustainedRecord): readonly TimeFigure[] {
  return PLOTS.map(({ lines, ...figure }) => {
    const moments = lines.flatMap(({ color, of }) =>
      samples.map((sample): Moment => ({ at: sample.at, value: of(sample) ?? Number.NaN, color })),
    );
    return { ...figure, svg: timeChart(moments, phases) };
  });
}

/** The measurement as one HTML page that needs nothing else: no script, no font, no request. */
export function renderSustainedPage(record: SustainedRecord): string {
  const cards = timeFigures(record).map(
    ({ title, note, svg }) =>
      `<section class="card"><h3>${escapeText(title)}</h3><p class="soft">${escapeText(note)}</p>${svg}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shale benchmarks: sustained</title>
<style>${PAGE_STYLE}.cards{grid-template-columns:repeat(auto-fill,minmax(min(100%,560px),1fr))}.card svg{max-width:880px}</style>
</head>
<body>
<main>
<h1>A backlog of ${record.gib} GiB</h1>
${conditions(record)
  .map((line) => `<p class="soft">${escapeText(line)}</p>`)
  .join('\n')}
${list(record.lines)}
<div class="cards">${cards.join('\n')}</div>
<h2>Phases</h2>
${table(['phase', ...COST_HEADINGS], record.phases.map(phaseRow))}
${record.phases.flatMap(({ name, notes }) => notes.map((note) => `<p class="soft">${escapeText(`${name}: ${note}.`)}</p>`)).join('\n')}
${list(PHASE_TERMS)}
<h2>GiB by GiB</h2>
${table(
  ['GiB', ...COST_HEADINGS],
  record.parts.map((part, i) => [`${i + 1}`, ...costCells(part)]),
)}
${list(TERMS)}
</main>
</body>
</html>
`;
}

function conditions({ spec, machine, versions, startedAt, samples, rocksdb }: SustainedRecord): string[] {
  const seconds = samples.at(-1)?.at ?? 0;
  return [
    `${spec.batch} x ${spec.entryBytes} B over ${spec.tables} tables, 'os', ${spec.inFlight} appends in flight, for ${Math.round(seconds)} s, ${startedAt.slice(0, 16).replace('T', ' ')} UTC; RocksDB with ${JSON.stringify(rocksdb) === '{}' ? 'the defaults' : JSON.stringify(rocksdb)}.`,
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryMiB / 1024)} GiB, ${machine.os}, ${machine.fileSystem}; load before the run ${machine.load.join(', ')}.`,
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ];
}

const { level0: _, ...COST_COLUMNS } = COLUMNS;
const COST_HEADINGS = ['s', ...Object.values(COST_COLUMNS)];

function costCells(cost: Omit<Sample, 'at' | 'directory' | 'behind' | 'level0'>): string[] {
  const { seconds, entries, bytes, handedOver, onDisk, cpuSeconds, p999Ms, worstMs } = cost;
  const times = (of: number): string =>
    bytes < LEAST_BYTES ? `${(of / MIB).toFixed(1)} MiB` : `${(of / bytes).toFixed(2)} x`;
  const ms = (value: number | null): string => (value === null ? '' : value.toFixed(0));
  return [
    seconds.toFixed(0),
    entries === 0 ? '' : `${Math.round(entries / seconds / 1000)} k`,
    times(handedOver),
    times(onDisk),
    entries === 0 ? '' : ((cpuSeconds / entries) * 1e6).toFixed(1),
    ms(p999Ms),
    ms(worstMs),
  ];
}

function list(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${escapeText(line)}</li>`).join('')}</ul>`;
}

const phaseRow = ({ name, cost }: Phase): string[] => [name, ...costCells(cost)];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (values: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${values.map((value) => `<${tag}>${escapeText(value)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><thead>${cells(head, 'th')}</thead><tbody>${rows.map((row) => cells(row, 'td')).join('\n')}</tbody></table></div>`;
}
