import { type CaseResult, MEASURES, type MeasureName, type Report } from '@shale/bench-kit';
import { type Interval, ratioOfMedians } from '../statistics/bootstrap.js';
import { mannWhitneyP } from '../statistics/mann-whitney.js';

/** What is compared; the other measures describe, or follow from these. */
const COMPARED: readonly MeasureName[] = [
  'entriesPerSecond',
  'latencyP50',
  'latencyP99',
  'entriesPerSync',
  'writeAmplification',
  'cpuSecondsPerMillion',
  'mainThreadBusy',
  'loopDelayP99',
  'peakRss',
  'openToFirstAppend',
  'secondsToFree',
];
/** With fewer rounds no difference can be told from chance at all. */
export const FEWEST_ROUNDS = 4;
const SIGNIFICANCE = 0.05;
const CONFIDENCE = 0.95;
/** A smaller change than this is not worth a word, however certain. */
const SMALLEST_CHANGE = 0.03;

/** What became of one measure of one case. */
export interface Difference {
  readonly store: string;
  readonly id: string;
  readonly measure: MeasureName;
  /** How many times the old value the new one is. */
  readonly ratio: Interval;
  /** How likely chance alone would set the rounds so far apart. */
  readonly p: number;
  readonly verdict: 'better' | 'worse' | 'noise' | 'too few rounds';
}

/** A whole comparison. */
export interface Comparison {
  readonly differences: readonly Difference[];
  /** Cases, with their store, that only one of the reports has. */
  readonly unmatched: readonly string[];
  /** Why the two may not be comparable at all. */
  readonly warnings: readonly string[];
}

/** Compares two reports, case by case. A change counts when chance would hardly make it and it is worth a word. */
export function compareReports(before: Report, after: Report): Comparison {
  const key = (one: CaseResult): string => `${one.id}, ${one.store}`;
  const old = new Map(before.cases.map((one) => [key(one), one]));
  const young = new Map(after.cases.map((one) => [key(one), one]));
  const differences = after.cases.flatMap((one) => {
    const earlier = old.get(key(one));
    return earlier === undefined ? [] : COMPARED.flatMap((measure) => compareMeasure(measure, earlier, one));
  });
  const unmatched = [
    ...before.cases.filter((one) => !young.has(key(one))),
    ...after.cases.filter((one) => !old.has(key(one))),
  ].map(key);
  return { differences, unmatched, warnings: warningsOf(before, after) };
}

function compareMeasure(measure: MeasureName, before: CaseResult, after: CaseResult): Difference[] {
  const values = (one: CaseResult): number[] =>
    one.rounds.map((round) => round[measure]).filter((value) => value !== undefined);
  const [a, b] = [values(before), values(after)];
  if (a.length === 0 || b.length === 0) return [];
  const ratio = ratioOfMedians(a, b, CONFIDENCE);
  const p = mannWhitneyP(a, b);
  const { store, id } = after;
  return [{ store, id, measure, ratio, p, verdict: judge(measure, Math.min(a.length, b.length), ratio, p) }];
}

function judge(measure: MeasureName, rounds: number, ratio: Interval, p: number): Difference['verdict'] {
  if (rounds < FEWEST_ROUNDS) return 'too few rounds';
  const excludesOne = ratio.low > 1 || ratio.high < 1;
  const isWorthAWord = Math.abs(ratio.estimate - 1) >= SMALLEST_CHANGE;
  if (!(p <= SIGNIFICANCE && excludesOne && isWorthAWord)) return 'noise';
  return ratio.estimate > 1 === (MEASURES[measure].better === 'higher') ? 'better' : 'worse';
}

/** How far apart the disks of two runs may be before sync figures say more about them than about the code. */
const DEVICE_DRIFT = 1.2;

function warningsOf(before: Report, after: Report): string[] {
  const warnings: string[] = [];
  const differ = (what: string, a: unknown, b: unknown): void => {
    if (a !== b) warnings.push(`${what} differs: ${String(a)} and ${String(b)}`);
  };
  differ('the processor', before.machine.cpu, after.machine.cpu);
  differ('the number of cores', before.machine.cores, after.machine.cores);
  differ('the file system', before.machine.fileSystem, after.machine.fileSystem);
  differ('Node.js', before.versions.node, after.versions.node);
  differ('RocksDB', before.versions.rocksdb, after.versions.rocksdb);
  differ('the seed', before.seed, after.seed);
  differ('the time per case', before.secondsPerCase, after.secondsPerCase);
  if (before.device !== null && after.device !== null) {
    const ratio = after.device.perSecond / before.device.perSecond;
    if (ratio > DEVICE_DRIFT || ratio < 1 / DEVICE_DRIFT) {
      warnings.push(`the disk by itself is now ${ratio.toFixed(2)} times as fast: sync figures follow it`);
    }
  }
  return warnings;
}
