// The long form: npm run attack -- kill-tables --tables 1000000
import { expect, test } from 'vitest';
import { killTables } from '../../dist/attacks/kill-tables/kill-tables.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whenever a process is killed that appends to thousands of tables in turn, each of them has what was acknowledged', async () => {
  const figures = await runAttack(killTables, { seed: 17, count: 2_000 });
  expect(figures.kills).toBe(3);
  expect(figures.acknowledged).toBeGreaterThan(1000);
});
