import { spawn } from 'node:child_process';
import { HANG_MS } from '../../../test/support/patience.js';

const ENGINE = new URL('../dist/index.js', import.meta.url).href;

/** Runs a script, which has `openWal`, in a process of its own. */
export function inAnotherProcess(
  script: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; signal: string | null; output: string }> {
  const source = `import { openWal } from ${JSON.stringify(ENGINE)};\n${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, output }));
  });
}
