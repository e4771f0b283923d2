import { fork } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeMessage, MessageStream } from '@shale/codec';
import { connectWal, type Wal, type WalOptions } from '@shale/engine';
import { expect, onTestFinished, test } from 'vitest';
import { VERSION } from '../dist/version.js';
import { ProcessClient } from './process-clients.js';
import {
  all,
  apart,
  behind,
  bytes,
  endThread,
  failureOf,
  open,
  rejectsWith,
  temporary,
  text,
} from './support.js';

/** A WAL that other processes can use, and the path of its socket. */
async function listening(options: WalOptions = {}): Promise<{ wal: Wal; socket: string }> {
  const wal = await open(options);
  const socket = join(await temporary(), 'socket');
  await wal.listen(socket);
  return { wal, socket };
}

/** Uses it from this process as another one would. */
async function connected(socket: string): Promise<Wal> {
  const wal = await connectWal({ socket });
  onTestFinished(async () => await wal.close());
  return wal;
}

/** Bytes at a socket, as no process of Shale sends them. */
async function raw(socket: string): Promise<Socket> {
  const stranger = connect({ path: socket }).on('error', () => undefined);
  onTestFinished(() => void stranger.destroy());
  await once(stranger, 'connect');
  return stranger;
}

/** One that is let in, and may say anything afterwards. Its lines are channels 1, 2 and so on. */
async function insider(socket: string, lines = 1): Promise<{ peer: Socket; heard: unknown[] }> {
  const peer = await raw(socket);
  const heard: unknown[] = [];
  const stream = new MessageStream(2 ** 30);
  peer.on('data', (data) => {
    stream.push(data);
    for (let next = stream.next(); next !== null; next = stream.next()) heard.push(next.value);
  });
  peer.write(encodeMessage([0, { hello: VERSION, pid: 1 }]));
  for (let shard = 0; shard < lines; shard++) {
    peer.write(encodeMessage([0, { ask: shard, question: { want: 'line', shard } }]));
  }
  await expect
    .poll(() => JSON.stringify(heard, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))
    .toContain(`"line":${lines}`);
  return { peer, heard };
}

function owner(path: string, socket: string, durability = 'sync'): Promise<ReturnType<typeof fork>> {
  const program = fileURLToPath(new URL('./fixtures/process-owner.mjs', import.meta.url));
  const child = fork(program, [path, socket, durability]);
  onTestFinished(() => void child.kill('SIGKILL'));
  return once(child, 'message').then(() => child);
}

async function texts(wal: Wal, name: string): Promise<string[]> {
  return (await all(wal.table(name).read())).map(({ payload }) => text(payload));
}

test('another process appends to, reads, lists, trims and follows a WAL that this one has opened', async () => {
  const { wal, socket } = await listening();
  await wal.table('events').append(bytes('of the owner'));
  const client = await ProcessClient.of(socket);
  const found = await client.run(async ({ wal }) => {
    const events = wal.table('events');
    const numbers = wal.table({ region: 1n, table: 2n });
    const first = await events.append(Buffer.from('of a process'));
    const batch = await numbers.appendBatch(['one', 'two', 'three'].map((one) => Buffer.from(one)));
    const read: string[] = [];
    for await (const entry of events.read()) read.push(Buffer.from(entry.payload).toString());
    const back: bigint[] = [];
    for await (const entry of numbers.read({ reverse: true })) back.push(entry.sequence);
    const one = await numbers.get(1n);
    const trimmed = await numbers.trim(1n);
    const scanned: bigint[] = [];
    for await (const entry of wal.region(1n).scan()) scanned.push(entry.sequence);
    const names: (string | undefined)[] = [];
    for await (const table of wal.tables()) names.push(table.name);
    const { health, rocksdb } = await wal.stats();
    await wal.sync();
    return {
      first,
      batch,
      read,
      back,
      one: Buffer.from(one?.payload ?? '').toString(),
      trimmed,
      scanned,
      names,
      health,
      hasNumbers: 'estimate-num-keys' in rocksdb.properties && wal.metrics().shards.length === 2,
      bounds: [await numbers.firstSequence(), await numbers.lastSequence()],
    };
  });
  expect(found).toEqual({
    first: 2n,
    batch: { first: 1n, last: 3n },
    read: ['of the owner', 'of a process'],
    back: [3n, 2n, 1n],
    one: 'one',
    trimmed: { first: 2n, last: 3n },
    scanned: [2n, 3n],
    names: ['events', undefined],
    health: 'well',
    hasNumbers: true,
    bounds: [2n, 3n],
  });
  await client.run(async ({ wal, kept }) => {
    const follow = wal.table('later').follow({ visibility: 'durable' });
    await follow.ready;
    kept.got = (async () => {
      for await (const { payload } of follow) return Buffer.from(payload).toString();
      return '';
    })();
  });
  await wal.table('later').append(bytes('of the owner'), { durability: 'os' });
  expect(await client.run(async ({ kept }) => await kept.got)).toBe('of the owner');
  expect(await texts(wal, 'events')).toEqual(['of the owner', 'of a process']);
  await client.run(async ({ wal }) => await wal.close());
  await expect.poll(() => behind(wal).clients.size).toBe(0);
});

test('what processes and the owner append at a time gets each sequence once, in the order of each, and writes over shards are whole', async () => {
  const { wal, socket } = await listening();
  const { here, there } = apart(wal);
  const clients = await Promise.all([ProcessClient.of(socket), ProcessClient.of(socket)]);
  const work = async ({ wal, threadId }: { wal: Wal; threadId: number }, one: bigint, other: bigint) => {
    const table = wal.table({ region: 2n, table: 1n });
    const pair = [one, other].map((each) => wal.table({ region: 1n, table: each }));
    const made: Promise<bigint>[] = [];
    const pairs: Promise<readonly { first: bigint }[]>[] = [];
    for (let i = 0; i < 150; i++) {
      made.push(table.append(Buffer.from(`${threadId} ${i}`)));
      if (i % 5 === 0)
        pairs.push(wal.write(pair.map((each) => ({ table: each, payloads: [Buffer.from(`${threadId}`)] }))));
      if (i % 7 === 0) await made.at(-1);
    }
    return {
      made: await Promise.all(made),
      pairs: (await Promise.all(pairs)).map((r) => r.map(({ first }) => first)),
    };
  };
  const done = await Promise.all([
    work({ wal, threadId: 0 }, here, there),
    ...clients.map(async (client) => await client.run(work, here, there)),
  ]);
  for (const { made } of done) expect(made).toEqual([...made].sort((a, b) => Number(a - b)));
  expect(done.flatMap(({ made }) => made).sort((a, b) => Number(a - b))).toEqual(
    Array.from({ length: 450 }, (_, i) => BigInt(i + 1)),
  );
  // Nothing else is in these tables.
  for (const [one, other] of done.flatMap(({ pairs }) => pairs)) expect(one).toBe(other);
  const next = new Map<string, number>();
  for (const { payload } of await all(wal.table({ region: 2n, table: 1n }).read())) {
    const [who = '', number] = text(payload).split(' ');
    expect(Number(number)).toBe(next.get(who) ?? 0);
    next.set(who, Number(number) + 1);
  }
});

test('what a process has sent right before a write over shards is written before it', async () => {
  const { wal, socket } = await listening({ durability: 'os' });
  const other = await connected(socket);
  const { here, there } = apart(wal);
  const tables = [here, there].map((table) => other.table({ region: 1n, table }));
  for (let i = 0; i < 30; i++) {
    const before = tables.map((table) => table.append(bytes('a')));
    const written = await other.write(tables.map((table) => ({ table, payloads: [bytes('c')] })));
    const sequences = await Promise.all(before);
    expect(written.map(({ first }) => first)).toEqual(sequences.map((sequence) => sequence + 1n));
  }
});

test('a process that is killed, or stands still, in the middle of writes over shards holds up nobody', async () => {
  const { wal, socket } = await listening();
  const { here, there } = apart(wal);
  const tables = [here, there].map((table) => wal.table({ region: 1n, table }));
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    const client = await ProcessClient.of(socket);
    const before = (await tables[0]?.lastSequence()) ?? 0n;
    void client
      .run(
        async ({ wal }, one, other) => {
          const pair = [one, other].map((table) => wal.table({ region: 1n, table }));
          for (;;) await wal.write(pair.map((table) => ({ table, payloads: [Buffer.from('x')] })));
        },
        here,
        there,
      )
      .catch(() => undefined);
    await expect.poll(async () => await tables[0]?.lastSequence()).toBeGreaterThan(before + 5n);
    client.child.kill(signal);
    // Both are free, and hold the same writes.
    const [one, other] = await wal.write(
      tables.map((table) => ({ table, payloads: [bytes('of the owner')] })),
    );
    expect(one?.first).toBe(other?.first);
    await client.kill();
  }
  await expect.poll(() => behind(wal).clients.size).toBe(0);
});

test('a process that is gone while a write of it waits for a line to a shard is not waited for', async () => {
  const { wal, socket } = await listening();
  const { peer, heard } = await insider(socket);
  const ids = [BigUint64Array.of(1n, 1n), BigUint64Array.of(1n, 2n)];
  const question = { want: 'joint', shards: [0, 1], ids, frame: new Uint8Array(100) };
  // To the second one it has none.
  peer.write(encodeMessage([0, { ask: 7, question }]));
  peer.write(encodeMessage([0, { ask: 8, question: { want: 'synced' } }]));
  await expect.poll(() => heard).toContainEqual([0, { to: 8, answer: { done: true } }]);
  peer.destroy();
  await expect.poll(() => behind(wal).clients.size).toBe(0);
});

test('when the owner is killed, what it acknowledged is in, what was under way is unknown, and everything else is closed', async () => {
  const path = await temporary();
  const socket = join(await temporary(), 'socket');
  const child = await owner(path, socket);
  const wal = await connected(socket);
  const { here, there } = apart(wal);
  const table = wal.table({ region: 2n, table: 1n });
  const acknowledged: bigint[] = [];
  const codes = new Set<string>();
  const work = async (): Promise<void> => {
    for (;;) acknowledged.push(await table.append(bytes('x')));
  };
  const joint = async (): Promise<void> => {
    for (;;)
      await wal.write(
        [here, there].map((id) => ({ table: wal.table({ region: 1n, table: id }), payloads: [bytes('y')] })),
      );
  };
  const working = Promise.all(
    [...Array.from({ length: 8 }, work), joint()].map((each) =>
      each.catch((error: { code: string }) => void codes.add(error.code)),
    ),
  );
  await expect.poll(() => acknowledged.length).toBeGreaterThan(50);
  child.kill('SIGKILL');
  await working;
  expect([...codes].every((code) => code === 'SHALE_OUTCOME_UNKNOWN' || code === 'SHALE_CLOSED')).toBe(true);
  expect(codes.has('SHALE_OUTCOME_UNKNOWN')).toBe(true);
  await rejectsWith('SHALE_CLOSED', table.append(bytes('late')));
  await wal.close();
  // The socket that it has left is replaced.
  await rejectsWith('SHALE_NOT_FOUND', connectWal({ socket }));
  const again = await open({ path });
  await again.listen(socket);
  const last = acknowledged.at(-1) ?? 0n;
  expect(await again.table({ region: 2n, table: 1n }).lastSequence()).toBeGreaterThanOrEqual(last);
  expect(
    await (await connected(socket)).table({ region: 2n, table: 1n }).lastSequence(),
  ).toBeGreaterThanOrEqual(last);
});

test('when the owner closes, what processes have made is completed, and then they are told SHALE_CLOSED', async () => {
  const path = await temporary();
  const socket = join(await temporary(), 'socket');
  const child = await owner(path, socket);
  const wal = await connected(socket);
  const follow = wal.follow();
  const followed = (async () => {
    for await (const _ of follow) void _;
    return 'ended';
  })();
  await follow.ready;
  const made = Array.from({ length: 200 }, (_, i) => wal.table('events').append(bytes(`${i}`)));
  child.send('close');
  const outcomes = await Promise.allSettled(made);
  await once(child, 'exit');
  expect(await followed).toBe('ended');
  await rejectsWith('SHALE_CLOSED', wal.table('events').append(bytes('late')));
  const again = await open({ path });
  const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
  expect(done).toBe(200);
  expect(await again.table('events').lastSequence()).toBe(BigInt(done));
});

test('the socket is for its user alone, goes with the closing, and refuses a place that is taken', async () => {
  const { wal, socket } = await listening();
  expect(lstatSync(socket).mode & 0o777).toBe(0o600);
  const other = await open();
  const taken = await failureOf(other.listen(socket));
  expect([taken.code, taken.path]).toEqual(['SHALE_LOCKED', socket]);
  await rejectsWith('SHALE_LOCKED', wal.listen(socket));
  const file = join(await temporary(), 'file');
  writeFileSync(file, 'of somebody');
  await rejectsWith('SHALE_IO', other.listen(file));
  await rejectsWith('SHALE_NOT_FOUND', other.listen(join(file, '..', 'nowhere', 'socket')));
  await rejectsWith('SHALE_INVALID_ARGUMENT', other.listen(''));
  // However long its path.
  const deep = join(await temporary(), 'd'.repeat(100), 'd'.repeat(100));
  await import('node:fs/promises').then(({ mkdir }) => mkdir(deep, { recursive: true }));
  await other.listen(join(deep, 'socket'));
  const far = await connected(join(deep, 'socket'));
  expect(await far.table('x').append(bytes('x'))).toBe(1n);
  expect(await (await connected(socket)).table('x').append(bytes('x'))).toBe(1n);
  await wal.close();
  expect(lstatSync(socket, { throwIfNoEntry: false })).toBeUndefined();
  await rejectsWith('SHALE_CLOSED', wal.listen(socket));
  await other.listen(socket);
});

test('of several that begin to listen at one path at once one does, and the others are told so', async () => {
  const wals = [await open(), await open()];
  const folder = await temporary();
  for (const name of ['free', 'left-over']) {
    const socket = join(folder, name);
    // What a process has left that was killed while it began.
    if (name === 'left-over') mkdirSync(`${socket}.new`);
    const begun = await Promise.allSettled([0, 1, 0, 1].map((at) => wals[at]?.listen(socket)));
    const refused = begun.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
    expect(refused).toEqual(['SHALE_LOCKED', 'SHALE_LOCKED', 'SHALE_LOCKED']);
    const far = await connected(socket);
    expect(await far.table(name).append(bytes('x'))).toBe(1n);
  }
  expect(readdirSync(folder)).toEqual(['free', 'left-over']);
});

test('a name that is too long for a socket is refused, and leaves nothing', async () => {
  const wal = await open();
  for (let length = 70; length < 110; length += 3) {
    const folder = await temporary();
    const name = 's'.repeat(length);
    const refusal = await wal.listen(join(folder, name)).then(
      () => null,
      (error: { readonly code: string }) => error.code,
    );
    expect([null, 'SHALE_UNSUPPORTED']).toContain(refusal);
    expect(readdirSync(folder)).toEqual(refusal === null ? [name] : []);
    if (refusal === null) await (await connectWal({ socket: join(folder, name) })).close();
  }
});

test('256 processes can connect, and the next one is told that they are too many until one goes', async () => {
  const { wal, socket } = await listening();
  const peers: Socket[] = [];
  for (let i = 0; i < 256; i++) {
    const peer = await raw(socket);
    peer.write(encodeMessage([0, { hello: VERSION, pid: 1 }]));
    await once(peer, 'data');
    peers.push(peer);
  }
  await rejectsWith('SHALE_OVERLOADED', connectWal({ socket }));
  peers[0]?.destroy();
  await expect.poll(() => behind(wal).clients.size).toBe(255);
  expect(await (await connected(socket)).table('x').append(bytes('x'))).toBe(1n);
  for (const peer of peers) peer.destroy();
});

test('who connects where no WAL is, or one of another version, is told so', async () => {
  const socket = join(await temporary(), 'socket');
  await rejectsWith('SHALE_NOT_FOUND', connectWal({ socket }));
  await rejectsWith('SHALE_NOT_FOUND', connectWal({ socket: join(socket, 'x', 'y') }));
  for (const bad of [{ socket: 7 }, { socket: '' }, { socket, timeout: 1 }, { socket, signal: 7 }])
    await rejectsWith('SHALE_INVALID_ARGUMENT', connectWal(bad as never));
  const stranger = createServer((peer) => peer.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(socket);
  onTestFinished(() => void stranger.close());
  await once(stranger, 'listening');
  await rejectsWith('SHALE_UNSUPPORTED', connectWal({ socket }));
  const silent = join(await temporary(), 'silent');
  const mute = createServer(() => undefined).listen(silent);
  onTestFinished(() => void mute.close());
  await once(mute, 'listening');
  const giveUp = new AbortController();
  const waiting = connectWal({ socket: silent, signal: giveUp.signal });
  setTimeout(() => giveUp.abort(new Error('enough')), 20);
  await expect(waiting).rejects.toThrow('enough');
  const mine = await listening();
  const peer = await raw(mine.socket);
  peer.write(encodeMessage([0, { hello: '0.0.0', pid: 1 }]));
  const [said] = await once(peer, 'data');
  const stream = new MessageStream(2 ** 20);
  stream.push(said);
  expect(stream.next()?.value).toMatchObject([0, { refused: { code: 'SHALE_UNSUPPORTED' } }]);
});

test('garbage at the socket ends that connection and nothing else', async () => {
  const { wal, socket } = await listening();
  const other = await connected(socket);
  await other.table({ region: 1n, table: 1n }).append(bytes('x'));
  const strangers = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0, 0, 0, 0]),
    Buffer.from([255, 255, 255, 255]),
    encodeMessage('hello'),
    encodeMessage([0, { hello: 7 }]),
    encodeMessage([1, { id: 1, task: { kind: 'stats' } }]),
  ];
  for (const bytes of strangers) {
    const peer = await raw(socket);
    peer.resume().write(bytes);
    await once(peer, 'close');
  }
  const id = { region: 1n, table: 1n };
  const size = { chunkBytes: 1024, maxEntries: 10 };
  const span = { from: 1n, to: 9n, watch: 77n };
  for (const message of [
    7,
    [0],
    [-1, {}],
    [0, null],
    [0, { listen: 1 }],
    [0, { watch: 1n, id: 7 }],
    [0, { ask: 1, question: { want: 'everything' } }],
    [0, { ask: 1, question: { want: 'line', shard: 0 } }],
    [0, { ask: 1, question: { want: 'line', shard: 63 } }],
    [0, { ask: 1, question: { want: 'joint', shards: [1, 0], ids: [], frame: new Uint8Array(3) } }],
    [9, { id: 1, task: { kind: 'stats' } }],
    [1, { id: 1, task: { kind: 'detach' } }],
    [1, { id: 1, task: { kind: 'lend', loan: 5n, ids: BigUint64Array.of(1n, 1n) } }],
    [1, { id: 1, task: { kind: 'takeBack', loan: 5n, states: null } }],
    [1, { id: 1, task: { kind: 'readNext', id, span, ...size } }],
    [1, { id: 1, task: { kind: 'readStart', id, watch: 1, bounds: {}, strict: false, ...size } }],
  ]) {
    const { peer } = await insider(socket);
    peer.write(encodeMessage(message));
    await once(peer, 'close');
  }
  // One question twice at a time.
  for (const question of [
    { want: 'names', names: ['a'] },
    { want: 'line', shard: 1 },
  ]) {
    const { peer } = await insider(socket);
    peer.write(Buffer.concat([1, 2].map(() => encodeMessage([0, { ask: 1, question }]))));
    await once(peer, 'close');
  }
  // These are answered.
  const { peer, heard } = await insider(socket, 2);
  const frame = new Uint8Array(100);
  peer.write(encodeMessage([1, { id: 5, task: { kind: 'append', frame, slot: 99 } }]));
  const ids = [BigUint64Array.of(1n, 1n), BigUint64Array.of(1n, 1n)];
  peer.write(encodeMessage([0, { ask: 6, question: { want: 'joint', shards: [0, 1], ids, frame } }]));
  // After the welcome, the lines, and what was not told of each.
  await expect.poll(() => heard.length).toBe(7);
  expect(heard).toContainEqual([
    1,
    expect.objectContaining({ id: 5, reply: expect.objectContaining({ ok: false }) }),
  ]);
  expect(heard).toContainEqual([0, expect.objectContaining({ to: 6, answer: { error: expect.anything() } })]);
  peer.destroy();
  expect(await other.table({ region: 1n, table: 1n }).append(bytes('x'))).toBe(2n);
  expect(await wal.table({ region: 1n, table: 1n }).append(bytes('y'))).toBe(3n);
  await expect.poll(() => behind(wal).clients.size).toBe(1);
});

test('a process that reads nothing has so much kept for it and no more, and holds up nobody', async () => {
  const { wal, socket } = await listening({
    shards: 1,
    maxInFlightBytes: 1024 * 1024,
    maxReadBytes: 1024 * 1024,
  });
  const table = wal.table({ region: 1n, table: 1n });
  await table.appendBatch(Array.from({ length: 8 }, () => new Uint8Array(64 * 1024)));
  const { peer } = await insider(socket);
  peer.pause();
  // It follows everything, and asks for half a gigabyte.
  peer.write(encodeMessage([0, { listen: true }]));
  peer.write(encodeMessage([0, { watch: 1n, id: { region: 1n, table: 1n } }]));
  const before = process.memoryUsage().rss;
  const span = { from: 1n, to: 8n, watch: 1n };
  const size = { chunkBytes: 512 * 1024, maxEntries: 8 };
  const task = { kind: 'readNext', id: { region: 1n, table: 1n }, span, ...size };
  for (let id = 0; id < 1000; id++) peer.write(encodeMessage([1, { id, task }]));
  for (let i = 0; i < 300; i++) await table.append(new Uint8Array(1000), { durability: 'os' });
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  const other = await connected(socket);
  expect(await other.table({ region: 1n, table: 2n }).append(bytes('x'))).toBe(1n);
  peer.destroy();
  await expect.poll(() => behind(wal).clients.size).toBe(1);
});

test('a process that asks for names and does not read the answers is not read from, until it does', async () => {
  const { wal, socket } = await listening({ maxInFlightBytes: 1024 * 1024, maxReadBytes: 1024 * 1024 });
  const { peer, heard } = await insider(socket);
  const before = heard.length;
  peer.pause();
  const names = Array.from({ length: 4000 }, () => 'n');
  for (let ask = 10; ask < 310; ask++)
    peer.write(encodeMessage([0, { ask, question: { want: 'names', names } }]));
  let isRead = false;
  peer.once('drain', () => {
    isRead = true;
  });
  const table = wal.table('events');
  for (let i = 0; i < 500; i++) await table.append(bytes('x'), { durability: 'os' });
  expect(isRead).toBe(false);
  peer.resume();
  await expect.poll(() => heard.length - before, { timeout: 20_000 }).toBe(300);
  peer.destroy();
});

test('a process that waits for more names than it may is disconnected', async () => {
  const { wal, socket } = await listening();
  const { peer } = await insider(socket);
  const most = 2 ** 16;
  const waits = (from: number, to: number): Buffer =>
    Buffer.concat(
      Array.from({ length: to - from }, (_, i) => encodeMessage([0, { awaitName: `n${from + i}` }])),
    );
  peer.write(waits(0, most));
  // One that it waits for no more does not count, nor one that is there.
  peer.write(encodeMessage([0, { forgetName: 'n1' }]));
  peer.write(waits(most, most + 1));
  await wal.table('n0').append(bytes('x'));
  peer.write(waits(most + 1, most + 2));
  await (await connected(socket)).sync();
  expect(behind(wal).clients.size).toBe(2);
  peer.write(waits(most + 2, most + 4));
  await once(peer, 'close');
});

test('a follow goes on where its process has not read for long', async () => {
  const { wal, socket } = await listening({ durability: 'os' });
  const client = await ProcessClient.of(socket);
  await client.run(async ({ wal, kept }) => {
    const follow = wal.follow();
    await follow.ready;
    kept.got = (async () => {
      const got: string[] = [];
      for await (const { sequence, table } of follow) {
        got.push(`${table.table} ${sequence}`);
        if (table.table === 5n) break;
      }
      return got;
    })();
  });
  client.child.kill('SIGSTOP');
  // More than is kept for it.
  for (let i = 0; i < 30; i++) {
    await Promise.all(
      Array.from({ length: 2000 }, (_, n) =>
        wal.table({ region: 9n, table: BigInt(10 + n) }).append(bytes('x')),
      ),
    );
  }
  client.child.kill('SIGCONT');
  await wal.table({ region: 1n, table: 5n }).append(bytes('last'));
  const got = (await client.run(async ({ kept }) => await kept.got)) as string[];
  const next = new Map<string, number>();
  for (const each of got) {
    const [table = '', sequence] = each.split(' ');
    expect(Number(sequence)).toBe((next.get(table) ?? 0) + 1);
    next.set(table, Number(sequence));
  }
});

test('when the thread of a shard dies, processes go on with the next one', async () => {
  const { wal, socket } = await listening();
  const other = await connected(socket);
  const { here, there } = apart(wal);
  const tables = [here, there].map((table) => other.table({ region: 1n, table }));
  const follow = other.region(1n).follow();
  await follow.ready;
  let known = 0n;
  for (let i = 0; i < 4; i++) {
    const under = tables.map((table) => table.append(bytes('x')));
    const joint = other.write(tables.map((table) => ({ table, payloads: [bytes('y')] })));
    const settled = Promise.allSettled([...under, joint]);
    await endThread(wal, i % 2);
    for (const each of await settled) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'SHALE_OUTCOME_UNKNOWN' });
    }
    const after = await tables[0]?.append(bytes('z'));
    expect(after).toBeGreaterThan(known);
    known = after ?? 0n;
  }
  const seen = new Map<bigint, bigint>();
  for await (const { table, sequence } of follow) {
    expect(sequence).toBe((seen.get(table.table) ?? 0n) + 1n);
    seen.set(table.table, sequence);
    if (table.table === here && sequence === known) break;
  }
});

test('a name that the owner drops is made again by a process that appends to it', async () => {
  const { wal, socket } = await listening();
  const other = await connected(socket);
  const here = wal.table('events');
  const there = other.table('events');
  for (let i = 0; i < 10; i++) {
    await there.append(bytes('x'));
    await here.drop();
    // It may not have heard of it yet: then it is told so, and nothing is written.
    const first = await there.append(bytes('y')).catch((error: { code: string }) => {
      expect(error.code).toBe('SHALE_NOT_FOUND');
      return there.append(bytes('y'));
    });
    expect(first).toBe(1n);
    expect(await here.lastSequence()).toBe(1n);
  }
});

test('a process that forgets to close ends by itself, and what is for the owner is refused elsewhere', async () => {
  const { wal, socket } = await listening();
  const program = fileURLToPath(new URL('./fixtures/forgetful-process.mjs', import.meta.url));
  const child = fork(program, [socket]);
  expect(await once(child, 'exit')).toEqual([0, null]);
  await expect.poll(() => behind(wal).clients.size).toBe(0);
  expect(await texts(wal, 'events')).toEqual(['x']);
  const other = await connected(socket);
  for (const call of [
    () => other.consumer('c', { tables: other.table('events') }),
    () => other.resume(),
    () => other.flush(),
    () => other.compact(),
    () => other.checkpoint('/nowhere'),
    () => other.backup('/nowhere'),
    () => other.table('events').drop(),
    () => other.listen('/nowhere'),
    () => all(other.verify()),
  ]) {
    await rejectsWith('SHALE_UNSUPPORTED', call());
  }
  expect(() => other.share()).toThrow(expect.objectContaining({ code: 'SHALE_UNSUPPORTED' }));
  expect(other.path).toBe(wal.path);
  expect(other.recovery).toEqual(wal.recovery);
});
