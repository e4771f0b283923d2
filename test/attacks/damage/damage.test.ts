// The long form: npm run attack -- damage --count 100000
import { expect, test } from 'vitest';
import { damage } from '../../dist/attacks/damage/damage.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whatever is damaged, cut, lost or swapped: what was acknowledged is there byte for byte, or its absence is reported', async () => {
  const figures = await runAttack(damage, { seed: 7, count: 60 });
  expect(figures.cases).toBeGreaterThanOrEqual(150);
  expect(figures.whole).toBeGreaterThan(0);
  expect(figures.refused).toBeGreaterThan(50);
  expect(figures.refusedReading).toBeGreaterThan(0);
  expect(figures.salvaged).toBeGreaterThan(0);
});
