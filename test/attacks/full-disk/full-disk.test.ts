// The long form: npm run attack -- full-disk --count 300
import { expect, test } from 'vitest';
import { fullDisk } from '../../dist/attacks/full-disk/full-disk.js';
import { runAttack } from '../../dist/attacks/runner/run-attack.js';

test('a disk may be full at any step: reads go on, resume() ends it, nothing is lost and nothing refused is in', async () => {
  const figures = await runAttack(fullDisk, { seed: 71, count: 4 });
  expect(figures.fullWhileWorking).toBeGreaterThan(2);
});
