// The long form: npm run attack -- power --count 500
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { power, runPower } from '../../dist/attacks/power/power.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('whatever a power failure leaves opens, and has what was acknowledged as durable', async () => {
  const figures = await runAttack(power, { seed: 41, count: 25 });
  expect(figures.entriesCompared).toBeGreaterThan(500);
});

test('the attack finds a disk that lies about its syncs', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'shale-power-'));
  const context = { seed: 43, count: 25, directory, progress: () => {} };
  await expect(runPower(context, { lyingDisk: true })).rejects.toThrow(
    /the power failed after .*(lost: |acknowledged are missing)/s,
  );
  await rm(directory, { recursive: true });
});
