import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HANG_MS } from '../../../test/support/patience.js';
import { temporary } from './support.js';

const fixture = fileURLToPath(new URL('./fixtures/open-and-append.mjs', import.meta.url));

interface Preload {
  readonly does: string;
  readonly code: string;
  /** What openWal says when it runs in the thread after all. */
  readonly reason: string;
}

const thread = "!require('node:worker_threads').isMainThread";
const preloads: readonly Preload[] = [
  {
    does: 'listens on a port that the main thread has',
    // In the thread as in the main thread: as telemetry does.
    code: `const { createServer } = require('node:net');
      const port = Number(process.env.TELEMETRY_PORT ?? 0);
      const server = createServer().listen(port, () => { process.env.TELEMETRY_PORT = server.address().port; });
      server.unref();`,
    reason: 'EADDRINUSE',
  },
  {
    does: 'throws',
    code: `if (${thread}) throw new Error('no telemetry here');`,
    reason: 'no telemetry here',
  },
  { does: 'exits', code: `if (${thread}) process.exit(7);`, reason: 'ended with code 7' },
  {
    does: 'throws later',
    code: `if (${thread}) setImmediate(() => { throw new Error('too late'); });`,
    reason: 'too late',
  },
];

/** Runs the fixture in a process of its own. */
async function run(options: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const path = join(await temporary(), 'db');
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...options, fixture, path], {
    encoding: 'utf8',
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...env },
  });
  return { status, signal, stderr, told: stdout === '' ? null : (JSON.parse(stdout) as unknown) };
}

const appended = { status: 0, signal: null, stderr: '', told: ['1'] };

describe.each(preloads)('an application that preloads what $does', ({ code, reason }) => {
  test('opens its log: the threads of the log do not load it', async () => {
    const folder = await temporary();
    const path = join(folder, 'with space.cjs');
    writeFileSync(path, code);
    expect(await run([], { NODE_OPTIONS: `--require ${JSON.stringify(path)}` })).toEqual(appended);
    expect(await run(['-r', path])).toEqual(appended);
    writeFileSync(join(folder, 'module.mjs'), `import ${JSON.stringify(path)};`);
    expect(await run([`--import=${join(folder, 'module.mjs')}`])).toEqual(appended);
  });

  test('is told why the thread does not start, if it has to load it', async () => {
    // Plug'n'Play is loaded by every thread, and this is nothing that can be kept from one.
    const path = join(await temporary(), '.pnp.cjs');
    writeFileSync(path, code);
    const { told, ...rest } = await run(['-r', path]);
    expect(rest).toEqual({ status: 0, signal: null, stderr: '' });
    expect(told).toEqual([
      'WalError',
      'SHALE_INTERNAL',
      expect.stringMatching(new RegExp(`could not be started 4 times, .*${reason}`)),
      expect.stringContaining(reason),
    ]);
  });
});

test('a loader of the application is not asked by the threads', async () => {
  const path = join(await temporary(), 'loader.mjs');
  writeFileSync(
    path,
    `export async function load(url, context, next) {
       if (/[/]dist[/]worker[/.]/.test(url)) throw new Error('asked for ' + url);
       return await next(url, context);
     }`,
  );
  expect(await run(['--no-warnings', '--experimental-loader', path])).toEqual(appended);
});

test('options that a thread cannot have do not keep it from starting', async () => {
  const options = ['--max-old-space-size=200', '--expose-gc', '--title=x', '--enable-source-maps'];
  expect(await run(options, { NODE_OPTIONS: '--stack-trace-limit=50 --no-warnings' })).toEqual(appended);
});

test('the coverage of the threads is written, and leads to the sources', async () => {
  const folder = join(await temporary(), 'coverage');
  expect(await run([], { NODE_V8_COVERAGE: folder })).toEqual(appended);
  const reports = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const thread = reports.find((report) => report.includes('/dist/worker/thread.cjs"'));
  expect(thread).toBeDefined();
  expect(thread).toContain('storage/src/commit/commit.ts');
});

describe("under Node's permission model", () => {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const base = ['--no-warnings', permission, '--allow-fs-read=*', '--allow-fs-write=*'];

  test('a log opens where threads and addons are allowed', async () => {
    expect(await run([...base, '--allow-worker', '--allow-addons'])).toEqual(appended);
  });

  test.each([
    { allowed: [], missing: '--allow-addons' },
    { allowed: ['--allow-worker'], missing: '--allow-addons' },
    { allowed: ['--allow-addons'], missing: '--allow-worker' },
  ])('with $allowed an opening says what to allow, and nothing escapes', async ({ allowed, missing }) => {
    const { told, ...rest } = await run([...base, ...allowed]);
    expect(rest).toEqual({ status: 0, signal: null, stderr: '' });
    expect(told).toEqual([
      'WalError',
      'SHALE_UNSUPPORTED',
      expect.stringContaining(missing),
      expect.any(String),
    ]);
  });
});

test('nothing escapes when the opening itself is refused while threads are starting', async () => {
  const path = join(await temporary(), '.pnp.cjs');
  for (const { code } of preloads) {
    writeFileSync(path, code);
    const { status, stderr, told } = await run(['-r', path], { SHALE_ROCKSDB_ADDON: '/nowhere/addon.node' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(told).toEqual(['WalError', 'SHALE_UNSUPPORTED', expect.any(String), expect.any(String)]);
  }
});
