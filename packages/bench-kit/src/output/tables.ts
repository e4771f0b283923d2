import { MEASURES, type MeasureName } from '../report/measures.js';
import { medians } from '../report/medians.js';
import type { CaseResult, Report } from '../report/schema.js';
import { columns } from './columns.js';
import { formatMeasure } from './format-measure.js';

const SHOWN: Readonly<Record<CaseResult['spec']['kind'], readonly MeasureName[]>> = {
  append: [
    'entriesPerSecond',
    'megabytesPerSecond',
    'latencyP50',
    'latencyP99',
    'latencyP999',
    'latencyMax',
    'entriesPerSync',
    'efficiency',
    'writeAmplification',
    'cpuSecondsPerMillion',
    'mainThreadBusy',
    'loopDelayP99',
    'peakRss',
  ],
  read: [
    'entriesPerSecond',
    'megabytesPerSecond',
    'latencyP50',
    'latencyP99',
    'cpuSecondsPerMillion',
    'mainThreadBusy',
    'loopDelayP99',
    'peakRss',
  ],
  recovery: ['openToFirstAppend', 'entries', 'peakRss'],
  trim: ['latencyP50', 'latencyMax', 'diskBefore', 'diskFreed', 'secondsToFree'],
};

const HEADS: Partial<Record<MeasureName, string>> = {
  entriesPerSecond: 'entries',
  megabytesPerSecond: 'payload',
  latencyP50: 'p50',
  latencyP99: 'p99',
  latencyP999: 'p99.9',
  latencyMax: 'max',
  entriesPerSync: 'per sync',
  efficiency: 'effic.',
  writeAmplification: 'w.amp',
  cpuSecondsPerMillion: 'CPU/M',
  mainThreadBusy: 'main',
  loopDelayP99: 'loop p99',
  peakRss: 'RSS',
};

const TITLES: Readonly<Record<CaseResult['spec']['kind'], string>> = {
  append: 'Appends',
  read: 'Reads',
  recovery: 'Opening, to the answer of the first append',
  trim: 'Trims of whole tables',
};

/** The report as text for a terminal: the conditions, and a table of medians over rounds for each kind of case. */
export function renderTables(report: Report): string {
  const parts = [renderConditions(report)];
  for (const kind of ['append', 'read', 'recovery', 'trim'] as const) {
    const cases = report.cases.filter((one) => one.spec.kind === kind);
    if (cases.length === 0) continue;
    const shown = SHOWN[kind].filter((name) => cases.some((one) => medians(one.rounds)[name] !== undefined));
    const rows = cases.map((one) => {
      const values = medians(one.rounds);
      return [one.id, one.store, ...shown.map((name) => formatMeasure(name, values[name]))];
    });
    const head = ['case', 'store', ...shown.map((name) => HEADS[name] ?? MEASURES[name].title)];
    parts.push(`${TITLES[kind]}\n${columns(head, rows)}`);
  }
  const failures = report.cases.flatMap((one) =>
    one.failures.map((reason) => `  ${one.id}, ${one.store}: ${reason}`),
  );
  if (failures.length > 0) parts.push(`Failed\n${failures.join('\n')}`);
  return parts.join('\n\n');
}

/** The machine, the versions and the bare disk: the context of every figure. */
export function renderConditions({
  machine,
  versions,
  device,
  stores,
  syncCounting,
  suite,
  ...run
}: Report): string {
  const absent = stores.filter((store) => store.absent !== null);
  return [
    `suite ${suite}, ${run.roundsWanted} x ${run.secondsPerCase} s per case, seed ${run.seed}, ${run.startedAt}`,
    `${machine.cpu}, ${machine.cores} cores, ${(machine.memoryMiB / 1024).toFixed(0)} GiB, ${machine.os}, ` +
      `${machine.fileSystem}; load before: ${machine.load.join(' ')}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    device === null
      ? 'the disk by itself could not be measured'
      : `the disk by itself: ${device.perSecond.toFixed(0)} appends of 128 B with fdatasync per second, ` +
        `p50 ${device.p50Ms.toFixed(3)} ms, p99 ${device.p99Ms.toFixed(3)} ms, max ${device.maxMs.toFixed(1)} ms`,
    `syncs: ${syncCounting}`,
    ...absent.map((store) => `absent: ${store.name}: ${store.absent}`),
  ].join('\n');
}
