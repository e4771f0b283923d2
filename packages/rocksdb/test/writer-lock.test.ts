import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { buildPreload } from '../../fault-kit/dist/index.js';
import { runChild, startChild, waitForLine } from './support/child.js';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

const linux = process.platform === 'linux';
const noLocks = fileURLToPath(new URL('./fixtures/no-locks.c', import.meta.url));

async function codeInAnotherProcess(path: string): Promise<string> {
  return (await runChild('open-code.mjs', [path])).output.trim();
}

async function holding(path: string): Promise<ChildProcess> {
  const child = startChild('hold-open.mjs', [path]);
  await waitForLine(child, 'open');
  return child;
}

function fields(path: string): Record<string, string> {
  const lines = readFileSync(join(path, 'WRITER'), 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split('=')));
}

test('copying the directory does not let a second process in', async () => {
  const database = await temporaryDatabase();
  cpSync(database.path, join(temporaryFolder(), 'copy'), { recursive: true });
  expect(await codeInAnotherProcess(database.path)).toBe('ROCKSDB_LOCKED');
});

test('neither does reading each of its files, nor opening it anew to resume', async () => {
  const database = await temporaryDatabase();
  for (const name of readdirSync(database.path)) readFileSync(join(database.path, name));
  await database.resume();
  expect(await codeInAnotherProcess(database.path)).toBe('ROCKSDB_LOCKED');
});

test('whoever is refused is told by whom', async () => {
  const path = join(temporaryFolder(), 'db');
  const child = await holding(path);
  const refused = openDatabase(path);
  await expect(refused).rejects.toMatchObject({ code: 'ROCKSDB_LOCKED', path });
  await expect(refused).rejects.toThrow(linux ? `Process ${child.pid}, which is running` : `${child.pid}`);
  child.stdin?.end();
  await once(child, 'close');
});

test('the file says which process it is, and is its owner alone', async () => {
  const database = await temporaryDatabase();
  expect(fields(database.path)).toMatchObject({ pid: `${process.pid}`, host: hostname() });
  expect(lstatSync(join(database.path, 'WRITER')).mode & 0o777).toBe(0o600);
  await database.close();
  expect(readFileSync(join(database.path, 'WRITER'), 'utf8')).toBe('');
});

test.runIf(linux)('a closed database can be opened while a child process shares its open files', async () => {
  // As every child does between its birth and its program.
  const database = await temporaryDatabase();
  const { path } = database;
  const file = readdirSync('/proc/self/fd').find((number) => linkOf(number) === join(path, 'WRITER'));
  const child = spawn('sleep', ['600'], { stdio: ['ignore', Number(file)] });
  await once(child, 'spawn');
  await database.close();
  await (await openDatabase(path)).close();
  child.kill();
  await once(child, 'close');
});

function linkOf(number: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${number}`);
  } catch {
    return '';
  }
}

test('what a copy says of its original is nothing to the copy', async () => {
  const database = await temporaryDatabase();
  const copy = join(temporaryFolder(), 'copy');
  cpSync(database.path, copy, { recursive: true });
  expect(fields(copy).pid).toBe(`${process.pid}`);
  expect(await codeInAnotherProcess(copy)).toBe('opened');
});

test('a holder of another machine is named as such', async () => {
  const database = await temporaryDatabase();
  const told = readFileSync(join(database.path, 'WRITER'), 'utf8');
  writeFileSync(
    join(database.path, 'WRITER'),
    told.replace(/boot=.*/, 'boot=another').replace(/host=.*/, 'host=far'),
  );
  const { output } = await runChild('open-message.mjs', [database.path]);
  expect(output).toContain(`Process ${process.pid} of the machine far`);
  writeFileSync(join(database.path, 'WRITER'), 'nonsense\0'.repeat(1000));
  expect((await runChild('open-message.mjs', [database.path])).output).toContain('has not said who it is');
});

test.runIf(linux)('a process that is killed lets go, and none that it started holds on', async () => {
  const path = join(temporaryFolder(), 'db');
  const child = startChild('hold-and-spawn.mjs', [path]);
  await waitForLine(child, 'open');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const database = await openDatabase(path);
  await database.close();
  child.stdin?.destroy(); // which ends what it started
});

test('a file that was removed or replaced locks the new one', async () => {
  const database = await temporaryDatabase();
  await database.close();
  rmSync(join(database.path, 'WRITER'));
  const again = await temporaryDatabase({}, database.path);
  expect(fields(again.path).pid).toBe(`${process.pid}`);
});

test.each([
  ['a link', (path: string, outside: string) => symlinkSync(outside, path)],
  ['a directory', (path: string) => mkdirSync(path)],
  ['a pipe', (path: string) => spawnSync('mkfifo', [path])],
])('%s in its place is refused, and not followed', async (_, put) => {
  const folder = temporaryFolder();
  const path = join(folder, 'db');
  await (await openDatabase(path)).close();
  rmSync(join(path, 'WRITER'));
  put(join(path, 'WRITER'), join(folder, 'outside'));
  await expect(openDatabase(path)).rejects.toMatchObject({
    code: 'ROCKSDB_IO_ERROR',
    message: expect.stringContaining('WRITER'),
  });
  expect(readdirSync(folder)).toEqual(['db']);
});

test('nothing is left where there was no database', async () => {
  const path = temporaryFolder();
  await expect(openDatabase(path, { createIfMissing: false })).rejects.toMatchObject({
    code: 'ROCKSDB_NOT_FOUND',
  });
  writeFileSync(join(path, '000007.sst'), '');
  await expect(openDatabase(path)).rejects.toMatchObject({ code: 'ROCKSDB_CORRUPTION' });
  expect(readdirSync(path)).toEqual(['000007.sst']);
  rmSync(join(path, '000007.sst'));
  const reader = openDatabase(path, { readOnly: true });
  await expect(reader).rejects.toMatchObject({ code: 'ROCKSDB_NOT_FOUND' });
  expect(readdirSync(path)).toEqual([]);
});

test.runIf(linux).each(['own', 'rocksdb'])(
  'a file system without locks is called that, not a second writer: %s',
  async (whose) => {
    const folder = temporaryFolder();
    const { output } = await runChild('open-message.mjs', [join(folder, 'db')], {
      env: { LD_PRELOAD: buildPreload(noLocks), SHALE_NO_LOCKS: whose },
    });
    expect(output).toMatch(/^ROCKSDB_LOCKS_UNSUPPORTED .*no file locks/s);
    expect(output).not.toMatch(/another process/i);
  },
);

test.runIf(linux)('where locks of open files are unknown, the older kind does', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'db');
  const env = { LD_PRELOAD: buildPreload(noLocks), SHALE_NO_LOCKS: 'ofd' };
  const child = startChild('hold-open.mjs', [path], { env });
  await waitForLine(child, 'open');
  expect((await runChild('open-code.mjs', [path], { env })).output.trim()).toBe('ROCKSDB_LOCKED');
  child.stdin?.end();
  await once(child, 'close');
  expect((await runChild('open-code.mjs', [path], { env })).output.trim()).toBe('opened');
});

test('two copies of the addon in one process keep each other out', async () => {
  const copy = join(temporaryFolder(), 'copy.node');
  const addon =
    process.env.SHALE_ROCKSDB_ADDON ?? fileURLToPath(new URL('../build/shale_rocksdb.node', import.meta.url));
  cpSync(addon, copy);
  const { output } = await runChild('two-addons.mjs', [join(temporaryFolder(), 'db'), copy]);
  expect(output.trim()).toMatch(/^ROCKSDB_LOCKED .*This process itself/);
});
