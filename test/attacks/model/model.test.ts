/*
 * A failure shrinks, and says with which seed and path to repeat it:
 *
 *   SHALE_SEED=... SHALE_PATH=... npx vitest run test/attacks/model/model.test.ts
 *
 * SHALE_RUNS=... or SHALE_MINUTES=... make it long.
 */
import { expect, test } from 'vitest';
import { checkModel } from '../../dist/attacks/model/model.js';
import { longForm } from '../runner/long-form.js';

const { runs, minutes, seed, path, directory, timeout } = longForm(12);

test('whatever is done in whatever order, crashes and reopenings included, the WAL does what the model does', {
  timeout,
}, async () => {
  const done = await checkModel({
    seed,
    count: runs,
    directory,
    ...(minutes === undefined ? {} : { minutes }),
    ...(path === undefined ? {} : { path }),
  });
  if (timeout === 0) console.log(`seed ${seed}: ${done.runs} runs of ${done.steps} steps`);
  expect(done.runs).toBeGreaterThan(0);
});
