import { Random } from '@shale/fault-kit';
import type { Attack, AttackContext } from '../parts/attack.js';
import { CrashSite } from '../parts/crash-site.js';
import { endedThreads } from './ended-threads.js';
import { fullThread } from './full-thread.js';
import { hungThread } from './hung-thread.js';
import { jumpingClock } from './jumping-clock.js';
import type { Scenario } from './scenario.js';
import { stoppedProcess } from './stopped-process.js';

/** In this order, over and over. */
export const SCENARIOS: readonly Scenario[] = [
  endedThreads,
  fullThread,
  hungThread,
  stoppedProcess,
  jumpingClock,
];

/** Troubles threads, process and clock in every way there is: nothing wrong is acknowledged, nothing hangs for ever. */
export const worker: Attack = {
  name: 'worker',
  summary: 'ended, hung and full worker threads, a process that stands still, a clock that jumps',
  unit: 'scenarios',
  longCount: 250,
  run: runWorker,
};

async function runWorker({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const random = new Random(seed);
  const site = new CrashSite(directory);
  const figures: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const scenario = SCENARIOS[i % SCENARIOS.length];
    if (scenario === undefined) continue;
    progress(i, scenario.name);
    try {
      await scenario.run({ site, random, directory });
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${scenario.name}: ${message}`, { cause });
    } finally {
      await site.killAll();
    }
    figures[scenario.name] = (figures[scenario.name] ?? 0) + 1;
  }
  return figures;
}
