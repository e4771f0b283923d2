/** What a measure is, for code that prints, plots or compares it. */
export interface MeasureInfo {
  /** A few words. */
  readonly title: string;
  /** The unit of the number; empty for a ratio. */
  readonly unit: string;
  /** Which direction is better; `none` for a number that is only descriptive. */
  readonly better: 'higher' | 'lower' | 'none';
}

const info = (title: string, unit: string, better: MeasureInfo['better']): MeasureInfo => ({
  title,
  unit,
  better,
});

/** Every measure of a case. A case has those that apply to it; the others are omitted. */
export const MEASURES: Readonly<Record<MeasureName, MeasureInfo>> = {
  entriesPerSecond: info('entries per second', '1/s', 'higher'),
  megabytesPerSecond: info('payload per second', 'MB/s', 'higher'),
  latencyP50: info('latency p50', 'ms', 'lower'),
  latencyP90: info('latency p90', 'ms', 'lower'),
  latencyP99: info('latency p99', 'ms', 'lower'),
  latencyP999: info('latency p99.9', 'ms', 'lower'),
  latencyMax: info('latency max', 'ms', 'lower'),
  offeredPerSecond: info('operations offered per second', '1/s', 'none'),
  syncs: info('syncs asked of the kernel', '', 'none'),
  entriesPerSync: info('entries per sync', '', 'higher'),
  efficiency: info('entries/s over (fdatasync/s x batch)', '', 'higher'),
  writeAmplification: info('bytes written over payload bytes', '', 'lower'),
  spaceAmplification: info('bytes on disk over live payload bytes', '', 'lower'),
  cpuSecondsPerMillion: info('CPU seconds per million entries', 's', 'lower'),
  mainThreadBusy: info('main thread busy', '%', 'lower'),
  loopDelayP99: info('event-loop delay p99', 'ms', 'lower'),
  loopDelayMax: info('event-loop delay max', 'ms', 'lower'),
  gcPauses: info('GC pauses, sum', 'ms', 'lower'),
  gcPauseMax: info('GC pause max', 'ms', 'lower'),
  peakRss: info('peak RSS', 'MiB', 'lower'),
  openToFirstAppend: info('open to the first append', 'ms', 'lower'),
  diskBefore: info('disk before the trim', 'MiB', 'none'),
  diskFreed: info('disk freed by the trim', '%', 'higher'),
  secondsToFree: info('until the disk was freed', 's', 'lower'),
  entries: info('entries', '', 'none'),
};

/** The name of a measure. */
export type MeasureName =
  | 'entriesPerSecond'
  | 'megabytesPerSecond'
  | 'latencyP50'
  | 'latencyP90'
  | 'latencyP99'
  | 'latencyP999'
  | 'latencyMax'
  | 'offeredPerSecond'
  | 'syncs'
  | 'entriesPerSync'
  | 'efficiency'
  | 'writeAmplification'
  | 'spaceAmplification'
  | 'cpuSecondsPerMillion'
  | 'mainThreadBusy'
  | 'loopDelayP99'
  | 'loopDelayMax'
  | 'gcPauses'
  | 'gcPauseMax'
  | 'peakRss'
  | 'openToFirstAppend'
  | 'diskBefore'
  | 'diskFreed'
  | 'secondsToFree'
  | 'entries';

/** The numbers of one case in one round. */
export type Measures = { readonly [Name in MeasureName]?: number };

/** Whether a string names a measure. */
export function isMeasureName(name: string): name is MeasureName {
  return Object.hasOwn(MEASURES, name);
}
