/*
 * Threads and processes use one log, each ended at random, beside its owner, which closes it under them; what all of them
 * were told must be what one log could have said. To go on longer: `npm run attack -- sharers`, or
 *
 *   SHALE_RUNS=... (or SHALE_MINUTES=...) npx vitest run test/attacks/concurrency/sharers.test.ts
 */
import { expect, test } from 'vitest';
import { sharers } from '../../dist/attacks/concurrency/sharers.js';
import { longForm } from '../runner/long-form.js';

const { runs, seed, directory, timeout } = longForm(2);

test('threads and processes that end at random see one log, with its owner', { timeout }, async () => {
  const { operations } = await sharers.run({ seed, count: runs, directory, progress: () => undefined });
  if (timeout === 0) console.log(`seed ${seed}: ${operations} operations`);
  expect(operations).toBeGreaterThan(20);
});
