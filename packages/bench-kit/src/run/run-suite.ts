import { measureDevice } from '../measure/device.js';
import { describeMachine } from '../measure/machine.js';
import { withScratch } from '../measure/scratch.js';
import { buildSyncCounter } from '../measure/sync-counter.js';
import type { Measures } from '../report/measures.js';
import {
  type CaseResult,
  type DeviceBaseline,
  REPORT_FORMAT,
  type Report,
  type StoreInfo,
} from '../report/schema.js';
import { type CaseSpec, caseId } from '../report/spec.js';
import { loadDriver, SHALE_DRIVER } from '../store/load-driver.js';
import type { StoreDriver } from '../store/store.js';
import type { Suite, SuiteCase } from '../suites/suite.js';
import { forkCase } from './fork-case.js';
import { Progress, type ProgressReport } from './progress.js';
import { versions } from './versions.js';

/** Options of a run. */
export interface RunOptions {
  /** A directory on the disk to measure: stores are created in new directories inside it and removed afterwards. */
  readonly directory: string;
  /** URLs of the modules of the other stores; each exports its `driver`. Default: none. */
  readonly rivals?: readonly string[] | undefined;
  /** How often every case is run, alternating with the others; at least 1. Default: as the suite says. */
  readonly rounds?: number | undefined;
  /** Seconds that each case is measured for. Default: as the suite says. */
  readonly seconds?: number | undefined;
  /** Runs only the cases whose id matches. */
  readonly only?: RegExp | undefined;
  /** The seed of the payloads and of the order of tables. Default 1. */
  readonly seed?: number | undefined;
  /** Called before each measurement. */
  readonly onProgress?: ((progress: ProgressReport) => void) | undefined;
  /** Ends the run: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

interface Contender {
  readonly url: string;
  readonly driver: StoreDriver;
}

/** One measurement of a round: a case for one store. */
interface Turn {
  readonly contender: Contender;
  readonly spec: CaseSpec;
}

const DEVICE_SECONDS = 1;

/** Runs a suite, round by round, and resolves with the report. Each measurement runs in its own process. */
export async function runSuite(suite: Suite, options: RunOptions): Promise<Report> {
  const { directory, signal, seed = 1, rounds = suite.rounds, seconds = suite.seconds } = options;
  const warmUpSeconds = Math.min(suite.warmUpSeconds, seconds);
  const startedAt = new Date();
  const machine = await describeMachine(directory);
  const { contenders, stores } = await contend([SHALE_DRIVER, ...(options.rivals ?? [])]);
  const cases = suite.cases.filter(({ spec }) => options.only?.test(caseId(spec)) ?? true);
  const turns = cases.flatMap((one) => turnsOf(one, contenders));
  const progress = new Progress(turns.length, rounds, seconds + warmUpSeconds, options.onProgress);
  const results = new Map<Turn, { rounds: Measures[]; failures: string[] }>(
    turns.map((turn) => [turn, { rounds: [], failures: [] }]),
  );
  const baselines: DeviceBaseline[] = [];

  return withScratch(directory, async (tools) => {
    const counting = buildSyncCounter(tools);
    for (let round = 0; round < rounds && turns.length > 0; round++) {
      const device = await measureDevice(directory, Math.min(DEVICE_SECONDS, seconds));
      baselines.push(device);
      for (const turn of turns) {
        signal?.throwIfAborted();
        progress.begin(turn.contender.driver.name, caseId(turn.spec), round);
        const task = { spec: turn.spec, driverUrl: turn.contender.url, seed, seconds, warmUpSeconds };
        const answer = await forkCase(task, { parent: directory, counting, signal });
        signal?.throwIfAborted();
        const result = results.get(turn);
        if (answer.ok) result?.rounds.push(withEfficiency(known(answer.measures, turn), turn.spec, device));
        else result?.failures.push(answer.reason);
        progress.end();
      }
    }
    return {
      format: REPORT_FORMAT,
      suite: suite.name,
      startedAt: startedAt.toISOString(),
      elapsedSeconds: (Date.now() - startedAt.getTime()) / 1000,
      roundsWanted: rounds,
      secondsPerCase: seconds,
      seed,
      machine,
      versions: versions(),
      device: middle(baselines),
      syncCounting: 'library' in counting ? 'counted in the process' : counting.missing,
      stores,
      cases: turns.map(
        (turn): CaseResult => ({
          store: turn.contender.driver.name,
          id: caseId(turn.spec),
          spec: turn.spec,
          ...(results.get(turn) ?? { rounds: [], failures: [] }),
        }),
      ),
    };
  });
}

/** Finds out which stores are available. */
async function contend(urls: readonly string[]): Promise<{ contenders: Contender[]; stores: StoreInfo[] }> {
  const contenders: Contender[] = [];
  const stores: StoreInfo[] = [];
  for (const url of urls) {
    const driver = await loadDriver(url);
    const { name, tunedBy } = driver;
    try {
      stores.push({ name, version: driver.version(), tunedBy, absent: null });
      contenders.push({ url, driver });
    } catch (error) {
      stores.push({
        name,
        version: '',
        tunedBy,
        absent: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return { contenders, stores };
}

/** The contenders of a case: Shale first, then the rivals that can give the guarantee. */
function turnsOf({ spec, rivals }: SuiteCase, contenders: readonly Contender[]): Turn[] {
  return contenders
    .filter(({ driver }, i) => i === 0 || rivals || driver.everyCase)
    .filter(({ driver }) => driver.durabilities.includes(spec.durability))
    .filter(({ driver }) => driver.kinds?.includes(spec.kind) ?? true)
    .map((contender) => ({ contender, spec }));
}

/** Without what tells of this process, where another does the work. */
function known(measures: Measures, { contender }: Turn): Measures {
  if (!contender.driver.isServer) return measures;
  const { cpuSecondsPerMillion, writeAmplification, syncs, entriesPerSync, peakRss, ...rest } = measures;
  return rest;
}

function withEfficiency(measures: Measures, spec: CaseSpec, device: DeviceBaseline): Measures {
  if (spec.kind !== 'append' || spec.durability !== 'sync' || measures.entriesPerSecond === undefined)
    return measures;
  return { ...measures, efficiency: measures.entriesPerSecond / (device.perSecond * spec.batch) };
}

function middle(baselines: readonly DeviceBaseline[]): DeviceBaseline | null {
  const sorted = [...baselines].sort((a, b) => a.perSecond - b.perSecond);
  return sorted[sorted.length >> 1] ?? null;
}
