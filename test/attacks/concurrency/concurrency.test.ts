/*
 * Many clients append to, read and trim the same tables at the same time; what they were told must be what one log
 * could have said, doing one thing after the other. To repeat a failure as nearly as threads allow, and to go on
 * longer:
 *
 *   SHALE_SEED=... npx vitest run test/attacks/concurrency/concurrency.test.ts
 *   SHALE_RUNS=... (or SHALE_MINUTES=...) npx vitest run test/attacks/concurrency/concurrency.test.ts
 */
import { expect, test } from 'vitest';
import { checkHistories } from '../../dist/attacks/concurrency/concurrency.js';
import { longForm } from '../runner/long-form.js';

const { runs, minutes, seed, directory, timeout } = longForm(3);
const task = { seed, count: runs, directory, ...(minutes === undefined ? {} : { minutes: minutes / 2 }) };

test('many clients at once see one log that does one thing after the other', { timeout }, async () => {
  const done = await checkHistories({ ...task, calls: 1500, deaths: false });
  if (timeout === 0)
    console.log(`seed ${seed}: ${done.histories} histories of ${done.operations} operations`);
  expect(done.operations).toBeGreaterThan(1000);
});

test('threads that die meanwhile make nothing wrong', { timeout }, async () => {
  const done = await checkHistories({ ...task, calls: 400, deaths: true });
  if (timeout === 0)
    console.log(`seed ${seed}: ${done.histories} histories of ${done.operations} operations`);
  expect(done.operations).toBeGreaterThan(300);
});
