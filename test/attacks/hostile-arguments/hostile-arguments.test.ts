// The long form: npm run attack -- hostile-arguments --minutes 30
import { expect, test } from 'vitest';
import { hostileArguments } from '../../dist/attacks/hostile-arguments/hostile-arguments.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whatever is passed to any method, it is taken whole or refused whole, and all else goes on', async () => {
  const seed = Number(process.env.SHALE_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const figures = await runAttack(hostileArguments, { seed, count: 0.05 });
  expect(figures.sessions).toBeGreaterThan(1);
  expect(figures.refused).toBeGreaterThan(100);
  expect(figures.drops).toBeGreaterThan(0);
  expect(figures.writes).toBeGreaterThan(0);
});
