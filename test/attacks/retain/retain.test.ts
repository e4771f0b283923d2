// The long form: npm run attack -- retain --count 200
import { expect, test } from 'vitest';
import { retain } from '../../dist/attacks/retain/retain.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whenever a program is killed whose tables are retained, nothing is gone that is needed, and no more is left', async () => {
  const figures = await runAttack(retain, { seed: 5, count: 3 });
  expect(figures.kills).toBe(3);
  expect(figures.entries).toBeGreaterThan(0);
});
