// The long form: npm run attack -- foreign --count 2000
import { expect, test } from 'vitest';
import { foreign } from '../../dist/attacks/foreign/foreign.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whatever another program writes in between is there, or the opening is refused; no sequence is used twice', async () => {
  const figures = await runAttack(foreign, { seed: 3, count: 10 });
  expect(figures.opened).toBeGreaterThan(3);
  expect(figures.refused).toBeGreaterThan(0);
  expect(figures.damaged).toBeGreaterThan(0);
});
