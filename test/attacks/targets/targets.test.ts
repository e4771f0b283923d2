// The long form: npm run attack -- targets --count 500
import { expect, test } from 'vitest';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';
import { targets } from '../../dist/attacks/targets/targets.js';

test('what writes whole directories, killed at any moment and several at once, touches nothing of others and is whole', async () => {
  const figures = await runAttack(targets, { seed: 11, count: 6 });
  expect(figures.kills).toBeGreaterThan(0);
  expect(figures.made).toBeGreaterThan(0);
  expect(figures.restored).toBeGreaterThan(0);
});
