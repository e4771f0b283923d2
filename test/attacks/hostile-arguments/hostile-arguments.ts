import { join } from 'node:path';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../runner/attack.js';
import { Life } from './life.js';

/** Calls in one life of a WAL. */
const CALLS = 600;
/** Lives on one directory: comparing takes longer with each. */
const LIVES_PER_DIRECTORY = 6;

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
  const figures = { lives: 0, calls: 0, refused: 0, trims: 0, drops: 0, writes: 0 };
  for (let place = 0; place === 0 || performance.now() < until; place++) {
    const ledgers = Life.ledgers();
    const path = join(directory, `database-${place}`);
    for (let n = 0; n < LIVES_PER_DIRECTORY && (n < 2 || performance.now() < until); n++) {
      const life = new Life(path, randomFrom(seed + figures.lives), ledgers);
      try {
        await life.run(CALLS);
        await life.end();
      } catch (cause) {
        const what = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`life ${figures.lives} of seed ${seed}: ${what}`, { cause });
      }
      figures.lives++;
      figures.calls += life.calls;
      figures.refused += life.refused;
      figures.trims += life.done.trims;
      figures.drops += life.done.drops;
      figures.writes += life.done.writes;
      progress((performance.now() - start) / 60_000, `${figures.calls} calls, ${figures.refused} refused`);
    }
  }
  return figures;
}
