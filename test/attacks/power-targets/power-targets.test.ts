// The long form: npm run attack -- power-targets --count 500
import { expect, test } from 'vitest';
import { powerTargets } from '../../dist/attacks/power-targets/power-targets.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('what checkpoints, backups, restores and repairs leave when the power fails is whole or refused, and the source as it was', async () => {
  const figures = await runAttack(powerTargets, { seed: 21, count: 12 });
  expect(figures.whole).toBeGreaterThan(0);
  expect(figures.restored).toBeGreaterThan(0);
});
