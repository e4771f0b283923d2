// The long form: npm run attack -- disk-faults --count 300
import { expect, test } from 'vitest';
import { diskFaults } from '../../dist/attacks/disk-faults/disk-faults.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('calls that fail, come short, are interrupted or slow lose nothing, and nothing crashes or hangs', async () => {
  const figures = await runAttack(diskFaults, { seed: 61, count: 5 });
  expect(figures.faults).toBeGreaterThan(0);
});
