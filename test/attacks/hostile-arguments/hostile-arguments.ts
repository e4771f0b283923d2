import { join } from 'node:path';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { Session } from './session.js';
import { Tables } from './tables.js';

/** Calls in one session. */
const CALLS = 600;
/** Sessions on one directory: comparing takes longer with each. */
const SESSIONS_PER_DIRECTORY = 6;

/** Passes to every method what applications pass by mistake, beside good traffic, and asks a model afterwards. */
export const hostileArguments: Attack = {
  name: 'hostile-arguments',
  summary: 'detached, changing and throwing arguments to every method, beside good traffic and a model',
  unit: 'minutes',
  option: 'minutes',
  longCount: 30,
  run: runHostileArguments,
};

async function runHostileArguments(context: AttackContext): Promise<Record<string, number>> {
  const { seed, count, directory, progress } = context;
  const until = performance.now() + count * 60_000;
  const start = performance.now();
  const figures = { sessions: 0, calls: 0, refused: 0, trims: 0, drops: 0, writes: 0 };
  for (let place = 0; place === 0 || performance.now() < until; place++) {
    const tables = new Tables();
    const path = join(directory, `database-${place}`);
    for (let n = 0; n < SESSIONS_PER_DIRECTORY && (n < 2 || performance.now() < until); n++) {
      const session = new Session(path, randomFrom(seed + figures.sessions), tables);
      try {
        await session.run(CALLS);
        await session.end();
      } catch (cause) {
        const what = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`session ${figures.sessions} of seed ${seed}: ${what}`, { cause });
      }
      figures.sessions++;
      figures.calls += session.calls.count;
      figures.refused += session.checks.refused;
      figures.trims += session.checks.done.trims;
      figures.drops += session.checks.done.drops;
      figures.writes += session.checks.done.writes;
      progress((performance.now() - start) / 60_000, `${figures.calls} calls, ${figures.refused} refused`);
    }
  }
  return figures;
}
