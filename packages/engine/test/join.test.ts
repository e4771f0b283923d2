// Processes that use one log by `join`: whoever is first has it open, and another one takes over.
import { once } from 'node:events';
import { lstatSync, mkdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { encodeMessage, errorToData, WalError } from '@shale/codec';
import { openWal, type Wal, type WalOptions } from '@shale/engine';
import { expect, onTestFinished, test } from 'vitest';
import { HANG_MS } from '../../../test/support/patience.js';
import { ProcessClient } from './process-clients.js';
import { inAnotherProcess } from './processes.js';
import { all, bytes, failureOf, rejectsWith, temporary, text } from './support.js';

/** Joins the log from this process. */
async function joined(path: string, options: WalOptions = {}): Promise<Wal> {
  const wal = await openWal(path, { shards: 1, waitForLock: HANG_MS, ...options, join: true });
  onTestFinished(async () => await wal.close().catch(() => undefined));
  return wal;
}

/** Has it open for itself alone. */
async function stranger(path: string, options: WalOptions = {}): Promise<Wal> {
  const wal = await openWal(path, { shards: 1, waitForLock: HANG_MS, ...options });
  onTestFinished(async () => await wal.close());
  return wal;
}

/** Lets others join what was opened without `join`, until it is closed. */
async function doorOf(wal: Wal, path: string): Promise<{ close(): void }> {
  const behind = join(await temporary(), 'socket');
  await wal.listen(behind);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const other = connect(behind);
    for (const each of [socket, other]) sockets.add(each.on('error', () => undefined));
    socket.pipe(other).pipe(socket);
  }).listen(join(path, 'JOIN-0'));
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(close);
  return { close };
}

test('of several processes that join a new log in one instant one has it open, and each gets sequences of its own', async () => {
  const path = join(await temporary(), 'log');
  const clients = await Promise.all([0, 1, 2, 3].map(() => ProcessClient.joined(path)));
  const owners = await Promise.all(clients.map((client) => client.run(({ wal }) => wal.isOwner)));
  expect(owners.filter(Boolean)).toHaveLength(1);
  const got = await Promise.all(
    clients.map((client) =>
      client.run(async ({ wal }) => {
        const table = wal.table('orders');
        return await Promise.all(Array.from({ length: 50 }, (_, i) => table.append(Buffer.from(`${i}`))));
      }),
    ),
  );
  for (const sequences of got) expect(sequences).toEqual([...sequences].sort((a, b) => Number(a - b)));
  expect(new Set(got.flat()).size).toBe(200);
});

test('when the owner is killed another one takes over, the Wal stays the same, and nothing acknowledged is lost', async () => {
  const path = join(await temporary(), 'log');
  const owner = await ProcessClient.joined(path, { shards: 3 });
  // Where a table belongs depends on the owner: it has 3 shards, and the next one has 1.
  const wal = await joined(path);
  const other = await ProcessClient.joined(path);
  expect([wal.isOwner, wal.options.shards]).toEqual([false, 3]);
  const named = wal.table('orders');
  const tables = [1n, 2n, 3n, 4n, 5n].map((table) => wal.table({ region: 1n, table }));
  const acknowledged = new Map<number, bigint>();
  const unknown = new Map<number, number>();
  let isOver = false;
  const work = tables.map(async (table, i) => {
    while (!isOver) {
      try {
        const sequence = await table.append(bytes(`${i}`), { durability: 'os' });
        expect(sequence).toBeGreaterThan(acknowledged.get(i) ?? 0n);
        acknowledged.set(i, sequence);
      } catch (error) {
        // What was sent is unknown, and what was not is not in.
        const { code } = error as WalError;
        expect(['SHALE_OUTCOME_UNKNOWN', 'SHALE_CLOSED']).toContain(code);
        if (code === 'SHALE_OUTCOME_UNKNOWN') unknown.set(i, (unknown.get(i) ?? 0) + 1);
      }
    }
  });
  await named.append(bytes('before'));
  await expect.poll(() => acknowledged.size).toBe(5);
  await owner.kill();
  const before = new Map(acknowledged);
  await expect.poll(() => [...acknowledged].every(([i, last]) => last > (before.get(i) ?? 0n))).toBe(true);
  isOver = true;
  await Promise.all(work);
  expect([wal.state, wal.isOwner, await other.run(({ wal }) => wal.isOwner)].slice(0, 1)).toEqual(['open']);
  expect(wal.isOwner).not.toBe(await other.run(({ wal }) => wal.isOwner));
  for (const [i, table] of tables.entries()) {
    const entries = await all(table.read());
    const last = acknowledged.get(i) ?? 0n;
    expect(entries.length).toBeGreaterThanOrEqual(Number(last));
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, at) => BigInt(at + 1)));
    expect(entries.map(({ payload }) => text(payload)).every((payload) => payload === `${i}`)).toBe(true);
    expect(entries.length - Number(last)).toBeLessThanOrEqual(unknown.get(i) ?? 0);
  }
  expect(await named.append(bytes('after'))).toBe(2n);
});

test('an owner that closes has done all that it was given, and what comes then goes to the next one, in order', async () => {
  const path = join(await temporary(), 'log');
  const owner = await joined(path);
  const wal = await joined(path, { durability: 'os' });
  expect([owner.isOwner, wal.isOwner]).toEqual([true, false]);
  expect([owner.options.durability, wal.options.durability]).toEqual(['sync', 'os']);
  const table = wal.table('orders');
  const first = Array.from({ length: 20 }, (_, i) => table.append(bytes(`${i}`)));
  const closing = owner.close();
  const payload = bytes('20');
  await expect
    .poll(async () => {
      // Nobody has it open: the calls are made, and wait.
      const sequence = table.append(payload);
      payload.fill(0);
      return await sequence.then(
        () => true,
        () => false,
      );
    })
    .toBe(true);
  await Promise.all([...first, closing]);
  // The owner may have taken the last ones, too.
  await expect.poll(() => wal.isOwner).toBe(true);
  await wal.ready();
  expect(wal.isOwner).toBe(true);
  const entries = await all(table.read());
  expect(entries.slice(0, 21).map(({ payload }) => text(payload))).toEqual(
    Array.from({ length: 21 }, (_, i) => `${i}`),
  );
});

test('calls of every kind that come while nobody has the log open wait, and are made in their order', async () => {
  const path = join(await temporary(), 'log');
  const owner = await ProcessClient.joined(path);
  const wal = await joined(path);
  const table = wal.table('orders');
  const other = wal.table({ region: 1n, table: 1n });
  await table.append(bytes('1'));
  await owner.kill();
  await vacant(wal);
  const payload = bytes('y');
  const calls = [
    table.append(bytes('2')),
    table.appendBatch([bytes('3'), bytes('4')]),
    table.trim(2n),
    wal.write([
      { table, payloads: [bytes('5')] },
      { table: other, payloads: [bytes('x')] },
    ]),
    other.append(payload),
    table.drop(),
    table.append(bytes('anew')),
    table.lastSequence(),
    table.get(1n),
    wal.ready(),
    wal.sync(),
    wal.tables().next(),
    all(wal.region(1n).scan()),
    all(table.read()),
    wal.stats(),
  ];
  payload.fill(0);
  expect(wal.state).toBe('open');
  expect(() => table.follow()).toThrow(expect.objectContaining({ code: 'SHALE_CLOSED' }));
  const [second, batch, trimmed, written, , , anew] = await Promise.all(calls);
  expect([second, batch, trimmed]).toEqual([2n, { first: 3n, last: 4n }, { first: 3n, last: 4n }]);
  expect(written).toEqual([
    { first: 5n, last: 5n },
    { first: 1n, last: 1n },
  ]);
  expect(anew).toBe(1n);
  expect((await all(table.read())).map(({ payload }) => text(payload))).toEqual(['anew']);
  expect((await all(other.read())).map(({ payload }) => text(payload))).toEqual(['x', 'y']);
  expect(wal.isOwner).toBe(true);
});

test('calls wait for so long and take so much memory, and no more; a signal and close() end the waiting', async () => {
  const path = join(await temporary(), 'log');
  const alone = await stranger(path, { maxInFlightBytes: 65536 });
  // What lets others in may end, and the log be open still.
  const door = await doorOf(alone, path);
  const wal = await joined(path, { waitForLock: 300 });
  const patient = await joined(path);
  const table = wal.table('orders');
  await table.append(bytes('1'));
  door.close();
  await vacant(wal);
  const big = table.append(new Uint8Array(40000));
  const small = table.append(bytes('small'));
  await rejectsWith('SHALE_OVERLOADED', table.append(new Uint8Array(40000)));
  await rejectsWith('SHALE_TOO_LARGE', table.append(new Uint8Array(70000)));
  const stop = new AbortController();
  const given = patient.table('orders').append(bytes('never'), { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  const closed = patient.table('orders').append(bytes('never'));
  const closing = patient.close();
  await rejectsWith('SHALE_CLOSED', closed);
  await closing;
  expect(patient.state).toBe('closed');
  const told = await failureOf(big);
  expect(told).toMatchObject({
    code: 'SHALE_LOCKED',
    message: expect.stringMatching(/waited 300 ms, nothing was done/),
  });
  expect(String(told)).toContain('cannot be joined');
  await rejectsWith('SHALE_LOCKED', small);
  await rejectsWith('SHALE_LOCKED', openWal(path, { join: true, waitForLock: 1 }));
  await alone.close();
  // It is open when the lock is free again, without being asked.
  await expect.poll(() => wal.isOwner).toBe(true);
  expect(await table.append(bytes('2'))).toBe(2n);
});

test('an owner that stands still keeps the log, and who joins waits for it, but not for ever', async () => {
  const path = join(await temporary(), 'log');
  const owner = await ProcessClient.joined(path);
  owner.child.kill('SIGSTOP');
  const locked = await failureOf(openWal(path, { join: true, waitForLock: 200 }));
  expect(locked).toMatchObject({ code: 'SHALE_LOCKED', message: expect.stringContaining('was stopped') });
  const joining = joined(path);
  owner.child.kill('SIGCONT');
  expect((await joining).isOwner).toBe(false);
});

test('an owner of another version is told as such, and taken over from when it ends', async () => {
  const path = join(await temporary(), 'log');
  const alone = await stranger(path);
  const refused = errorToData(new WalError('SHALE_UNSUPPORTED', 'another version'));
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(encodeMessage([0, { refused }]));
  }).listen(join(path, 'JOIN-0'));
  await once(server, 'listening');
  // A busy machine may take longer to say so than it is given.
  await expect
    .poll(async () => await failureOf(openWal(path, { join: true, waitForLock: 1 })))
    .toMatchObject({ code: 'SHALE_UNSUPPORTED' });
  const joining = joined(path);
  server.close();
  await alone.close();
  expect((await joining).isOwner).toBe(true);
});

test('the socket is for its user alone, has room in any directory, goes with the owner, and is replaced where one was killed', async () => {
  const deep = join(await temporary(), 'd'.repeat(200), 'e'.repeat(200));
  mkdirSync(deep, { recursive: true });
  const path = join(deep, 'log');
  const killed = await ProcessClient.joined(path);
  expect(lstatSync(join(path, 'JOIN-0')).mode & 0o777).toBe(0o600);
  await killed.kill();
  expect(lstatSync(join(path, 'JOIN-0')).isSocket()).toBe(true);
  const owner = await joined(path);
  const wal = await joined(path);
  expect([owner.isOwner, wal.isOwner]).toEqual([true, false]);
  await wal.close();
  await owner.close();
  expect(lstatSync(join(path, 'JOIN-0'), { throwIfNoEntry: false })).toBeUndefined();
});

test('what is for the owner is refused to those who are connected, until one of them is the owner', async () => {
  const path = join(await temporary(), 'log');
  const owner = await joined(path);
  const wal = await joined(path);
  await wal.table('orders').append(bytes('1'));
  await rejectsWith('SHALE_UNSUPPORTED', wal.table('orders').drop());
  await rejectsWith('SHALE_UNSUPPORTED', wal.consumer('mailer', { tables: wal.table('orders') }));
  const follow = wal.follow();
  await follow.ready;
  await owner.close();
  await wal.ready();
  expect(wal.isOwner).toBe(true);
  expect((await all(follow)).length).toBeLessThanOrEqual(1);
  await (await wal.consumer('mailer', { tables: wal.table('orders') })).close();
  await wal.table('orders').drop();
});

test('options and places that cannot be joined are refused as ever', async () => {
  const path = join(await temporary(), 'log');
  await rejectsWith('SHALE_NOT_FOUND', openWal(path, { join: true, create: false }));
  await rejectsWith('SHALE_INVALID_ARGUMENT', openWal(path, { join: true, readOnly: true }));
  await rejectsWith('SHALE_INVALID_ARGUMENT', openWal(path, { join: true, reuse: true }));
  const nowhere = await failureOf(openWal('/proc/self/log'));
  expect(await failureOf(openWal('/proc/self/log', { join: true }))).toMatchObject({ code: nowhere.code });
  const alone = await stranger(path);
  const locked = await failureOf(openWal(path, { join: true, waitForLock: 0 }));
  expect(locked).toMatchObject({
    code: 'SHALE_LOCKED',
    message: expect.stringMatching(/by this process|cannot be joined/i),
  });
  const stop = new AbortController();
  const waiting = openWal(path, { join: true, signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await alone.close();
});

test('processes that forget to close it end by themselves, as owners and connected, also when the owner is gone', async () => {
  const path = join(await temporary(), 'log');
  const script = `const wal = await openWal(process.env.LOG, { join: true, shards: 1 });
    await wal.table('orders').append(Buffer.from('x'));
    console.log(wal.isOwner);`;
  expect(await inAnotherProcess(script, { LOG: path })).toMatchObject({ code: 0, output: 'true\n' });
  const owner = await joined(path);
  expect(await inAnotherProcess(script, { LOG: path })).toMatchObject({ code: 0, output: 'false\n' });
  expect(await owner.table('orders').lastSequence()).toBe(2n);
});

/** Waits until it is known that the owner is gone: what is called from then on waits. */
async function vacant(wal: Wal): Promise<void> {
  await expect
    .poll(
      () => {
        try {
          wal.metrics();
          return false;
        } catch {
          return true;
        }
      },
      { interval: 1 },
    )
    .toBe(true);
}
