// The long form: npm run attack -- sync-failure --count 300
import { expect, test } from 'vitest';
import { runSyncFailure } from '../../dist/attacks/sync-failure/sync-failure.js';
import { temporary } from '../../support/temporary.js';

test('when a sync fails, nothing is acknowledged that it was about, and the log opens again with all that was', async () => {
  const directory = temporary('sync-failure');
  const context = { seed: 51, count: 7, directory, progress: () => {} };
  // Some of opening, some of appending, some of flushing.
  const figures = await runSyncFailure(context, [1, 7, 15, 21, 32, 50, 77]);
  expect(figures.failedSyncs).toBe(7);
  expect(figures.poisoned).toBeGreaterThan(0);
});
