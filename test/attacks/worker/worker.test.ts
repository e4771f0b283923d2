// The long form: npm run attack -- worker --count 250
import { expect, test } from 'vitest';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';
import { SCENARIOS, worker } from '../../dist/attacks/worker/worker.js';

test('whatever happens to threads, process and clock, nothing wrong is acknowledged and nothing hangs', async () => {
  const figures = await runAttack(worker, { seed: 3, count: SCENARIOS.length });
  expect(figures).toEqual(Object.fromEntries(SCENARIOS.map(({ name }) => [name, 1])));
});
