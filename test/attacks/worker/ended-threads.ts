import { pause } from '../parts/pause.js';
import { finish, goesOn, numbers, type Scenario } from './scenario.js';

/** Threads are ended under their appends, again and again, and are replaced each time. */
export const endedThreads: Scenario = {
  name: 'ended threads',
  async run({ site, random }) {
    const shards = random.integer(1, 3);
    const workload = site.start({ wal: { shards }, inFlight: 200 });
    await workload.opened;
    const ends = random.integer(2, 4);
    for (let i = 0; i < ends; i++) {
      await goesOn(workload);
      workload.command({ do: 'endThread', pick: random.integer(0, 9) });
      await pause(random.integer(0, 50));
    }
    await goesOn(workload);
    const { workersStarted } = await numbers(workload);
    if (workersStarted <= shards) throw new Error(`no thread was replaced: ${workersStarted} were started`);
    await finish(workload);
    await site.check();
  },
};
