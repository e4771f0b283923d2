// The long form: npm run attack -- repair --count 5000
import { expect, test } from 'vitest';
import { runAttack } from '../dist/attack/run-attack.js';
import { repair } from '../dist/attacks/repair.js';

test('whatever files are damaged, a repair saves what is intact, uses no sequence twice, and says what is lost', async () => {
  const figures = await runAttack(repair, { seed: 11, count: 24 });
  expect(figures.cases).toBe(24);
  expect(figures.losses).toBeGreaterThan(12);
  expect(figures.entries).toBeGreaterThan(100);
});
