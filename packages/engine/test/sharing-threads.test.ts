import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { connectWal, type Wal } from '@shale/engine';
import { expect, onTestFinished, test } from 'vitest';
import { Opener } from '../dist/share/opener.js';
import { Client } from './clients.js';
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

/** Uses a WAL from this thread as another one would. */
async function connected(wal: Wal): Promise<Wal> {
  const other = await connectWal(wal.share().handle);
  onTestFinished(async () => await other.close());
  return other;
}

async function texts(wal: Wal, name: string): Promise<string[]> {
  return (await all(wal.table(name).read())).map(({ payload }) => text(payload));
}

test('a thread appends to and reads from a WAL that another one has opened, by ids and by names', async () => {
  const wal = await open();
  await wal.table('events').append(bytes('of the owner'));
  const client = await Client.of(wal);
  const found = await client.run(async ({ wal }) => {
    const events = wal.table('events');
    const numbers = wal.table({ region: 1n, table: 2n });
    const first = await events.append(Buffer.from('of a thread'));
    const batch = await numbers.appendBatch([Buffer.from('one'), Buffer.from('two')]);
    const read: string[] = [];
    for await (const entry of events.read()) read.push(Buffer.from(entry.payload).toString());
    const one = await numbers.get(1n);
    await wal.table('made here').append(Buffer.from('x'));
    const bounds = [await numbers.firstSequence(), await numbers.lastSequence()];
    return { first, batch, read, one: Buffer.from(one?.payload ?? '').toString(), bounds };
  });
  expect(found).toEqual({
    first: 2n,
    batch: { first: 1n, last: 2n },
    read: ['of the owner', 'of a thread'],
    one: 'one',
    bounds: [1n, 2n],
  });
  expect(await texts(wal, 'events')).toEqual(['of the owner', 'of a thread']);
  expect(await wal.table('made here').lastSequence()).toBe(1n);
  await client.run(async ({ wal }) => await wal.close());
  await expect.poll(() => behind(wal).clients.size).toBe(0);
  expect(await wal.table('events').append(bytes('three'))).toBe(3n);
  await client.end();
});

test('what several threads append at a time gets each sequence once, in the order of each thread, and shares its syncs', async () => {
  const wal = await open({ shards: 1 });
  const clients = await Promise.all([Client.of(wal), Client.of(wal), Client.of(wal)]);
  const appendTo = async ({ wal, threadId }: { wal: Wal; threadId: number }): Promise<bigint[]> => {
    const table = wal.table({ region: 1n, table: 1n });
    const made: Promise<bigint>[] = [];
    for (let i = 0; i < 200; i++) {
      made.push(table.append(Buffer.from(`${threadId} ${i}`)));
      if (i % 7 === 0) await made.at(-1);
    }
    return await Promise.all(made);
  };
  const given = await Promise.all([
    appendTo({ wal, threadId: 0 }),
    ...clients.map(async (client) => await client.run(appendTo)),
  ]);
  for (const sequences of given) {
    expect(sequences).toEqual([...sequences].sort((one, other) => Number(one - other)));
  }
  expect(given.flat().sort((one, other) => Number(one - other))).toEqual(
    Array.from({ length: 800 }, (_, i) => BigInt(i + 1)),
  );
  const next = new Map<string, number>();
  for (const { payload } of await all(wal.table({ region: 1n, table: 1n }).read())) {
    const [thread = '', number] = text(payload).split(' ');
    expect(Number(number)).toBe(next.get(thread) ?? 0);
    next.set(thread, Number(number) + 1);
  }
  expect([...next.values()]).toEqual([200, 200, 200, 200]);
  const frames = await Promise.all(
    clients.map(async (client) => await client.run(async ({ wal }) => wal.metrics().shards[0]?.frames ?? 0)),
  );
  const sent = frames.reduce((sum, count) => sum + count, behind(wal).shards[0]?.counters.frames ?? 0);
  expect(behind(wal).shards[0]?.metrics.snapshot().syncWriteMs.count).toBeLessThan(sent);
  await Promise.all(clients.map((client) => client.end()));
});

test('threads write atomically over tables of several shards, beside each other and the owner', async () => {
  const wal = await open();
  const { here, there } = apart(wal);
  const clients = await Promise.all([Client.of(wal), Client.of(wal)]);
  const writeTo = async ({ wal }: { wal: Wal }, one: bigint, other: bigint): Promise<bigint[][]> => {
    const tables = [wal.table({ region: 1n, table: one }), wal.table({ region: 1n, table: other })] as const;
    const results: bigint[][] = [];
    for (let i = 0; i < 40; i++) {
      const written = await wal.write(tables.map((table) => ({ table, payloads: [Buffer.from('x')] })));
      results.push(written.map(({ first }) => first));
    }
    return results;
  };
  const results = await Promise.all([
    writeTo({ wal }, here, there),
    ...clients.map(async (client) => await client.run(writeTo, here, there)),
  ]);
  // Nothing else is in these tables, so an atomic write gets the same sequence in both.
  for (const [one, other] of results.flat()) expect(one).toBe(other);
  expect(
    results
      .flat()
      .map(([one = 0n]) => one)
      .sort((a, b) => Number(a - b)),
  ).toEqual(Array.from({ length: 120 }, (_, i) => BigInt(i + 1)));
  await Promise.all(clients.map((client) => client.end()));
});

test('what a thread has sent right before an atomic write over shards is written before it', async () => {
  const wal = await open({ durability: 'os' });
  const other = await connected(wal);
  const { here, there } = apart(wal);
  const [one, two] = [here, there].map((table) => other.table({ region: 1n, table }));
  if (one === undefined || two === undefined) return;
  for (let i = 0; i < 30; i++) {
    const before = [one.append(bytes('a')), two.append(bytes('b'))];
    const written = await other.write([one, two].map((table) => ({ table, payloads: [bytes('c')] })));
    const sequences = await Promise.all(before);
    expect(written.map(({ first }) => first)).toEqual(sequences.map((sequence) => sequence + 1n));
  }
});

test('what a thread has sent right before an atomic write over shards is acknowledged before it', async () => {
  const wal = await open({ durability: 'os' });
  const other = await connected(wal);
  const { here, there } = apart(wal);
  for (const from of [wal, other]) {
    const tables = [here, there].map((table) => from.table({ region: 1n, table }));
    for (let i = 0; i < 50; i++) {
      const order: string[] = [];
      await Promise.all([
        ...tables.map((table) => table.append(bytes('a')).then(() => order.push('before'))),
        from
          .write(tables.map((table) => ({ table, payloads: [bytes('b')] })))
          .then(() => order.push('write')),
      ]);
      expect(order).toEqual(['before', 'before', 'write']);
    }
  }
});

test('a thread that is only just connecting when the WAL closes is told that, too', () => {
  let deliver: (message: unknown) => void = () => undefined;
  const port = { onClose() {}, post() {}, ref() {}, unref() {}, close() {} };
  const onMessage = (call: (message: unknown) => void): void => {
    deliver = call;
  };
  const opener = new Opener('/data', { ...port, onMessage });
  deliver({ news: 'closing' });
  const told: string[] = [];
  const tell = (news: string) => () => void told.push(news);
  opener.begin({ synced: tell('synced'), resumed: tell('resumed'), closing: tell('closing') });
  expect(told).toEqual(['closing']);
});

test('a follow in any thread has what all threads append, also to a name that is made later', async () => {
  const wal = await open();
  const [one, other] = [await connected(wal), await connected(wal)];
  const follows = [wal, one, other].map((of) => [of.table('later').follow(), of.follow()] as const);
  await Promise.all(follows.flat().map(({ ready }) => ready));
  const taken = follows.flatMap(([table, everything]) =>
    [table, everything].map(async (follow) => {
      const got: string[] = [];
      for await (const { payload } of follow) {
        got.push(text(payload));
        if (got.length === 9) break;
      }
      return got;
    }),
  );
  const made: string[] = [];
  for (let i = 0; i < 3; i++) {
    for (const [index, of] of [one, wal, other].entries()) {
      await of.table('later').append(bytes(`${index} ${i}`));
      made.push(`${index} ${i}`);
    }
  }
  expect(await Promise.all(taken)).toEqual(taken.map(() => made));
});

test('a shard whose thread dies is replaced for all threads: what was acknowledged is in, and nothing twice', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const clients = [await connected(wal), await connected(wal)];
  const acknowledged = new Set<string>();
  let isOver = false;
  const follow = clients[0]?.table({ region: 1n, table: 1n }).follow({ visibility: 'acknowledged' });
  const followed: string[] = [];
  const following = (async () => {
    for await (const { payload } of follow ?? []) {
      followed.push(text(payload));
      if (text(payload) === 'last') return;
    }
  })();
  const append = async (of: Wal, name: number): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      try {
        await of.table({ region: 1n, table: 1n }).append(bytes(`${name} ${i}`));
        acknowledged.add(`${name} ${i}`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'SHALE_OUTCOME_UNKNOWN' });
      }
    }
  };
  const appending = [wal, ...clients].map((of, index) => append(of, index));
  for (let death = 1; death <= 3; death++) {
    const before = acknowledged.size;
    await endThread(wal, 0);
    await expect.poll(() => acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(before + 30);
  }
  isOver = true;
  await Promise.all(appending);
  await clients[1]?.table({ region: 1n, table: 1n }).append(bytes('last'));
  await following;
  const entries = (await all(wal.table({ region: 1n, table: 1n }).read())).map(({ payload }) =>
    text(payload),
  );
  expect(new Set(entries).size).toBe(entries.length);
  for (const entry of acknowledged) expect(entries).toContain(entry);
  expect(followed).toEqual(entries);
});

test('a thread that ends while it writes leaves nothing: tables it was lent, names it waits for, its place', async () => {
  const wal = await open({ durability: 'os' });
  const { here, there } = apart(wal);
  for (const end of ['terminate', 'exit', 'throw'] as const) {
    const client = await Client.of(wal);
    await client.run(
      ({ wal, kept }, one, other) => {
        const tables = [wal.table({ region: 1n, table: one }), wal.table({ region: 1n, table: other })];
        kept.follow = wal.table('never made').follow();
        const write = (): void => {
          void wal
            .write(tables.map((table) => ({ table, payloads: [Buffer.from('x')] })))
            .then(write, () => {});
        };
        for (let i = 0; i < 10; i++) write();
      },
      here,
      there,
    );
    await expect
      .poll(async () => await wal.table({ region: 1n, table: here }).lastSequence(), { timeout: 60_000 })
      .toBeGreaterThan(0n);
    if (end === 'terminate') await client.end();
    else {
      void client
        .run((_, how) => {
          setImmediate(() => {
            if (how === 'exit') process.exit(3);
            throw new Error('a mistake of the application');
          });
        }, end)
        .catch(() => undefined);
      await client.gone;
    }
    await expect.poll(() => behind(wal).clients.size, { timeout: 60_000 }).toBe(0);
    // Both are free, and hold the same atomic writes.
    const [one, other] = await wal.write([
      { table: wal.table({ region: 1n, table: here }), payloads: [bytes('of the owner')] },
      { table: wal.table({ region: 1n, table: there }), payloads: [bytes('of the owner')] },
    ]);
    expect(one.first).toBe(other.first);
  }
});

test('when the owner closes, what threads have made is completed, and then they are told SHALE_CLOSED', async () => {
  const wal = await open();
  const client = await Client.of(wal);
  const made = client.run(async ({ wal }) => {
    const table = wal.table('events');
    const appends = Array.from({ length: 100 }, (_, i) => table.append(Buffer.from(`${i}`)));
    return (await Promise.all(appends)).length;
  });
  await client.run(({ kept, wal }) => {
    kept.follow = (async () => {
      for await (const _ of wal.follow()) void _;
      return 'ended';
    })();
  });
  await wal.close();
  expect(await made).toBe(100);
  expect(
    await client.run(async ({ wal, kept }) => {
      const code = await wal
        .table('events')
        .append(Buffer.from('late'))
        .catch((error: { code?: string }) => error.code);
      await wal.close();
      return [code, wal.state, await kept.follow];
    }),
  ).toEqual(['SHALE_CLOSED', 'closed', 'ended']);
  await client.end();
  const again = await open({ path: wal.path });
  expect(await again.table('events').lastSequence()).toBe(100n);
});

test('a thread that forgets to close ends by itself, and so does one whose handle is never used', async () => {
  const wal = await open();
  for (const name of ['forgetful-client.mjs', 'idle.mjs']) {
    const { handle, transfer } = wal.share();
    const script =
      name === 'idle.mjs' ? new URL('data:text/javascript,') : new URL(`./fixtures/${name}`, import.meta.url);
    const worker = new Worker(script, { workerData: { handle }, transferList: [...transfer] });
    const [code] = await once(worker, 'exit');
    expect(code).toBe(0);
  }
  await expect.poll(() => behind(wal).clients.size).toBe(0);
  expect(await texts(wal, 'events')).toEqual(['x']);
});

test('when the thread that opened the WAL ends, others are told, and what they were acknowledged is in', async () => {
  const path = await temporary();
  const owner = new Worker(new URL('./fixtures/owner.mjs', import.meta.url), { workerData: { path } });
  const [{ handle }] = await once(owner, 'message');
  const wal = await connectWal(handle);
  const table = wal.table({ region: 1n, table: 1n });
  const acknowledged: bigint[] = [];
  const codes = new Set<string>();
  const appending = (async () => {
    while (!codes.has('SHALE_CLOSED')) {
      const made = [1, 2, 3].map((i) => table.append(bytes(`${i}`)));
      for (const settled of await Promise.allSettled(made)) {
        if (settled.status === 'fulfilled') acknowledged.push(settled.value);
        else codes.add(settled.reason.code);
      }
    }
  })();
  await expect.poll(() => acknowledged.length).toBeGreaterThan(30);
  await owner.terminate();
  await appending;
  expect([...codes].filter((code) => code !== 'SHALE_CLOSED' && code !== 'SHALE_OUTCOME_UNKNOWN')).toEqual(
    [],
  );
  await wal.close();
  const again = await open({ path });
  const found = new Set(
    await all(again.table({ region: 1n, table: 1n }).read()).then((entries) =>
      entries.map(({ sequence }) => sequence),
    ),
  );
  for (const sequence of acknowledged) expect(found).toContain(sequence);
  expect(new Set(acknowledged).size).toBe(acknowledged.length);
});

test('a handle is for one connection, and anything else is no handle', async () => {
  const wal = await open();
  const { handle } = wal.share();
  const other = await connectWal(handle);
  await rejectsWith('SHALE_INVALID_ARGUMENT', connectWal(handle));
  const gone = wal.share();
  new MessageChannel().port1.postMessage(gone.handle, [...gone.transfer]);
  await rejectsWith('SHALE_CLOSED', connectWal(gone.handle));
  for (const value of [undefined, null, {}, 7, { port: {} }]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', connectWal(value as never));
  }
  const thrower = (): never => {
    throw new Error('no');
  };
  for (const trap of ['has', 'get'])
    await rejectsWith('SHALE_INVALID_ARGUMENT', connectWal(new Proxy({}, { [trap]: thrower }) as never));
  for (const answer of [7, null, undefined, 'x', [], {}, { refused: 1 }, { control: {} }]) {
    const { port1, port2 } = new MessageChannel();
    port1.once('message', () => port1.postMessage(answer));
    await rejectsWith('SHALE_UNSUPPORTED', connectWal({ port: port2 }));
  }
  await other.close();
  const late = wal.share();
  await wal.close();
  await rejectsWith('SHALE_CLOSED', connectWal(late.handle));
  expect(() => wal.share()).toThrow(expect.objectContaining({ code: 'SHALE_CLOSED' }));
});

test('a thread of another version is refused', async () => {
  const wal = await open();
  const { handle } = wal.share();
  const answer = new Promise((resolve) => handle.port.once('message', resolve));
  handle.port.postMessage({ hello: '0.0.1' });
  expect(await answer).toMatchObject({ refused: { code: 'SHALE_UNSUPPORTED' } });
});

test('what is not for a connected thread says so', async () => {
  const wal = await open();
  const other = await connected(wal);
  const table = other.table('events');
  await table.append(bytes('x'));
  for (const call of [
    () => table.drop(),
    () => other.region(1n).open(),
    () => other.resume(),
    () => other.flush(),
    () => other.reclaim(),
    () => other.compact(),
    () => other.checkpoint('/nowhere'),
    () => other.backup('/nowhere'),
    () => other.consumer('mailer', { tables: 'all' }),
    () => other.consumers(),
    () => all(other.consumerPositions('mailer')),
    () => other.seekConsumer('mailer', table, 'end'),
    () => other.dropConsumer('mailer'),
    () => other.retain('all', null),
    () => other.retentions(),
    () => all(other.verify()),
    async () => other.share(),
  ]) {
    const error = await failureOf(call());
    expect([String(call), error.code]).toEqual([String(call), 'SHALE_UNSUPPORTED']);
    expect(error.message).toMatch(/in the thread that opened it/);
  }
  expect(table.id).toEqual(wal.table('events').id);
});

test('a table of a name that the owner drops is never used under the name again', async () => {
  const wal = await open();
  const other = await connected(wal);
  const events = other.table('events');
  await events.append(bytes('before'));
  const { id } = events;
  await wal.table('events').drop();
  expect(await texts(other, 'events')).toEqual([]);
  expect(await events.append(bytes('after'))).toBe(1n);
  expect(events.id).not.toEqual(id);
  expect(await texts(wal, 'events')).toEqual(['after']);
  // At the same time: what is refused was not written, and what is acknowledged is in what the name stands for then.
  for (let i = 0; i < 20; i++) {
    const append = events.append(bytes(`${i}`)).catch((error: { code: string }) => error.code);
    const was = wal.table('events');
    const place = was.id;
    const [outcome] = await Promise.all([append, was.drop()]);
    if (outcome !== 'SHALE_NOT_FOUND') expect(outcome).toBeTypeOf('bigint');
    if (place !== null) expect(await all(wal.table(place).read())).toEqual([]);
  }
  await events.append(bytes('at last'));
  expect(await texts(wal, 'events')).toEqual(await texts(other, 'events'));
  expect((await texts(wal, 'events')).at(-1)).toBe('at last');
});

test('the space of what a thread trims is given back by the owner', async () => {
  const wal = await open({ reclaim: 'off' });
  const other = await connected(wal);
  const table = other.table({ region: 1n, table: 1n });
  await table.appendBatch([bytes('a'), bytes('b'), bytes('c')]);
  expect(await table.trim(2n)).toEqual({ first: 3n, last: 3n });
  await expect.poll(async () => (await wal.stats()).reclaim.pending, { timeout: 60_000 }).toBe(1);
  await wal.reclaim();
  expect(await wal.table({ region: 1n, table: 1n }).firstSequence()).toBe(3n);
});

test('a thread that does nothing for its messages holds up neither the others nor the shards', async () => {
  const wal = await open({ shards: 1 });
  const stuck = await Client.of(wal);
  const other = await connected(wal);
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const blocked = stuck.run(async ({ wal }, gate) => {
    const made = Array.from({ length: 50 }, () =>
      wal.table({ region: 1n, table: 1n }).append(Buffer.from('x')),
    );
    await made[0];
    Atomics.wait(gate, 0, 0);
    return (await Promise.all(made)).length;
  }, gate);
  for (let i = 0; i < 50; i++) await other.table({ region: 1n, table: 2n }).append(bytes('y'));
  await wal.table({ region: 1n, table: 1n }).append(bytes('z'));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  expect(await blocked).toBe(50);
  await stuck.end();
});

test('a closing waits for a thread that stands still no longer than its patience, and then goes on without it', async () => {
  const wal = await open({ shards: 1 });
  const stuck = await Client.of(wal);
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const blocked = stuck.run((_, gate) => {
    Atomics.store(gate, 1, 1);
    Atomics.wait(gate, 0, 0);
  }, gate);
  await expect.poll(() => Atomics.load(gate, 1)).toBe(1);
  await behind(wal).clients.close(20);
  expect(behind(wal).clients.size).toBe(1);
  await wal.table({ region: 1n, table: 1n }).append(bytes('x'));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  await blocked;
  await expect.poll(() => behind(wal).clients.size).toBe(0);
  await stuck.end();
});

test('frames of several tables that are written as one keep each append with its own table', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const clients = [wal, await connected(wal), await connected(wal), await connected(wal)];
  for (let round = 0; round < 20; round++) {
    // One turn: what they send is there together.
    await Promise.all(
      clients.flatMap((client, who) =>
        [0n, 1n, 2n].map((which) => {
          const table = BigInt(who * 3) + which;
          return client.table({ region: 1n, table }).append(bytes(`${table} ${round}`));
        }),
      ),
    );
  }
  for (let table = 0n; table < 12n; table++) {
    const entries = await all(wal.table({ region: 1n, table }).read());
    expect(entries.map(({ payload }) => text(payload))).toEqual(
      Array.from({ length: 20 }, (_, round) => `${table} ${round}`),
    );
  }
});

test('garbage in a port ends the port and nothing else', async () => {
  const wal = await open({ shards: 1 });
  const other = await connected(wal);
  const shard = behind(wal).shards[0];
  for (const message of [
    undefined,
    null,
    7,
    'text',
    {},
    { id: 1 },
    { id: 1, task: { kind: 'detach' } },
    { id: 1, task: { kind: 'keepSynced', withinMs: 1 } },
    { id: 1, task: { kind: 'append' } },
    { id: 1, task: { kind: 'append', frame: new Uint8Array(100), slot: 99 } },
    { id: 1, task: { kind: 'append', frame: new Uint8Array(new SharedArrayBuffer(100)), slot: -7 } },
    { id: 1, task: { kind: 'lend', loan: 5n, ids: 'x' } },
    { id: 1, task: { kind: 'lend', loan: 5n, ids: BigUint64Array.of(1n, 1n) } },
    { id: 1, task: { kind: 'joint', loan: 5n, states: null, frame: null } },
    { id: 1, task: { kind: 'takeBack', loan: 5n, states: BigUint64Array.of(1n) } },
    { id: 1, task: { kind: 'readStart', id: null } },
    { id: 1, task: { kind: 'readNext', id: { region: 1, table: 'x' }, span: {} } },
    { id: 1, task: { kind: 'scanNext', cursor: {}, begin: true } },
    { id: 1, task: { kind: 'listNext', list: 'nothing', begin: true, limit: 1e9 } },
    { id: 1, task: { kind: 'namesFind', names: [7] } },
    { id: 1, task: { kind: 'namesOf', ids: [null] } },
    { id: 1, task: { kind: 'ends', id: 'x' } },
  ]) {
    const { port1, port2 } = new MessageChannel();
    const ear = new SharedArrayBuffer(4);
    await shard?.request<'connect'>({ kind: 'connect', port: port2, cells: null, ear }, 'fail', [port2]);
    const answered = new Promise((resolve) => {
      port1.once('message', resolve);
      port1.once('close', resolve);
    });
    port1.postMessage(message);
    await answered;
    port1.close();
  }
  expect(shard?.counters.restarts).toBe(0);
  expect(await other.table({ region: 1n, table: 1n }).append(bytes('x'))).toBe(1n);
  expect(await wal.table({ region: 1n, table: 1n }).append(bytes('y'))).toBe(2n);
});
