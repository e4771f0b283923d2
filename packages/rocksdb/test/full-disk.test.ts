import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { HANG_MS } from '../../../test/support/patience.js';
import { temporaryFolder } from './support/temporary.js';

// A real disk of 24 MiB: a tmpfs that the child alone sees, and that goes with it.
const unshare = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'];
const mount = 'mount -t tmpfs -o size=24m,mode=700 shale "$1" && shift && exec "$@"';
const canMount = onSmallDisk(['true']).status === 0;

function onSmallDisk(command: readonly string[], folder = temporaryFolder()) {
  const [program = '', ...args] = [...unshare, 'sh', '-c', mount, 'sh', folder, ...command];
  return spawnSync(program, args, { encoding: 'utf8', timeout: HANG_MS, killSignal: 'SIGKILL' });
}

test
  .runIf(canMount)
  .each([
    'appends fill it',
    'it fills again and again',
    'it is left twice before anything is written',
    'a compaction is under way when it is left',
    'it is full with nothing in memory',
    'a flush fills it',
    'a trim fills it',
    'trims use the reserve up',
    'it is full when the database is opened',
    'it is full when a database is to be made',
    'there is no room for what the logs hold',
    'passes come before there is no room for them',
    'there is no reserve',
    'many threads at work',
  ])('a full disk refuses appends, and keeps reads, trims and resume: %s', (scenario) => {
  const folder = temporaryFolder();
  const script = fileURLToPath(new URL('./fixtures/full-disk.mjs', import.meta.url));
  const { status, signal, stdout, stderr } = onSmallDisk(
    [process.execPath, script, folder, scenario],
    folder,
  );
  expect({ status, signal, output: stdout + stderr }).toEqual({ status: 0, signal: null, output: '' });
});
