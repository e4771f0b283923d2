// The long form: npm run attack -- power-consume --count 500
import { expect, test } from 'vitest';
import { powerConsume } from '../../dist/attacks/power-consume/power-consume.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whatever a power failure leaves: no position is ahead of its table or outputs, and what is repeated is in once', async () => {
  const figures = await runAttack(powerConsume, { seed: 5, count: 12 });
  expect(figures.outputs).toBeGreaterThan(100);
});
