import type { Random, WorkloadProcess } from '@shale/fault-kit';
import { HANG_MS } from '../../support/patience.js';
import type { CrashSite } from '../parts/crash-site.js';
import { pause } from '../parts/pause.js';
import { within } from '../parts/within.js';

/** What a scenario works with. */
export interface ScenarioContext {
  readonly site: CrashSite;
  readonly random: Random;
  /** For files of its own. */
  readonly directory: string;
}

/** One way to trouble the threads or the clock of a process. Rejects with what is wrong. */
export interface Scenario {
  readonly name: string;
  run(context: ScenarioContext): Promise<void>;
}

/** Resolves when the workload has acknowledged `more` operations from now on; rejects when it stands still. */
export async function goesOn(workload: WorkloadProcess, more = 100): Promise<void> {
  const look = async (): Promise<number> => (await within('the workload', numbers(workload))).acknowledged;
  let seen = await look();
  const enough = seen + more;
  let since = performance.now();
  while (seen < enough) {
    await pause(10);
    const now = await look();
    if (now > seen) since = performance.now();
    else if (performance.now() - since > HANG_MS) {
      throw new Error(`the workload hangs: nothing was acknowledged for ${HANG_MS} ms`);
    }
    seen = now;
  }
}

/** The numbers of a workload. Rejects when it is gone. */
export async function numbers(
  workload: WorkloadProcess,
): Promise<NonNullable<Awaited<ReturnType<WorkloadProcess['stats']>>>> {
  const stats = await workload.stats();
  if (stats !== null) return stats;
  const { code, signal, failure, stderr } = await workload.ended;
  throw new Error(`the workload ended with ${signal ?? code}: ${failure ?? stderr}`);
}

/** Lets a workload finish, and rejects unless it does so in peace. */
export async function finish(workload: WorkloadProcess): Promise<void> {
  workload.stop();
  const { code, signal, failure, stderr } = await within('the end of the workload', workload.ended);
  if (code !== 0) throw new Error(`the workload ended with ${signal ?? code}: ${failure ?? stderr}`);
}
