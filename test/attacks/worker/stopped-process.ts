import { pause } from '../parts/pause.js';
import { finish, goesOn, type Scenario } from './scenario.js';

/** The whole process stands still for seconds, as when its machine sleeps or is moved, and goes on. */
export const stoppedProcess: Scenario = {
  name: 'a stopped process',
  async run({ site, random }) {
    const workload = site.start({ wal: { shards: 2 } });
    await workload.opened;
    await goesOn(workload, 10);
    const stops = random.integer(1, 3);
    for (let i = 0; i < stops; i++) {
      await pause(random.integer(0, 40));
      workload.signal('SIGSTOP');
      await pause(random.integer(200, 2000));
      workload.signal('SIGCONT');
      await goesOn(workload);
    }
    await finish(workload);
    await site.check();
  },
};
