// What those who look into a running log wait for, and what makes them wait no longer.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { inspect } from '@shale/engine/admin';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Answers } from '../dist/inspect/answers.js';
import { Connection } from '../dist/inspect/connection.js';
import { VERSION } from '../dist/version.js';
import { bytes, failureOf, open, rejectsWith, temporary } from './support.js';

const GREETING = `${JSON.stringify({ is: 'shale', version: VERSION, pid: process.pid, path: '/', instance: 0 })}\n`;

/** Somebody who stands where a process would that shows its log. */
async function standIn(welcome: (socket: Socket) => void): Promise<{ path: string; server: Server }> {
  const path = await temporary();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    welcome(socket);
  }).listen(join(path, 'INSPECT-0'));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return { path, server };
}

/** A client that does as it likes. */
async function connected(path: string): Promise<Socket> {
  const socket = connect(join(path, 'INSPECT-0'));
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

const EMPTY = `${JSON.stringify({ is: 'tables', tables: [], seen: 0, isAll: true })}\n`;
const PATIENCE_MS = 50;

/** Somebody who serves clients as a process does, with answers of the test, and has the patience that `impatient` ends. */
async function serving(answers: Partial<Answers>): Promise<{ path: string; here: readonly Socket[] }> {
  const here: Socket[] = [];
  const { path } = await standIn((socket) => {
    here.push(socket);
    new Connection(socket, answers as Answers, GREETING, PATIENCE_MS);
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  return { path, here };
}

/** Lets everything be heard that was said. Both ends are in this process, so that some turns of its loop are enough. */
async function heard(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** The time for which a client may do nothing is over. */
async function impatient(): Promise<void> {
  vi.advanceTimersByTime(PATIENCE_MS);
  await heard();
}

describe('a client that asks for nothing yet', () => {
  test('is not disconnected, as one is that says nothing', async () => {
    const { path, here } = await serving({ tables: async () => EMPTY });
    await using inspection = await inspect(path);
    await connected(path);
    await heard();
    await impatient();
    expect(here.map(({ destroyed }) => destroyed)).toEqual([false, true]);
    expect((await inspection.tables()).tables).toEqual([]);
  });

  test('is heard first when the process was busy for too long to hear it', async () => {
    const turn = setTimeout;
    const { path, here } = await serving({});
    const socket = await connected(path);
    await heard();
    // Where the loop comes to timers: what the system has of sockets comes behind them.
    await new Promise((resolve) => turn(resolve, 0));
    socket.write('{"is":"hello"}\n');
    await impatient();
    expect(here.map(({ destroyed }) => destroyed)).toEqual([false]);
    await impatient();
    expect(here.map(({ destroyed }) => destroyed)).toEqual([false]);
  });
});

test('an answer may take as long as it does, and who does not read it is disconnected after a while', async () => {
  let answer = (_line: string): void => {};
  const late = new Promise<string>((resolve) => {
    answer = resolve;
  });
  const { path, here } = await serving({ tables: async () => await late });
  const socket = await connected(path);
  socket.pause().write('{"is":"tables"}\n');
  await heard();
  await impatient();
  expect(here.map(({ destroyed }) => destroyed)).toEqual([false]);
  answer(`${'x'.repeat(8_000_000)}\n`);
  await heard();
  expect(here.map(({ destroyed }) => destroyed)).toEqual([false]);
  await impatient();
  expect(here.map(({ destroyed }) => destroyed)).toEqual([true]);
});

test('requests, however many at a time, are all answered, in order', async () => {
  const wal = await open({ inspect: true });
  await wal.table('t').append(bytes('a'));
  await using inspection = await inspect(wal.path);
  const answered: number[] = [];
  const requests = Array.from({ length: 100 }, async (_, i) => {
    if (i % 2 === 0) expect((await inspection.metrics()).path).toBe(wal.path);
    else expect((await inspection.tables()).tables).toHaveLength(1);
    answered.push(i);
  });
  await Promise.all(requests);
  expect(answered).toEqual(answered.map((_, i) => i));
});

test('those that are not sent yet end with the connection, too', async () => {
  const { path, server } = await standIn((socket) => void socket.write(GREETING));
  const asked = once(server, 'connection');
  const inspection = await inspect(path);
  const requests = Array.from({ length: 30 }, () => rejectsWith('SHALE_IO', inspection.metrics()));
  const [socket] = await asked;
  socket.destroy();
  await Promise.all(requests);
});

describe('a signal', () => {
  const reason = new Error('enough');

  test('that has aborted is heeded before anything else', async () => {
    const wal = await open({ inspect: true });
    await expect(inspect(wal.path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(inspect('/nowhere', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('ends the wait for a process that does not greet, whenever it aborts', async () => {
    const { path, server } = await standIn(() => {});
    for (const when of ['at once', 'later']) {
      const controller = new AbortController();
      const { signal } = controller;
      const connection = once(server, 'connection');
      const waiting = expect(inspect(path, { signal, timeoutMs: 2 ** 31 - 1 })).rejects.toBe(reason);
      if (when === 'later') await connection;
      controller.abort(reason);
      await waiting;
      const [socket] = await connection;
      await closed(socket.resume());
    }
  });

  test.each([
    ['does not greet again', ''],
    ['greets and does not answer', GREETING],
  ])('ends the beginning of a follow at a process that %s', async (_, second) => {
    let connections = 0;
    const { path, server } = await standIn(
      (socket) => void socket.write(connections++ === 0 ? GREETING : second),
    );
    const controller = new AbortController();
    await using inspection = await inspect(path, { signal: controller.signal, timeoutMs: 2 ** 31 - 1 });
    for (const when of ['later', 'by then']) {
      const connection = once(server, 'connection');
      const waiting = expect(inspection.follow()).rejects.toBe(reason);
      if (when === 'later') {
        const [socket] = await connection;
        // A follow is asked for behind the greeting.
        if (second !== '') await once(socket, 'data');
      }
      controller.abort(reason);
      await waiting;
    }
  });

  test('does nothing to what has begun', async () => {
    const wal = await open({ inspect: true });
    const controller = new AbortController();
    await using inspection = await inspect(wal.path, { signal: controller.signal });
    await using entries = await inspection.follow();
    controller.abort(reason);
    expect((await inspection.metrics()).path).toBe(wal.path);
    await wal.table('t').append(bytes('a'));
    for await (const chunk of entries) {
      expect(chunk.entries).toHaveLength(1);
      break;
    }
    await expect(inspection.follow()).rejects.toBe(reason);
  });

  test('is a signal', async () => {
    const wal = await open({ inspect: true });
    await rejectsWith('SHALE_INVALID_ARGUMENT', inspect(wal.path, { signal: {} as AbortSignal }));
  });
});

test('whoever greets with no end to it is not Shale', async () => {
  const part = Buffer.alloc(1024 * 1024, 'a');
  const { path } = await standIn((socket) => {
    const flood = (): void => {
      while (!socket.destroyed && socket.writable && socket.write(part));
    };
    socket.on('drain', flood);
    flood();
  });
  const error = await failureOf(inspect(path, { timeoutMs: 2 ** 31 - 1 }));
  expect(error).toMatchObject({ code: 'SHALE_UNSUPPORTED', path });
  expect(error.message).toMatch(/not Shale/);
});
