// The long form: npm run attack -- consume --count 500
import { expect, test } from 'vitest';
import { consume } from '../../dist/attacks/consume/consume.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whenever a consumer is killed that writes by batch.write, each input has come to one output', async () => {
  const figures = await runAttack(consume, { seed: 16, count: 4 });
  expect(figures.kills).toBe(6);
  expect(figures.fights).toBe(2);
  expect(figures.outputs).toBeGreaterThan(0);
});
