import { within } from '../parts/within.js';
import { finish, goesOn, numbers, type Scenario } from './scenario.js';

/**
 * A thread runs out of memory: Node ends it, and it is replaced. Some versions of Node end the process instead, when
 * they find no memory in the middle of something; nothing acknowledged is lost then either.
 */
export const fullThread: Scenario = {
  name: 'a thread out of memory',
  async run({ site, random }) {
    const shards = random.integer(1, 2);
    const workload = site.start(
      { wal: { shards }, inFlight: 200 },
      { execArgv: ['--max-old-space-size=96'] },
    );
    await workload.opened;
    await goesOn(workload);
    workload.command({ do: 'fillThread', pick: random.integer(0, 9) });
    try {
      const replaced = async (): Promise<void> => {
        while ((await numbers(workload)).workersStarted <= shards);
      };
      await within('a thread that is out of memory', replaced());
      await goesOn(workload);
      await finish(workload);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('JavaScript heap out of memory'))) throw error;
    }
    await site.check();
  },
};
