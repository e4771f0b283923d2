import {
  type AppendSpec,
  type CaseResult,
  formatMeasure,
  type MeasureName,
  medians,
  type Report,
  shortBytes,
  shortCount,
} from '@shale/bench-kit';
import { type Bar, barChart } from './bar-chart.js';
import { caseTitle } from './case-title.js';
import { LATENCY_POINTS, latencyChart } from './latency-chart.js';
import { lineChart, type Point } from './line-chart.js';
import { COLORS } from './plot-document.js';

/** A drawing with its title. */
export interface Figure {
  readonly title: string;
  /** What one has to know to read it. */
  readonly note: string;
  /** The text of an SVG element. */
  readonly svg: string;
}

/** A part of the report. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** At most so many rows in one drawing. */
const MOST_ROWS = 12;

/** All that can be drawn of a report; sections without data are left out. */
export function sectionsOf(report: Report): readonly Section[] {
  const shale = report.cases.filter((one) => one.store === 'shale' && one.rounds.length > 0);
  const appends = shale.filter((one) => one.spec.kind === 'append');
  const reads = shale.filter((one) => one.spec.kind === 'read');
  const opens = shale.filter((one) => one.spec.kind === 'recovery');
  const sections: Section[] = [
    { id: 'rivals', title: 'Side by side', figures: rivalFigures(report) },
    { id: 'throughput', title: 'Throughput', figures: throughputFigures(shale) },
    {
      id: 'latency',
      title: 'Latency',
      figures: [...pages(appends, 'Appends', latencyFigure), ...pages(reads, 'Reads', latencyFigure)],
    },
    {
      id: 'event-loop',
      title: 'The event loop',
      figures: [
        ...measureFigures(
          appends,
          'loopDelayP99',
          'Delay, p99',
          'How late the event loop was, in one of a hundred turns.',
        ),
        ...measureFigures(
          appends,
          'mainThreadBusy',
          'Main thread busy',
          'Of the time; the load generator included.',
        ),
      ],
    },
    {
      id: 'amplification',
      title: 'Amplification',
      figures: [
        ...measureFigures(
          appends,
          'writeAmplification',
          'Bytes written per byte of payload',
          'By the whole process.',
        ),
        ...measureFigures(
          appends,
          'spaceAmplification',
          'Bytes on disk per byte of live payload',
          'At the end.',
        ),
      ],
    },
    {
      id: 'recovery',
      title: 'Recovery',
      figures: measureFigures(
        opens,
        'openToFirstAppend',
        'From open to the first append',
        'In a new process.',
      ),
    },
  ];
  return sections.filter((section) => section.figures.length > 0);
}

/** One figure for each case that more than one store took part in. */
export function rivalFigures(report: Report): readonly Figure[] {
  const ids = [...new Set(report.cases.map((one) => one.id))];
  return ids.flatMap((id) => {
    const results = report.cases.filter((one) => one.id === id && one.rounds.length > 0);
    const [first] = results;
    if (first === undefined || results.length < 2) return [];
    const bars = results
      .map((one) =>
        bar(one, 'entriesPerSecond', one.store, one.store === 'shale' ? COLORS.shale : COLORS.rival),
      )
      .filter((one) => one !== undefined)
      .sort((a, b) => b.value - a.value);
    return [
      { title: caseTitle(first.spec), note: 'Entries per second; more is better.', svg: barChart(bars) },
    ];
  });
}

function bar(one: CaseResult, measure: MeasureName, label: string, color: string): Bar | undefined {
  const value = medians(one.rounds)[measure];
  return value === undefined ? undefined : { label, value, shown: formatMeasure(measure, value), color };
}

/** The axes of the matrix, as far as the report has two points or more of one. */
function throughputFigures(shale: readonly CaseResult[]): readonly Figure[] {
  const axis = (
    title: string,
    name: keyof AppendSpec,
    label: string,
    show: (spec: AppendSpec) => string,
    measure: MeasureName = 'entriesPerSecond',
  ): Figure[] => {
    const line = longestLine(shale, name);
    const points = line.flatMap(({ spec, rounds }): Point[] => {
      const y = medians(rounds)[measure];
      return y === undefined ? [] : [{ x: show(spec), y, color: COLORS.shale }];
    });
    if (points.length < 2) return [];
    const unit = measure === 'megabytesPerSecond' ? 'MB of payload per second' : 'Entries per second';
    return [{ title, note: `${unit}; ${constant(line[0]?.spec, name)}.`, svg: lineChart(points, label) }];
  };
  return [
    ...axis(
      'By entry size',
      'entryBytes',
      'bytes per entry',
      (spec) => shortBytes(spec.entryBytes),
      'megabytesPerSecond',
    ),
    ...axis('By batch', 'batch', 'entries per append', (spec) => String(spec.batch)),
    ...axis('By tables', 'tables', 'tables', (spec) => shortCount(spec.tables)),
    ...axis('By appends in flight', 'inFlight', 'in flight', (spec) => String(spec.inFlight)),
    ...axis('By shards', 'shards', 'shards', (spec) => String(spec.shards)),
    ...pages(
      shale.filter((one) => one.spec.kind === 'read'),
      'Reads',
      (cases, title) => ({
        title,
        note: 'Entries per second, in the hands of the application.',
        svg: barChart(barsOf(cases, 'entriesPerSecond')),
      }),
    ),
  ];
}

interface Step {
  readonly spec: AppendSpec;
  readonly rounds: CaseResult['rounds'];
}

/** The largest group of appends that differ in one property only. */
function longestLine(shale: readonly CaseResult[], name: keyof AppendSpec): readonly Step[] {
  const groups = new Map<string, Step[]>();
  for (const { spec, rounds } of shale) {
    if (spec.kind !== 'append' || spec.loop !== 'closed') continue;
    const key = JSON.stringify({ ...spec, [name]: null });
    groups.set(key, [...(groups.get(key) ?? []), { spec, rounds }]);
  }
  const longest = [...groups.values()].sort((a, b) => b.length - a.length)[0] ?? [];
  return [...longest].sort((a, b) => Number(a.spec[name]) - Number(b.spec[name]));
}

/** What all points of a line share, in words. */
function constant(spec: AppendSpec | undefined, varying: keyof AppendSpec): string {
  if (spec === undefined) return '';
  const parts: Partial<Record<keyof AppendSpec, string>> = {
    entryBytes: `${shortBytes(spec.entryBytes)} entries`,
    batch: `batches of ${spec.batch}`,
    tables: `${shortCount(spec.tables)} tables`,
    inFlight: `${spec.inFlight} in flight`,
    durability: `'${spec.durability}'`,
  };
  return Object.entries(parts)
    .filter(([name]) => name !== varying)
    .map(([, text]) => text)
    .join(', ');
}

function barsOf(cases: readonly CaseResult[], measure: MeasureName): readonly Bar[] {
  return cases.flatMap((one) => bar(one, measure, caseTitle(one.spec), colorOf(one)) ?? []);
}

/** 'sync' and 'os', clean and killed are told apart by colour everywhere. */
function colorOf({ spec }: CaseResult): string {
  if (spec.kind === 'recovery') return spec.end === 'killed' ? COLORS.second : COLORS.shale;
  return spec.durability === 'sync' ? COLORS.second : COLORS.shale;
}

function latencyFigure(cases: readonly CaseResult[], title: string): Figure {
  const rows = cases.map((one) => ({
    label: caseTitle(one.spec),
    measures: medians(one.rounds),
    color: colorOf(one),
  }));
  return { title, note: `Dots from left to right: ${LATENCY_POINTS}.`, svg: latencyChart(rows) };
}

function measureFigures(
  cases: readonly CaseResult[],
  measure: MeasureName,
  title: string,
  note: string,
): readonly Figure[] {
  const measured = cases.filter((one) => medians(one.rounds)[measure] !== undefined);
  return pages(measured, title, (page, pageTitle) => ({
    title: pageTitle,
    note,
    svg: barChart(barsOf(page, measure)),
  }));
}

/** One figure, or several when there are too many cases for one. */
function pages(
  cases: readonly CaseResult[],
  title: string,
  draw: (cases: readonly CaseResult[], title: string) => Figure,
): readonly Figure[] {
  const count = Math.ceil(cases.length / MOST_ROWS);
  const size = Math.ceil(cases.length / count);
  return Array.from({ length: count }, (_, i) =>
    draw(cases.slice(i * size, (i + 1) * size), count === 1 ? title : `${title}, ${i + 1} of ${count}`),
  );
}
