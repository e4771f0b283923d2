// `shale top` and `shale tail` end at the first word, although the process that has the log says nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { describe, expect, it, onTestFinished } from 'vitest';
import { COMMAND, type Running, scratch, start, until } from '../support/shale.js';

const dir = scratch();
let logs = 0;

const PROGRAM = `
  import { openWal } from '@shale/engine';
  const wal = await openWal(process.argv[1], { shards: 1, inspect: true });
  await wal.table('t').append(Buffer.from('a'));
  process.stdout.write('open');
  setInterval(() => {}, 1000);`;

/** A log that a process has open which was stopped. */
async function stopped(): Promise<string> {
  const path = join(dir, `log ${logs++}`);
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, path], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  return path;
}

/** A log whose process greets, and stands still as soon as it is asked something, which `asked` waits for. */
async function stuck(request: string): Promise<{ path: string; asked: Promise<void> }> {
  const path = join(dir, `log ${logs++}`);
  const wal = await openWal(path, { shards: 1 });
  onTestFinished(async () => await wal.close());
  const { version } = JSON.parse(
    readFileSync(new URL('../../../engine/package.json', import.meta.url), 'utf8'),
  );
  const sockets: Socket[] = [];
  let heard = (): void => {};
  const asked = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.write(`${JSON.stringify({ is: 'shale', version, pid: process.pid, path, instance: 0 })}\n`);
    socket.on('data', (bytes) => {
      if (bytes.includes(`"${request}"`)) heard();
    });
  }).listen(join(path, 'INSPECT-0'));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return { path, asked };
}

function run(...args: string[]): Running {
  const running = start(args);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return running;
}

/** Resolves when the command listens to signals. Those of the terminal's hanging up Node.js itself leaves alone. */
async function listening({ child }: Running): Promise<void> {
  const SIGHUP = 1n;
  await until(() => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const caught = BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`);
    return (caught & SIGHUP) !== 0n;
  }, 'the command to listen to signals');
}

describe('beside a process that stands still', () => {
  it.each([['top'], ['tail']])('%s ends with Ctrl-C when nothing was said at all', async (command) => {
    const path = await stopped();
    const running = run(command, path);
    await listening(running);
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stdout: '', stderr: '' });
  });

  it.each([
    ['top', 'metrics'],
    ['tail', 'follow'],
  ])('%s ends with Ctrl-C when no answer comes', async (command, request) => {
    const { path, asked } = await stuck(request);
    const running = run(command, path);
    await asked;
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stdout: '', stderr: '' });
  });

  it.each([
    ['q', 'q', 0],
    ['Ctrl-C', '\x03', 130],
  ])('top ends at %s in a terminal', async (_, key, code) => {
    const { path, asked } = await stuck('metrics');
    const shell = `'${process.execPath}' '${COMMAND}' top '${path}'; echo "exit $?"`;
    const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
    const child = spawn('script', ['-qefc', shell, '/dev/null'], {
      env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const ended = once(child, 'close');
    await asked;
    child.stdin.write(key);
    await ended;
    const [, after = ''] = out.split('\x1b[?1049l');
    expect(after.trim()).toBe(`exit ${code}`);
  });
});
