import { within } from '../parts/within.js';
import { finish, goesOn, numbers, type Scenario } from './scenario.js';

/** How long a thread hangs that comes to itself again. */
const A_WHILE_MS = 700;
/** How long one hangs that is ended before that. */
const VERY_LONG_MS = 3_600_000;

/**
 * A thread hangs in a loop. Its tables wait, those of the other shard go on; when the loop ends, so does the wait. One
 * that never comes to itself goes with its process, or when it is ended, and what had been acknowledged is there.
 */
export const hungThread: Scenario = {
  name: 'a hung thread',
  async run({ site, random }) {
    const wal = { shards: 2, shardBy: 'table' } as const;
    const workload = site.start({ wal, inFlight: 5000, regions: 1, tables: 8, named: 0, mix: { sync: 0 } });
    await workload.opened;
    await goesOn(workload);

    const short = workload.broken();
    workload.command({ do: 'blockThread', pick: random.integer(0, 1), milliseconds: A_WHILE_MS });
    await within('breaking a thread', short);
    // On the other shard, while this one hangs.
    await goesOn(workload, 10);
    await goesOn(workload, 200);

    const long = workload.broken();
    const pick = random.integer(0, 1);
    workload.command({ do: 'blockThread', pick, milliseconds: VERY_LONG_MS });
    await within('breaking a thread', long);
    if (random.chance(0.5)) {
      workload.command({ do: 'endThread', pick });
      // Until room is made by those that waited for the thread.
      await goesOn(workload, 5000);
      const { workersStarted } = await numbers(workload);
      if (workersStarted !== 3)
        throw new Error(`3 threads should have been started, and ${workersStarted} were`);
      await finish(workload);
    } else {
      await workload.kill();
    }
    await site.check();
  },
};
