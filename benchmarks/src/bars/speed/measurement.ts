import {
  type CaseSpec,
  caseId,
  forkCase,
  type Measures,
  measureDevice,
  SHALE_DRIVER,
  type SyncCounting,
} from '@shale/bench-kit';

/** What measurements need to know. */
export interface MeasureContext {
  /** The disk that is measured. */
  readonly directory: string;
  readonly seconds: number;
  readonly counting: SyncCounting;
  readonly signal: AbortSignal;
}

/** One measurement that figures are made of; bars that need the same one share it within a round. */
export interface Measurement {
  /** What it is; the same for the same measurement. */
  readonly key: string;
  /** Rejects with the reason when it is not to be had. `soFar` gives what was measured before it in the round. */
  run(context: MeasureContext, soFar: (measurement: Measurement) => Measures | undefined): Promise<Measures>;
}

/** How long a case runs before it is measured. */
function warmUpSeconds({ seconds }: MeasureContext): number {
  return Math.min(1, seconds / 2);
}

/** How many entries a closed-loop case came to from its beginning, its warm-up included. */
export function entriesWritten(context: MeasureContext, { entriesPerSecond }: Measures): number | undefined {
  if (entriesPerSecond === undefined) return undefined;
  return Math.round(entriesPerSecond * (warmUpSeconds(context) + context.seconds));
}

const SEED = 1;

/** A case of the suite, for the store at this URL, measured so many times as long as others. */
export function ofStore(url: string, spec: CaseSpec, timesAsLong: number = 1): Measurement {
  const store = /([^/]+)\.js$/.exec(url)?.[1] ?? url;
  return {
    key: `${caseId(spec)}, ${store}`,
    run: async (context) => {
      const { directory, seconds, counting, signal } = context;
      const task = {
        spec,
        driverUrl: url,
        seed: SEED,
        seconds: seconds * timesAsLong,
        warmUpSeconds: warmUpSeconds(context),
      };
      const answer = await forkCase(task, { parent: directory, counting, signal });
      if (!answer.ok) throw new Error(`${store}: ${answer.reason}`);
      return answer.measures;
    },
  };
}

/** A case of the suite, for Shale. */
export function ofShale(spec: CaseSpec, timesAsLong: number = 1): Measurement {
  return ofStore(SHALE_DRIVER, spec, timesAsLong);
}

/** The disk by itself: `entriesPerSecond` are 128-byte appends with fdatasync. */
export const ofDevice: Measurement = {
  key: 'the disk by itself',
  run: async ({ directory, seconds }) => {
    const { perSecond, p50Ms } = await measureDevice(directory, Math.min(2, seconds));
    return { entriesPerSecond: perSecond, latencyP50: p50Ms };
  },
};
