import type { Random, WorkloadProcess } from '@shale/fault-kit';
import { pause } from '../parts/pause.js';
import { within } from '../parts/within.js';

/** When a process is killed; with `threads` some of its threads are ended before. */
export type Moment = 'opening' | 'appending' | 'trimming' | 'threads' | 'closing' | 'never';

/** How likely each moment is. */
export const MOMENTS: Readonly<Record<Moment, number>> = {
  opening: 25,
  appending: 25,
  trimming: 20,
  threads: 15,
  closing: 20,
  never: 5,
};

/** Milliseconds that the last opening and closing took, so that kills fall into them. */
export interface Pace {
  opening: number;
  closing: number;
}

/** Lets a process live until its moment has come. Resolves with how many of its threads were ended. */
export async function live(
  workload: WorkloadProcess,
  moment: Moment,
  random: Random,
  pace: Pace,
): Promise<number> {
  await workload.opening;
  const start = performance.now();
  if (moment === 'opening') {
    await pause(random.integer(0, Math.ceil(pace.opening * 1.2)));
    await workload.kill();
    return 0;
  }
  const threads = moment === 'threads' ? random.integer(1, 3) : 0;
  if (threads > 0 && random.chance(0.3)) {
    await pause(random.integer(0, Math.ceil(pace.opening)));
    workload.command({ do: 'endThread', pick: random.integer(0, 3) });
  }
  await within('openWal', workload.opened);
  pace.opening = performance.now() - start;
  for (let i = 0; i < threads; i++) {
    await pause(random.integer(0, 60));
    workload.command({ do: 'endThread', pick: random.integer(0, 3) });
  }
  await pause(random.integer(0, 250));
  if (moment === 'closing' || moment === 'never') {
    workload.stop();
    await within('what was under way when it was told to stop', workload.stopping);
    const closing = performance.now();
    if (random.chance(0.2)) workload.command({ do: 'endThread', pick: random.integer(0, 3) });
    if (moment === 'never') {
      await within('close()', workload.ended);
      pace.closing = performance.now() - closing;
      return threads;
    }
    await pause(random.integer(0, Math.ceil(pace.closing * 1.2)));
  }
  await workload.kill();
  return threads;
}
