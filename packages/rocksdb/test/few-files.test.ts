import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/temporary.js';

const script = fileURLToPath(new URL('./fixtures/few-files.mjs', import.meta.url));

test.runIf(process.platform === 'linux')(
  'a process without descriptors left refuses writes, reads on, and goes on after resume()',
  async () => {
    const args = ['-c', 'ulimit -n 128 && exec "$@"', 'sh', process.execPath, script];
    const child = spawn('sh', [...args, join(temporaryFolder(), 'db')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const [status, signal] = await once(child, 'close');
    expect({ status, signal, output }).toEqual({ status: 0, signal: null, output: '' });
  },
);
