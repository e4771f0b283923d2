// The long form: npm run attack -- repair --count 5000
import { expect, test } from 'vitest';
import { repair } from '../../dist/attacks/repair/repair.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whatever files are damaged, a repair saves what is intact, uses no sequence twice, and says what is lost', async () => {
  const figures = await runAttack(repair, { seed: 11, count: 24 });
  expect(figures.cases).toBe(24);
  expect(figures.losses).toBeGreaterThan(12);
  expect(figures.entries).toBeGreaterThan(100);
});
