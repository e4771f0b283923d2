import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporary } from './support.js';

const script = fileURLToPath(new URL('./fixtures/few-files-to-read.mjs', import.meta.url));

test.runIf(process.platform === 'linux')(
  'a read that finds no descriptor fails what it is for, and nothing else',
  async () => {
    const args = ['-c', 'ulimit -n 256 && exec "$@"', 'sh', process.execPath, script];
    const child = spawn('sh', [...args, `${await temporary()}/db`], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const [status, signal] = await once(child, 'close');
    expect({ status, signal, output }).toEqual({ status: 0, signal: null, output: '' });
  },
);
