// A copy of the directory that was carried elsewhere: by whatever copies files, with whatever that makes of owners,
// times and links, to a machine with another kernel, below another mount.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  lutimesSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { asAfterReboot } from '@shale/fault-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HANG_MS } from './support/patience.js';

const ENGINE = import.meta.resolve('@shale/engine');
const NOBODY = 65_534;
const folder = mkdtempSync(join(tmpdir(), 'shale-carried-'));
const origin = join(folder, 'origin');
const id = { region: 7n, table: 1n };
let copies = 0;

/** What every copy must show. */
const EXPECTED = { entries: 150, first: 51, named: ['one', 'two'] };

beforeAll(async () => {
  const live = join(folder, 'live');
  const wal = await openWal(live, { shards: 2, rocksdb: { writeBufferSize: 64 * 1024 } });
  const table = wal.table(id);
  for (let i = 0; i < 4; i++) {
    await table.appendBatch(Array.from({ length: 50 }, (_, at) => Buffer.alloc(300, i * 50 + at + 1)));
    if (i === 1) await wal.flush();
  }
  await table.trim(50n);
  await wal.table('names').appendBatch([Buffer.from('one'), Buffer.from('two')]);
  // As it is while its process runs, or has been killed.
  cpSync(live, origin, { recursive: true });
  await wal.close();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A copy on another machine: what its kernel is called is something else. */
function carried(): string {
  const path = join(folder, `copy-${copies++}`);
  cpSync(origin, path, { recursive: true });
  asAfterReboot(path);
  // The pid is that of a process which runs here.
  const holder = {
    pid: process.ppid,
    start: 1,
    boot: '0d9c7b9e-0000-4000-8000-000000000000',
    host: 'elsewhere',
  };
  const lines = Object.entries(holder).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(path, 'WRITER'), lines.join(''));
  return path;
}

function filesIn(path: string): string[] {
  return readdirSync(path).map((name) => join(path, name));
}

/** Opens it in a process of its own and says what is there; or the code of the refusal. */
function lookAt(
  path: string,
  options: object,
  how: { uid?: number; prefix?: readonly string[] } = {},
): unknown {
  const script = `
    import { openWal } from ${JSON.stringify(ENGINE)};
    try {
      const wal = await openWal(${JSON.stringify(path)}, { shards: 1, ...${JSON.stringify(options)} });
      let entries = 0, first = 0;
      for await (const { sequence, payload } of wal.table({ region: 7n, table: 1n }).read()) {
        if (first === 0) first = Number(sequence);
        if (payload.length !== 300 || payload.some((byte) => byte !== (Number(sequence) & 255))) throw new Error('another entry at ' + sequence);
        entries++;
      }
      const named = [];
      for await (const { payload } of wal.table('names').read()) named.push(Buffer.from(payload).toString());
      let next;
      if (!wal.options.readOnly) {
        next = Number(await wal.table({ region: 7n, table: 1n }).append(Buffer.alloc(300, 201)));
        for await (const event of wal.verify()) if (event.type === 'finding') throw new Error(event.message);
      }
      await wal.close();
      console.log(JSON.stringify({ entries, first, named, next }));
    } catch (error) {
      console.log(JSON.stringify({ code: error.code ?? String(error), message: error.message }));
    }`;
  const command = [...(how.prefix ?? []), process.execPath, '--input-type=module', '--eval', script];
  const [program = '', ...args] = command;
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
    ...(how.uid === undefined ? {} : { uid: how.uid, gid: how.uid }),
  });
  if (result.status !== 0) throw new Error(`${result.status ?? result.signal}: ${result.stderr}`);
  return JSON.parse(result.stdout);
}

const whole = { ...EXPECTED, next: 201 };

test('opens with all that was acknowledged, to read and to write, whoever its lock file names', () => {
  const path = carried();
  expect(lookAt(path, { readOnly: true })).toEqual(EXPECTED);
  expect(lookAt(path, {})).toEqual(whole);
  expect(lookAt(path, { readOnly: true })).toEqual({ ...EXPECTED, entries: 151 });
});

test.each([
  ['1970', 0],
  ['the future', 4_000_000_000],
])('the times of the files are of no matter: %s', (_, seconds) => {
  const path = carried();
  for (const file of [...filesIn(path), path]) lutimesSync(file, seconds, seconds);
  expect(lookAt(path, { readOnly: true })).toEqual(EXPECTED);
  expect(lookAt(path, {})).toEqual(whole);
});

test('files that have other links elsewhere, as a checkpoint has, and files that have lost theirs', async () => {
  const path = carried();
  const checkpoint = join(folder, `checkpoint-${copies}`);
  await using wal = await openWal(path, { shards: 1 });
  await wal.checkpoint(checkpoint);
  const linked = filesIn(checkpoint).filter((file) => statSync(file).nlink > 1);
  expect(linked.length).toBeGreaterThan(0);
  const apart = join(folder, `apart-${copies}`);
  cpSync(checkpoint, apart, { recursive: true });
  expect(filesIn(apart).every((file) => statSync(file).nlink === 1)).toBe(true);
  // The links of the one and the copies of the other go their own ways.
  await wal.table(id).trim(200n);
  await wal.compact();
  await wal.reclaim();
  for (const copy of [checkpoint, apart]) expect(lookAt(copy, {})).toEqual(whole);
});

test('table files with links elsewhere are never written to', () => {
  const path = carried();
  const kept = filesIn(path)
    .filter((file) => file.endsWith('.sst'))
    .map((file) => ({ link: `${file}.link`, bytes: readFileSync(file), file }));
  for (const { file, link } of kept) linkSync(file, link);
  expect(lookAt(path, {})).toEqual(whole);
  for (const { link, bytes } of kept) expect(readFileSync(link).equals(bytes)).toBe(true);
});

describe.runIf(process.getuid?.() === 0)('for root', () => {
  test('files that belong to somebody else open', () => {
    const path = carried();
    for (const file of [...filesIn(path), path]) chownSync(file, NOBODY, NOBODY);
    expect(lookAt(path, { readOnly: true })).toEqual(EXPECTED);
    expect(lookAt(path, {})).toEqual(whole);
  });

  test('somebody else who may read them can read, and is told when he may not, or wants to write', () => {
    const path = carried();
    chmodSync(folder, 0o755);
    chmodSync(path, 0o755);
    for (const file of filesIn(path)) chmodSync(file, 0o644);
    const before = filesIn(path).map((file) => [file, readFileSync(file).toString('base64')]);
    expect(lookAt(path, { readOnly: true }, { uid: NOBODY })).toEqual(EXPECTED);
    expect(lookAt(path, {}, { uid: NOBODY })).toMatchObject({ code: 'SHALE_IO' });
    expect(filesIn(path).map((file) => [file, readFileSync(file).toString('base64')])).toEqual(before);
    for (const file of filesIn(path)) chmodSync(file, 0o600);
    expect(lookAt(path, { readOnly: true }, { uid: NOBODY })).toMatchObject({
      code: 'SHALE_IO',
      message: expect.stringContaining('ermission'),
    });
    expect(lookAt(path, {})).toEqual(whole);
  });
});

const readOnlyMount = (path: string): string[] => [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  '--mount',
  'sh',
  '-c',
  'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"',
  'sh',
  path,
];

function canMount(): boolean {
  const [program = '', ...args] = [...readOnlyMount(folder), 'true'];
  return spawnSync(program, args).status === 0;
}

test.runIf(canMount())('below a mount that is read-only it can be read, and a writer is told', () => {
  const path = carried();
  const prefix = readOnlyMount(path);
  expect(lookAt(path, { readOnly: true }, { prefix })).toEqual(EXPECTED);
  expect(lookAt(path, {}, { prefix })).toMatchObject({
    code: 'SHALE_IO',
    message: expect.stringMatching(/read-only/i),
  });
  expect(lookAt(path, {})).toEqual(whole);
});
