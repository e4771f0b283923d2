import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { HANG_MS } from '../../../test/support/patience.js';
import { temporary } from '../../../test/support/temporary.js';

// A real disk of 32 MiB: a tmpfs that the child alone sees, and that goes with it.
const unshare = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'];
const mount = 'mount -t tmpfs -o size=32m,mode=700 shale "$1" && shift && exec "$@"';

function onSmallDisk(...command: string[]) {
  const folder = temporary('full-disk');
  const [program = '', ...args] = [...unshare, 'sh', '-c', mount, 'sh', folder, ...command, folder];
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: HANG_MS, killSignal: 'SIGKILL' });
  return { status: result.status, signal: result.signal, output: `${result.stdout}${result.stderr}` };
}

test.runIf(onSmallDisk('true').status === 0)(
  'on a full disk appends are refused, reads go on, a trim makes room, and resume() goes on where it was',
  () => {
    const script = fileURLToPath(new URL('./fixtures/full-disk.mjs', import.meta.url));
    expect(onSmallDisk(process.execPath, script)).toEqual({ status: 0, signal: null, output: '' });
  },
);

test.runIf(onSmallDisk('true').status === 0)(
  'the trims and drops of a frame that fills the disk are done, and its appends refused',
  () => {
    const script = fileURLToPath(new URL('./fixtures/full-disk-trims.mjs', import.meta.url));
    expect(onSmallDisk(process.execPath, script)).toEqual({ status: 0, signal: null, output: '' });
  },
);
