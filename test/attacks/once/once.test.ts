// The long form: npm run attack -- once --count 500
import { expect, test } from 'vitest';
import { once } from '../../dist/attacks/once/once.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whenever producers are killed that repeat all that they have not seen acknowledged, nothing is in twice', async () => {
  const figures = await runAttack(once, { seed: 9, count: 4 });
  expect(figures.kills).toBe(4);
  expect(figures.repeated).toBeGreaterThan(0);
});
