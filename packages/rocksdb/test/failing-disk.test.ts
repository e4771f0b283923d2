import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runChild } from './support/child.js';
import { temporaryFolder } from './support/temporary.js';

const source = fileURLToPath(new URL('./fixtures/failing-disk.c', import.meta.url));

test
  .runIf(process.platform === 'linux')
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
  const folder = temporaryFolder();
  const library = join(folder, 'failing-disk.so');
  const faults = join(folder, 'faults');
  const built = spawnSync('cc', ['-shared', '-fPIC', '-O1', source, '-o', library, '-ldl'], {
    encoding: 'utf8',
  });
  expect(built.stderr).toBe('');
  writeFileSync(faults, '0\0\0\0');
  const outcome = await runChild('failing-disk.mjs', [join(folder, 'db'), scenario], {
    env: { LD_PRELOAD: library, SHALE_FAULTS: faults },
  });
  expect(outcome).toEqual({ status: 0, signal: null, output: '' });
});
