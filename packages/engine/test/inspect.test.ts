// `inspect: true`: a process shows its WAL to others by a socket.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal, type Table, type Wal } from '@shale/engine';
import {
  type InspectedChunk,
  type InspectFollowOptions,
  inspect,
  listBackups,
  repairDatabase,
  restoreBackup,
} from '@shale/engine/admin';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { InspectServer } from '../dist/inspect/server.js';
import { Place } from '../dist/socket/place.js';
import { VERSION } from '../dist/version.js';
import { all, bytes, failureOf, open, rejectsWith, temporary, text } from './support.js';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const socketOf = (wal: Wal): string => join(wal.path, `INSPECT-${wal.options.instance}`);

/** A client that does as it likes. */
async function stranger(wal: Wal): Promise<Socket> {
  const socket = connect(socketOf(wal));
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

/** The first chunks of a follow that bring so many entries, or gaps. */
async function follow(wal: Wal, options: InspectFollowOptions, items: number): Promise<InspectedChunk[]> {
  await using inspection = await inspect(wal.path);
  await using entries = await inspection.follow(options);
  const chunks: InspectedChunk[] = [];
  let seen = 0;
  for await (const chunk of entries) {
    chunks.push(chunk);
    seen += chunk.gap === null ? chunk.entries.length : 1;
    if (seen >= items) break;
  }
  return chunks;
}

const shown = (chunks: readonly InspectedChunk[]): string[] =>
  chunks.flatMap(({ entries }) => entries.map(({ sequence, payload }) => `${sequence} ${text(payload)}`));

test('the socket is for the user alone, goes with the closing, and leaves nothing', async () => {
  const wal = await open({ inspect: true });
  const { mode } = lstatSync(socketOf(wal));
  expect((mode & 0o777).toString(8)).toBe('600');
  expect(readdirSync(wal.path).filter((name) => name.startsWith('INSPECT'))).toEqual(['INSPECT-0']);
  expect(wal.inspectTrouble).toBeNull();
  await wal.close();
  expect(readdirSync(wal.path).filter((name) => name.startsWith('INSPECT'))).toEqual([]);
});

test('metrics and the largest tables are told as the process knows them', async () => {
  const wal = await open({ inspect: true });
  await wal.table('large').append(Buffer.alloc(500_000));
  await wal.table({ region: 7n, table: 2n ** 63n - 1n }).append(bytes('small'));
  await using inspection = await inspect(wal.path);
  expect(inspection).toMatchObject({ pid: process.pid, path: wal.path });
  const { rocksdb, ...metrics } = await inspection.metrics();
  const here = wal.metrics();
  expect(metrics).toEqual({ ...metrics, shards: here.shards, stalls: here.stalls, path: here.path });
  expect(Object.keys(rocksdb.properties)).toEqual(Object.keys(here.rocksdb.properties));
  expect(rocksdb).not.toHaveProperty('text');
  const { tables, seen, isAll } = await inspection.tables();
  expect({ seen, isAll }).toEqual({ seen: 2, isAll: true });
  expect(tables).toMatchObject([
    { name: 'large', entries: 1n },
    { name: null, region: 7n, table: 2n ** 63n - 1n, entries: 1n },
  ]);
  expect(JSON.parse(JSON.stringify(tables))[1]).toEqual({
    name: null,
    region: '7',
    table: '9223372036854775807',
    entries: '1',
    bytes: tables[1]?.bytes,
  });
});

describe('a follow from outside', () => {
  test('gives the last entries, and then what is appended', async () => {
    const wal = await open({ inspect: true });
    const table = wal.table('t');
    await table.appendBatch(['a', 'b', 'c', 'd'].map(bytes));
    await using inspection = await inspect(wal.path);
    await using entries = await inspection.follow({ target: 't', from: { last: 2 } });
    expect(entries.last).toBe(4n);
    await table.append(bytes('e'));
    const got: InspectedChunk[] = [];
    for await (const chunk of entries) {
      got.push(chunk);
      if (shown(got).length === 3) break;
    }
    expect(shown(got)).toEqual(['3 c', '4 d', '5 e']);
    expect(shown(await follow(wal, { target: 't', from: { after: 4n } }, 1))).toEqual(['5 e']);
    expect(shown(await follow(wal, { target: 't', from: 'start', visibility: 'durable' }, 5))).toHaveLength(
      5,
    );
    // More than there are.
    expect(shown(await follow(wal, { target: 't', from: { last: 99 } }, 5))).toHaveLength(5);
    await rejectsWith('SHALE_AHEAD', follow(wal, { target: 't', from: { after: 9n } }, 1));
  });

  test('is of a region or of everything, and tells whose entries they are', async () => {
    const wal = await open({ inspect: true });
    await using inspection = await inspect(wal.path);
    await using everything = await inspection.follow();
    await using region = await inspection.follow({ target: { region: 3 }, from: 'start' });
    await wal.table('named').append(bytes('1'));
    await wal.table({ region: 3n, table: 2n ** 64n - 1n }).append(bytes('2'));
    const seen: object[] = [];
    for await (const { name, table } of everything) if (seen.push({ name, ...table }) === 2) break;
    expect(seen).toContainEqual({ name: 'named', region: 0n, table: 2n ** 63n });
    expect(seen).toContainEqual({ name: null, region: 3n, table: 2n ** 64n - 1n });
    for await (const { table } of region) {
      expect(table).toEqual({ region: 3n, table: 2n ** 64n - 1n });
      break;
    }
  });

  test('brings entries of any size, byte for byte', async () => {
    const wal = await open({ inspect: true });
    const payloads = [0, 1, 65_535, 65_536, 3_000_000].map((size) => Buffer.alloc(size, `${size}\n{`));
    await wal.table('t').appendBatch(payloads);
    const chunks = await follow(wal, { target: 't', from: 'start' }, payloads.length);
    const came = chunks.flatMap(({ entries }) => entries.map(({ payload }) => Buffer.from(payload)));
    expect(came.map((payload, i) => payload.equals(payloads[i] ?? Buffer.of(1)))).toEqual(
      payloads.map(() => true),
    );
  });

  test('gives entries that JSON takes, as those of a read', async () => {
    const wal = await open({ inspect: true });
    await wal.table('t').appendBatch(['a', 'b'].map(bytes));
    const chunks = await follow(wal, { target: 't', from: 'start' }, 2);
    const came = chunks.flatMap(({ entries }) => entries);
    expect(JSON.stringify(came)).toBe(JSON.stringify(await all(wal.table('t').read())));
  });

  test('finds the last entries without reading any, whatever was trimmed', async () => {
    const wal = await open({ inspect: true });
    const table = wal.table('t');
    await table.appendBatch(['a', 'b', 'c', 'd'].map(bytes));
    await table.trim(1n);
    const read = vi.spyOn(Object.getPrototypeOf(table) as Table, 'read');
    onTestFinished(() => read.mockRestore());
    const first = async (target: string, last: number): Promise<string[]> =>
      shown(await follow(wal, { target, from: { last } }, 1)).slice(0, 1);
    expect(await first('t', 1)).toEqual(['4 d']);
    expect(await first('t', 2)).toEqual(['3 c']);
    expect(await first('t', 3)).toEqual(['2 b']);
    expect(await first('t', 4)).toEqual(['2 b']);
    expect(await first('t', Number.MAX_SAFE_INTEGER)).toEqual(['2 b']);
    await table.trim(4n);
    await using inspection = await inspect(wal.path);
    for (const [target, last] of [
      ['t', 0],
      ['t', 1],
      ['none', 0],
      ['other', 1],
    ] as const) {
      await using entries = await inspection.follow({ target, from: { last } });
      const sequence = await wal.table(target).append(bytes('new'));
      for await (const chunk of entries) {
        expect([chunk.gap, ...shown([chunk])]).toEqual([null, `${sequence} new`]);
        break;
      }
      await wal.table(target).trim(sequence);
    }
    expect(read).not.toHaveBeenCalled();
  });

  test('tells what was trimmed before it came', async () => {
    const wal = await open({ inspect: true });
    await wal.table('t').appendBatch(['a', 'b', 'c'].map(bytes));
    await wal.table('t').trim(2n);
    const chunks = await follow(wal, { target: 't', from: { after: 0n } }, 2);
    expect(chunks[0]?.gap).toEqual({ expected: 1n, first: 3n });
    expect(shown(chunks)).toEqual(['3 c']);
  });

  test('ends when the WAL is closed, and everything else is SHALE_CLOSED', async () => {
    const wal = await open({ inspect: true });
    await using inspection = await inspect(wal.path);
    await using entries = await inspection.follow({ target: 't' });
    const rest = all(entries);
    await wal.close();
    expect(await rest).toEqual([]);
    expect(await failureOf(inspection.metrics())).toMatchObject({
      code: 'SHALE_CLOSED',
      path: wal.path,
      details: { pid: process.pid },
    });
  });

  test('the end of the inspection itself is told without a process', async () => {
    const wal = await open({ inspect: true });
    const inspection = await inspect(wal.path);
    await inspection.close();
    const error = await failureOf(inspection.metrics());
    expect([error.code, error.details]).toEqual(['SHALE_CLOSED', undefined]);
  });

  test('tells its end to those who ask nothing', async () => {
    const wal = await open({ inspect: true });
    await using watching = await inspect(wal.path);
    const closing = await inspect(wal.path);
    await closing.close();
    const own = await closing.ended;
    expect([own.code, own.details]).toEqual(['SHALE_CLOSED', undefined]);
    await wal.close();
    expect(await watching.ended).toMatchObject({ code: 'SHALE_CLOSED', details: { pid: process.pid } });
  });

  test('lets go of its table when who follows is gone', async () => {
    const wal = await open({ inspect: true });
    await wal.table('t').append(bytes('a'));
    await follow(wal, { target: 't', from: 'start' }, 1);
    // The disconnection is noticed when the event loop turns.
    while (wal.metrics().reads.open > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  test('refuses what the process refuses', async () => {
    const wal = await open({ inspect: true });
    await using inspection = await inspect(wal.path);
    for (const options of [
      { target: '' },
      { target: 7 },
      { target: { region: -1 } },
      { target: { region: 1, table: 'x' } },
      { target: 't', from: 'middle' },
      { target: 't', from: { last: -1 } },
      { target: 't', from: { after: -1n } },
      { from: { last: 1 } },
      { visibility: 'none' },
      { colour: 'red' },
    ]) {
      await rejectsWith('SHALE_INVALID_ARGUMENT', inspection.follow(options as InspectFollowOptions));
    }
    for (const target of [undefined, { region: 1 }]) {
      const error = await failureOf(inspection.follow({ target, from: { last: 1 } }));
      expect(error.message).toContain("from must be 'start' or 'end' unless target is a table");
    }
    await rejectsWith('SHALE_INVALID_ARGUMENT', inspect(wal.path, { instance: 127 }));
    await rejectsWith('SHALE_INVALID_ARGUMENT', inspect(wal.path, { timeoutMs: 0 }));
  });
});

describe('where the socket is', () => {
  test('a directory of any name', async () => {
    const path = join(await temporary(), 'd'.repeat(200), 'e'.repeat(200));
    await open({ path, inspect: true });
    await using inspection = await inspect(path);
    expect((await inspection.metrics()).path).toBe(path);
  });

  test('without the way by open files, one with a short name', async () => {
    const path = await temporary();
    using place = new Place(path, '/nowhere');
    expect(place.of('INSPECT-0')).toBe(`${path}/INSPECT-0`);
    const long = join(path, 'd'.repeat(100));
    mkdirSync(long);
    using far = new Place(long, '/nowhere');
    expect(() => far.of('INSPECT-0')).toThrow(/at most 107 bytes/);
  });

  test('each WAL of a database has its own', async () => {
    const wal = await open({ inspect: true });
    const other = await open({ path: wal.path, instance: 5, inspect: true });
    await using inspection = await inspect(wal.path, { instance: 5 });
    expect((await inspection.metrics()).instance).toBe(5);
    await other.close();
    const error = await failureOf(inspect(wal.path, { instance: 5 }));
    expect(error).toMatchObject({ code: 'SHALE_UNSUPPORTED', details: { pid: process.pid } });
    await using first = await inspect(wal.path);
    expect((await first.metrics()).instance).toBe(0);
  });

  test('openings that share a WAL share it until the last one closes', async () => {
    const path = await temporary();
    const one = await open({ path, inspect: true, reuse: true });
    const other = await open({ path, inspect: true, reuse: true });
    await one.close();
    await using inspection = await inspect(path);
    expect((await inspection.metrics()).state).toBe('open');
    await other.close();
    await rejectsWith('SHALE_NOT_FOUND', inspect(path));
  });

  test('is no place for a file of others, which stays, and the WAL is open all the same', async () => {
    const path = await temporary();
    writeFileSync(join(path, 'INSPECT-0'), 'mine');
    const warned = once(process, 'warning');
    const wal = await open({ path, inspect: true });
    expect(wal.inspectTrouble).toMatchObject({ name: 'WalError', code: 'SHALE_IO', path });
    expect((await warned)[0]).toMatchObject({ code: 'SHALE_INSPECT', message: wal.inspectTrouble?.message });
    await wal.table('t').append(bytes('a'));
    await wal.close();
    expect(readFileSync(join(path, 'INSPECT-0'), 'utf8')).toBe('mine');
    expect(readdirSync(path)).not.toContain('INSPECT-0.new');
  });

  test('what has come to have its name is not taken away at the closing', async () => {
    const wal = await open({ inspect: true });
    const { path } = wal;
    unlinkSync(socketOf(wal));
    const other = createServer().listen(join(path, 'INSPECT-0'));
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    await wal.close();
    expect(lstatSync(join(path, 'INSPECT-0')).isSocket()).toBe(true);
  });

  test('does not go through a link, and what a killed opening left is taken away', async () => {
    const elsewhere = await temporary();
    writeFileSync(join(elsewhere, 'socket'), 'of others');
    const path = await temporary();
    symlinkSync(elsewhere, join(path, 'INSPECT-0.new'));
    const wal = await open({ path, inspect: true });
    expect(wal.inspectTrouble?.code).toBe('SHALE_IO');
    await wal.close();
    expect(readFileSync(join(elsewhere, 'socket'), 'utf8')).toBe('of others');
    unlinkSync(join(path, 'INSPECT-0.new'));
    mkdirSync(join(path, 'INSPECT-0.new'));
    writeFileSync(join(path, 'INSPECT-0.new', 'socket'), '');
    await open({ path, inspect: true });
    await using inspection = await inspect(path);
    expect(inspection.pid).toBe(process.pid);
  });

  test('not in a directory that is only read', async () => {
    const path = await temporary();
    await (await openWal(path)).close();
    const error = await failureOf(openWal(path, { inspect: true, readOnly: true }));
    expect(error).toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
    expect(error.message).toMatch(/^inspect must be false/);
  });

  test('beside it, backups, checkpoints and repairs do what they did', async () => {
    const wal = await open({ inspect: true });
    await wal.table('t').append(bytes('a'));
    const folder = await temporary();
    await wal.checkpoint(join(folder, 'checkpoint'));
    await wal.backup(join(folder, 'backups'));
    await restoreBackup(join(folder, 'backups'), join(folder, 'restored'));
    for (const copy of ['checkpoint', 'restored']) {
      expect(existsSync(join(folder, copy, 'INSPECT-0'))).toBe(false);
      const opened = await open({ path: join(folder, copy) });
      expect(await opened.table('t').lastSequence()).toBe(1n);
    }
    expect((await listBackups(join(folder, 'backups'))).backups).toHaveLength(1);
    const { path } = wal;
    await wal.close();
    // As a process leaves it that is killed.
    const left = createServer().listen(join(path, 'INSPECT-0'));
    onTestFinished(() => void left.close());
    await once(left, 'listening');
    const looked = await open({ path, readOnly: true });
    const events = await all(looked.verify());
    expect(events.filter(({ type }) => type === 'finding')).toEqual([]);
    for await (const event of repairDatabase(path, join(folder, 'repaired'))) void event;
    expect(await (await open({ path: join(folder, 'repaired') })).table('t').lastSequence()).toBe(1n);
    expect(await (await open({ path })).table('t').lastSequence()).toBe(1n);
  });
});

describe('when nobody shows it', () => {
  test('that is said, and by whom', async () => {
    const path = await temporary();
    await rejectsWith('SHALE_NOT_FOUND', inspect(join(path, 'nothing')));
    await rejectsWith('SHALE_NOT_FOUND', inspect(path));
    const wal = await open({ path });
    const error = await failureOf(inspect(path));
    expect(error).toMatchObject({ code: 'SHALE_UNSUPPORTED', details: { pid: process.pid } });
    expect(error.message).toMatch(new RegExp(`^process ${process.pid} has .* inspect: true$`));
    const elsewhere = readFileSync(join(path, 'WRITER'), 'utf8');
    await wal.close();
    await rejectsWith('SHALE_NOT_FOUND', inspect(path));
    writeFileSync(
      join(path, 'WRITER'),
      elsewhere.replace(/^boot=.*$/m, 'boot=other').replace(/^host=.*$/m, 'host=far'),
    );
    expect((await failureOf(inspect(path))).message).toMatch(/of far has the WAL .* open/);
    writeFileSync(join(path, 'WRITER'), elsewhere.replace(/^start=.*$/m, 'start=1'));
    await rejectsWith('SHALE_NOT_FOUND', inspect(path));
  });

  test('nor after the process was killed that did, whose place the next one takes', async () => {
    const path = await temporary();
    const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, path], {
      cwd: PACKAGE,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const inspection = await inspect(path);
    expect(inspection.pid).toBe(child.pid);
    const entries = await inspection.follow({ target: 't' });
    const rest = all(entries);
    rest.catch(() => {});
    child.kill('SIGKILL');
    await once(child, 'exit');
    await rejectsWith('SHALE_IO', rest);
    await rejectsWith('SHALE_IO', inspection.metrics());
    expect((await inspection.ended).code).toBe('SHALE_IO');
    expect(lstatSync(join(path, 'INSPECT-0')).isSocket()).toBe(true);
    await rejectsWith('SHALE_NOT_FOUND', inspect(path));
    const wal = await open({ path, inspect: true });
    await using again = await inspect(path);
    expect([again.pid, wal.inspectTrouble]).toEqual([process.pid, null]);
  });

  test('nor after it was killed and nobody has asked for what became of it', async () => {
    const path = await temporary();
    // A shell that becomes another program, which asks for none of its children.
    const parent = spawn(
      '/bin/sh',
      ['-c', '"$0" --input-type=module -e "$1" "$2" & exec sleep 1000000', process.execPath, PROGRAM, path],
      { cwd: PACKAGE, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let child: number | null = null;
    onTestFinished(() => {
      if (child !== null) process.kill(child, 'SIGKILL');
      parent.kill('SIGKILL');
    });
    await once(parent.stdout, 'data');
    const inspection = await inspect(path);
    child = inspection.pid;
    expect(inspection.pid).not.toBe(parent.pid);
    process.kill(inspection.pid, 'SIGKILL');
    while (stateOf(inspection.pid) !== 'Z') await new Promise((resolve) => setTimeout(resolve, 10));
    // Its first thread may be dead before the others are, which have its files.
    let error = await failureOf(inspect(path));
    while (error.code === 'SHALE_OVERLOADED' || error.code === 'SHALE_IO') {
      error = await failureOf(inspect(path));
    }
    expect(error.code).toBe('SHALE_NOT_FOUND');
  });

  test.each([
    ['another version', `{"is":"shale","version":"9.9.9","pid":77}\n`, /Shale 9\.9\.9, and this is Shale \d/],
    ['somebody else', `220 mail.example ESMTP\n`, /not Shale/],
    ['nobody, for too long', '', /has answered within/],
  ])('but %s', async (_, greeting, message) => {
    const path = await temporary();
    const server = createServer((socket) => void socket.write(greeting)).listen(join(path, 'INSPECT-0'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    expect((await failureOf(inspect(path, { timeoutMs: 50 }))).message).toMatch(message);
  });

  test('the version that is told is that of the package', () => {
    const file = new URL('../package.json', import.meta.url);
    expect(VERSION).toBe(JSON.parse(readFileSync(file, 'utf8')).version);
  });
});

/** As `ps` says it: Z for a process that is dead and still has its place. */
function stateOf(pid: number): string | undefined {
  return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
}

/** Has a WAL open and does nothing; ends when it has nothing else to do. */
const PROGRAM = `
import { openWal } from '@shale/engine';
const wal = await openWal(process.argv[1], { shards: 1, inspect: true });
await wal.table('t').append(Buffer.from('a'));
process.stdout.write('open');
process.stdin.on('data', () => {});
setInterval(() => {}, 1000);
`;

describe('clients that mean no good', () => {
  test('garbage, and lines without an end, are disconnected at once', async () => {
    const wal = await open({ inspect: true });
    for (const said of [
      'GET / HTTP/1.1\r\n\r\n',
      '{"is":"follow"}\n',
      'null\n',
      '\0\n',
      '{"is":{"u64":"x"}}\n',
    ]) {
      const socket = await stranger(wal);
      socket.resume().write(said);
      await closed(socket);
    }
    const endless = await stranger(wal);
    endless.resume();
    const part = Buffer.alloc(1024 * 1024, 'a');
    let sent = 0;
    const flood = (): void => {
      while (!endless.destroyed && endless.writable && sent++ < 100 && endless.write(part));
    };
    endless.on('drain', flood);
    flood();
    await closed(endless);
    // It has not taken in what it had no use for.
    expect(sent).toBeLessThan(10);
    await wal.table('t').append(bytes('well'));
  });

  test('more requests than are taken, too', async () => {
    const wal = await open({ inspect: true });
    const socket = await stranger(wal);
    socket.resume().write('{"is":"metrics"}\n'.repeat(1000));
    await closed(socket);
  });

  test.each([
    ['says nothing', ''],
    ['says half of something', '{"is":"metrics"}\n{"is":"met'],
  ])('who %s is disconnected after a while', async (_, said) => {
    const wal = await open();
    const server = await InspectServer.open(wal, 50);
    onTestFinished(() => server.end());
    const socket = await stranger(wal);
    socket.resume().write(said);
    await closed(socket);
  });

  test('who asks and does not read is disconnected, and the WAL goes on', async () => {
    const wal = await open();
    await wal.table('t').append(Buffer.alloc(8_000_000));
    const server = await InspectServer.open(wal, 50);
    onTestFinished(() => server.end());
    const socket = await stranger(wal);
    socket.pause();
    socket.write(
      '{"is":"follow","target":{"name":"t"},"from":"start","visibility":"acknowledged"}\n{"is":"next"}\n',
    );
    // The process lets go of the follow; nobody reads here, so nothing comes.
    while (wal.metrics().reads.open === 0) await new Promise((resolve) => setImmediate(resolve));
    while (wal.metrics().reads.open > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await wal.table('t').append(bytes('well'));
  });

  test('200 at a time: 32 are served, the others are sent away, and then there is room again', async () => {
    const wal = await open({ inspect: true });
    const sockets = await Promise.all(Array.from({ length: 200 }, () => stranger(wal)));
    const outcomes = await Promise.all(
      sockets.map((socket) => Promise.race([once(socket, 'data').then(() => 'served'), closed(socket)])),
    );
    expect(outcomes.filter((outcome) => outcome === 'served')).toHaveLength(32);
    await rejectsWith('SHALE_OVERLOADED', inspect(wal.path));
    for (const socket of sockets) socket.destroy();
    for (;;) {
      const error = await inspect(wal.path).then(
        async (inspection) => void (await inspection.close()),
        (reason: unknown) => reason,
      );
      if (error === undefined) break;
      expect(error).toMatchObject({ code: 'SHALE_OVERLOADED' });
    }
  });

  test('none of them keeps the WAL from closing', async () => {
    const wal = await open({ inspect: true });
    await wal.table('t').append(Buffer.alloc(8_000_000));
    const idle = await stranger(wal);
    const unread = await stranger(wal);
    unread.pause();
    unread.write(
      '{"is":"follow","target":{"name":"t"},"from":"start","visibility":"acknowledged"}\n{"is":"next"}\n',
    );
    const waiting = await stranger(wal);
    waiting.write(
      '{"is":"follow","target":{"name":"x"},"from":"start","visibility":"durable"}\n{"is":"next"}\n',
    );
    while (wal.metrics().reads.open < 2) await new Promise((resolve) => setImmediate(resolve));
    await wal.close();
    expect(wal.state).toBe('closed');
    await closed(idle.resume());
    await closed(waiting.resume());
  });

  test('nor the process from ending', async () => {
    const path = await temporary();
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', PROGRAM.replace(/^setInterval.*$/m, ''), path],
      {
        cwd: PACKAGE,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout, 'data');
    await using inspection = await inspect(path);
    await using entries = await inspection.follow({ target: 't' });
    const rest = all(entries);
    rest.catch(() => {});
    // Nothing is left to do but for the socket and who is connected to it.
    child.stdin.end();
    expect((await once(child, 'exit'))[0]).toBe(0);
    await rejectsWith('SHALE_IO', rest);
  });
});
