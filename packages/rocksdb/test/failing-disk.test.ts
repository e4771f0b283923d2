import { expect, test } from 'vitest';
import { canInterpose, WatchedDisk } from '../../fault-kit/dist/index.js';
import { runChild } from './support/child.js';
import { temporaryFolder } from './support/temporary.js';

test
  .runIf(canInterpose())
  .each([
    'sync',
    'sync-full',
    'sync-beside-full',
    'sync-wal',
    'write',
    'full',
    'quota',
    'starved',
    'full-reclaim',
    'full-flush',
    'full-stall',
    'full-backup-trim',
    'full-backup-resume',
    'full-resume',
    'full-resume-fails',
    'full-resume-loses',
    'full-resume-loses-for-good',
    'full-resume-compacts',
    'flush',
    'compaction-read',
    'exit-when-poisoned',
  ])('a disk that fails or is full: %s', async (scenario) => {
  const disk = new WatchedDisk(temporaryFolder());
  const env = disk.env({ record: false });
  const outcome = await runChild('failing-disk.mjs', [disk.database, scenario], { env });
  expect(outcome).toEqual({ status: 0, signal: null, output: '' });
});
