import { type Wal, WalError } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, open, rejectsWith, text } from './support.js';

const ALL = 2n ** 64n - 1n;

test('appends, trims and drops of tables with an id settle while names are being looked up', async () => {
  const wal = await open();
  const fixed = wal.table({ region: 1, table: 1 });
  const go = holdNames(wal);
  const named = wal.table('named').append(bytes('n'));
  const trimmed = wal.table('other').trim(1n);
  expect(await fixed.append(bytes('1'))).toBe(1n);
  expect(await fixed.appendBatch([bytes('2'), bytes('3')])).toEqual({ first: 2n, last: 3n });
  expect(await fixed.trim(2n)).toEqual({ first: 3n, last: 3n });
  const dropped = wal.table({ region: 1, table: 2 });
  await wal.write([
    { table: fixed, payloads: [bytes('4')] },
    { table: dropped, payloads: [bytes('1')] },
  ]);
  await dropped.drop();
  expect((await all(fixed.read())).map(({ payload }) => text(payload))).toEqual(['3', '4']);
  go();
  expect(await named).toBe(1n);
  expect(await trimmed).toEqual({ first: 0n, last: 0n });
});

test('however much waits for names, appends by id have all the room that there is', async () => {
  const limit = 64 * 1024;
  const wal = await open({ maxInFlightBytes: limit, maxQueuedBytes: 4 * limit });
  const { flow } = behind(wal);
  const fixed = wal.table({ region: 1, table: 1 });
  const go = holdNames(wal);
  const payload = new Uint8Array(4000);
  // More than may be under way, some of it through the queue, and as many trims as book that much alone.
  const named = Array.from({ length: 35 }, (_, i) => wal.table(`named-${i % 5}`).append(payload));
  const first = fixed.append(new Uint8Array(60_000));
  const behindIt = Array.from({ length: 4 }, (_, i) => wal.table(`named-${i}`).append(payload));
  expect(await first).toBe(1n);
  const trims = Array.from({ length: 100 }, () => wal.table('other').trim(1n));
  expect(await fixed.append(new Uint8Array(60_000))).toBe(2n);
  expect(await fixed.trim(1n)).toEqual({ first: 2n, last: 2n });
  // It is booked all the same.
  expect(flow.inFlightBytes).toBeGreaterThan(0);
  go();
  expect((await Promise.all(named)).map(Number)).toEqual(named.map((_, i) => Math.floor(i / 5) + 1));
  expect(await Promise.all(behindIt)).toEqual([8n, 8n, 8n, 8n]);
  expect(await Promise.all(trims)).toEqual(trims.map(() => ({ first: 0n, last: 0n })));
  expect(flow).toMatchObject({ inFlightBytes: 0, queuedBytes: 0, waiting: 0 });
});

test('what waits for a name and is refused leaves nothing booked', async () => {
  const limit = 64 * 1024;
  const wal = await open({ maxInFlightBytes: limit, maxQueuedBytes: 2 * limit });
  const reason = new WalError('SHALE_IO', 'made by the test');
  const shard = behind(wal).shard(0);
  const request = shard.request.bind(shard);
  shard.request = (async (task: { kind: string }, ...rest: [never]) => {
    if (task.kind === 'namesMake' || task.kind === 'namesFind') throw reason;
    return await request(task as never, ...rest);
  }) as typeof shard.request;
  const table = wal.table('named');
  const refused = [
    ...Array.from({ length: 40 }, () => table.append(new Uint8Array(4000))),
    ...Array.from({ length: 100 }, () => wal.table('other').drop()),
  ];
  for (const settled of await Promise.allSettled(refused)) {
    expect(settled).toMatchObject({ status: 'rejected', reason });
  }
  expect(behind(wal).flow).toMatchObject({ inFlightBytes: 0, queuedBytes: 0, waiting: 0 });
});

test('a name that is known does not wait for one that is not', async () => {
  const wal = await open();
  const known = wal.table('known');
  await known.append(bytes('1'));
  const go = holdNames(wal);
  const named = wal.table('named').append(bytes('n'));
  expect(await known.append(bytes('2'))).toBe(2n);
  go();
  expect(await named).toBe(1n);
});

test.each([1, 3])('what is done to one table stays in order, on %i shards', async (shards) => {
  const wal = await open({ shards });
  const order: string[] = [];
  const note = (what: string) => () => order.push(what);
  const named = wal.table('named');
  const id = { region: 1, table: 1 };
  const write = wal.write([
    { table: wal.table(id), payloads: [bytes('1')] },
    { table: named, payloads: [bytes('a')] },
  ]);
  await Promise.all([
    write.then(note('write')),
    // Each by a reference of its own: they are one table all the same.
    wal.table(id).append(bytes('2')).then(note('2')),
    wal.table(id).trim(1n),
    wal.table('named').append(bytes('b')).then(note('b')),
    wal.table(id).appendBatch([]).then(note('empty')),
    wal.write([
      { table: wal.table('third'), payloads: [bytes('x')] },
      { table: named, payloads: [bytes('c')] },
      { table: wal.table(id), payloads: [bytes('3')] },
      { table: wal.table(id), payloads: [bytes('4')] },
    ]),
    wal.table(id).append(bytes('5')).then(note('5')),
    named.append(bytes('d')).then(note('d')),
  ]);
  const ofId = order.filter((what) => !['b', 'd'].includes(what));
  expect(ofId).toEqual(['write', '2', 'empty', '5']);
  expect(order.filter((what) => ['write', 'b', 'd'].includes(what))).toEqual(['write', 'b', 'd']);
  expect((await all(wal.table(id).read())).map(({ payload }) => text(payload))).toEqual(['2', '3', '4', '5']);
  expect((await all(named.read())).map(({ payload }) => text(payload))).toEqual(['a', 'b', 'c', 'd']);
});

test('appends that waited for room go behind those of their table that wait for a name', async () => {
  const wal = await open({ maxInFlightBytes: 65_536, maxQueuedBytes: 1 << 20 });
  const go = holdNames(wal);
  const id = { region: 1, table: 1 };
  const large = (i: number): Uint8Array => bytes(String(i).padEnd(8000));
  const first = wal.write([
    { table: wal.table(id), payloads: [large(0)] },
    { table: wal.table('named'), payloads: [large(0)] },
  ]);
  const rest = Array.from({ length: 20 }, (_, i) => [
    wal.table(id).append(large(i + 1)),
    wal.table('named').append(large(i + 1)),
  ]).flat();
  expect(behind(wal).flow.waiting).toBeGreaterThan(30);
  go();
  await Promise.all([first, ...rest]);
  const expected = Array.from({ length: 21 }, (_, i) => String(i));
  for (const table of [wal.table(id), wal.table('named')]) {
    expect((await all(table.read())).map(({ payload }) => text(payload).trim())).toEqual(expected);
  }
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('however many appends wait for a name, the event loop turns while they go on, and they end', async () => {
  const wal = await open();
  const go = holdNames(wal);
  const table = wal.table('named');
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  const appends = Array.from({ length: 20_000 }, (_, i) => table.append(bytes(String(i))));
  const firsts: number[] = [];
  for (const append of appends) void append.then(() => firsts.push(turns));
  // More comes all the time, and must not make them wait for ever.
  const more: Promise<bigint>[] = [];
  const feed = (): void => {
    for (let i = 0; i < 700 && !isDone; i++) more.push(table.append(bytes('more')));
    if (!isDone && more.length < 70_000) setImmediate(feed);
  };
  go();
  count();
  setImmediate(feed);
  const sequences = await Promise.all(appends);
  expect(sequences).toEqual(appends.map((_, i) => BigInt(i + 1)));
  expect(new Set(firsts).size).toBeGreaterThan(5);
  await wal.sync();
  isDone = true;
  expect(new Set(await Promise.all(more)).size).toBe(more.length);
  expect(await table.append(bytes('last'))).toBe(BigInt(20_000 + more.length + 1));
});

test('names that writes need behind one another are asked for together', async () => {
  const wal = await open();
  const asked: number[] = [];
  holdNames(wal, (names) => asked.push(names.length))();
  const common = { table: wal.table('common'), payloads: [bytes('x')] };
  const writes = Array.from({ length: 50 }, (_, i) =>
    wal.write([common, { table: wal.table(`n${i}`), payloads: [bytes('y')] }]),
  );
  await Promise.all(writes);
  expect(asked).toEqual([51]);
  expect(await wal.table('common').lastSequence()).toBe(50n);
});

test('wal.sync() waits for what is held when it is called, and not for what comes later', async () => {
  const wal = await open();
  const go = holdNames(wal);
  const settled: string[] = [];
  const first = wal.table('named').append(bytes('1'));
  void first.then(() => settled.push('first'));
  const syncs = [wal.sync(), wal.sync()].map((sync) => sync.then(() => settled.push('sync')));
  const second = wal.table('named').append(bytes('2'));
  const last = wal.sync().then(() => settled.push('last sync'));
  void second.then(() => settled.push('second'));
  go();
  await Promise.all([...syncs, last, second]);
  expect(settled.indexOf('first')).toBeLessThan(settled.indexOf('sync'));
  expect(settled.indexOf('second')).toBeLessThan(settled.indexOf('last sync'));
});

test('a name that cannot be made fails what waits for it and nothing else, and nothing stays booked', async () => {
  const wal = await open();
  const fixed = wal.table({ region: 1, table: 1 });
  const go = holdNames(wal);
  const failing = [
    wal.table('bad').append(bytes('1')),
    wal.table('bad').append(bytes('2')),
    wal.write([
      { table: fixed, payloads: [bytes('1')] },
      { table: wal.table('bad'), payloads: [bytes('3')] },
    ]),
  ].map((append) => rejectsWith('SHALE_INTERNAL', append));
  const behindIt = fixed.append(bytes('2'));
  const trim = wal.table('bad').trim(ALL);
  go(['bad']);
  await Promise.all(failing);
  expect(await behindIt).toBe(1n);
  expect(await trim).toEqual({ first: 0n, last: 0n });
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

/**
 * Holds up whoever asks about names until what this returns is called, with names that cannot be made.
 *
 * @param onMake called with the names that are to be made
 */
function holdNames(wal: Wal, onMake?: (names: readonly string[]) => void): (bad?: readonly string[]) => void {
  let open: (bad: readonly string[]) => void = () => undefined;
  const gate = new Promise<readonly string[]>((resolve) => {
    open = resolve;
  });
  const shard = behind(wal).shard(0);
  const request = shard.request.bind(shard);
  const holding: typeof request = async (task, onLoss) => {
    if (task.kind !== 'namesFind' && task.kind !== 'namesMake') return await request(task, onLoss);
    const bad = await gate;
    if (task.kind === 'namesMake') {
      onMake?.(task.names);
      if (task.names.some((name) => bad.includes(name)))
        throw new WalError('SHALE_INTERNAL', 'not this name');
    }
    return await request(task, onLoss);
  };
  Object.assign(shard, { request: holding });
  return (bad = []) => open(bad);
}
