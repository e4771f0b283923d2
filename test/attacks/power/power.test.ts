// The long form: npm run attack -- power --count 500
import { expect, test } from 'vitest';
import { power, runPower } from '../../dist/attacks/power/power.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';
import { temporary } from '../../support/temporary.js';

test('whatever a power failure leaves opens, and has what was acknowledged as durable', async () => {
  const figures = await runAttack(power, { seed: 41, count: 12 });
  expect(figures.entriesCompared).toBeGreaterThan(500);
});

test('the attack finds a disk that lies about its syncs', async () => {
  const directory = temporary('power');
  const context = { seed: 43, count: 12, directory, progress: () => {} };
  await expect(runPower(context, { lyingDisk: true })).rejects.toThrow(
    /the power failed after .*(lost: |acknowledged are missing)/s,
  );
});
