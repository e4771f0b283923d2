import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { canInterpose, WatchedDisk } from '../../fault-kit/dist/index.js';
import { runChild } from './support/child.js';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

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
    'slow-deletions',
  ])('a disk that fails or is full: %s', async (scenario) => {
  const disk = new WatchedDisk(temporaryFolder());
  const env = disk.env({ record: false });
  const outcome = await runChild('failing-disk.mjs', [disk.database, scenario], { env });
  expect(outcome).toEqual({ status: 0, signal: null, output: '' });
});

test.runIf(canInterpose())(
  'an exit does not wait for table files that are being deleted: the next opening deletes them',
  async () => {
    const disk = new WatchedDisk(temporaryFolder());
    const args = [disk.database, 'exit-beside-slow-deletions'];
    const outcome = await runChild('failing-disk.mjs', args, { env: disk.env({ record: false }) });
    expect(outcome).toEqual({ status: 0, signal: null, output: '' });
    const database = await temporaryDatabase({}, disk.database);
    const live = database.liveFiles().map(({ name }) => name);
    const there = () => readdirSync(disk.database).filter((name) => name.endsWith('.sst'));
    while (there().length > live.length) await setTimeout(5);
    expect(there().toSorted()).toEqual(live.toSorted());
  },
);
