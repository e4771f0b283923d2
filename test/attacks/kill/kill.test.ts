// The long form: npm run attack -- kill --count 2000
import { expect, test } from 'vitest';
import { kill } from '../../dist/attacks/kill/kill.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whatever moment a process is killed at, all that it acknowledged is there, once, in order and whole', async () => {
  const count = 12;
  const figures = await runAttack(kill, { seed: 20, count });
  // At least one process each, of which those that are to die while they close may have closed before.
  expect(figures.kills).toBeGreaterThan(count / 2);
  expect(figures.entriesCompared).toBeGreaterThan(1000);
});
