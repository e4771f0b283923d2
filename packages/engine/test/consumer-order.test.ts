import { type Wal, WalError } from '@shale/engine';
import { expect, test } from 'vitest';
import { readConsumerOptions } from '../dist/consumer/consumer-options.js';
import { LogPositions } from '../dist/consumer/log-positions.js';
import { Opening } from '../dist/consumer/opening.js';
import { Run } from '../dist/consumer/run.js';
import { ThreadLost } from '../dist/shard/shard-line.js';
import { fill, iterate, next } from './consuming.js';
import { failFrames } from './failing-frames.js';
import { all, behind, bytes, endThread, open, rejectsWith, text } from './support.js';

const ID = { region: 1n, table: 1n };
const OTHER = { region: 1n, table: 2n };

test('an iteration that was left while it waited takes nothing from the next one', async () => {
  const wal = await open();
  const table = wal.table(ID);
  const consumer = await wal.consumer('c', { tables: table, chunkEntries: 5 });
  const left = iterate(consumer);
  const waiting = left.next();
  // It waits for entries.
  await consumer.lag();
  await fill(wal.table(OTHER), 1);
  await left.return?.();
  const batches = iterate(consumer);
  const first = batches.next();
  await fill(table, 10);
  expect((await first).value).toMatchObject({ first: 1n });
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('a consumer that is moved while its iteration waits goes on where it was moved to', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 10);
  const consumer = await wal.consumer('c', { tables: table });
  const batches = iterate(consumer);
  await next(batches);
  for (const after of [4n, 7n, 2n]) {
    const waiting = next(batches);
    await consumer.commit();
    await Promise.all([consumer.seek(table, 'start'), consumer.seek(table, { after })]);
    await fill(wal.table(OTHER), 1);
    expect(await waiting).toMatchObject({ first: after + 1n, last: 10n });
  }
  const waiting = batches.next();
  const moved = consumer.seek(table, 'end');
  await Promise.allSettled([moved, consumer.close()]);
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('a consumer that is fenced while it is moved leaves the position alone', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 10);
  const old = await wal.consumer('c', { tables: table });
  await old.seek(table, { after: 5n });
  const opened = wal.consumer('c', { tables: table });
  const moved = old.seek(table, 'start');
  await rejectsWith('SHALE_FENCED', moved);
  const consumer = await opened;
  const batch = await next(iterate(consumer));
  expect(batch.first).toBe(6n);
  await batch.write([]);
});

test('a write that outlives its iteration is known to the next one', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 50);
  const consumer = await wal.consumer('c', { tables: table, chunkEntries: 5 });
  const firsts: bigint[] = [];
  while (firsts.length < 10) {
    let written: Promise<void> | undefined;
    for await (const batch of consumer) {
      firsts.push(batch.first);
      written = batch.write([{ table: wal.table(OTHER), payloads: [bytes('output')] }]);
      break;
    }
    if (firsts.length % 3 === 0) await consumer.lag();
    else if (firsts.length % 3 === 1) await written;
    else written?.catch(() => undefined);
  }
  expect(firsts).toEqual([1n, 6n, 11n, 16n, 21n, 26n, 31n, 36n, 41n, 46n]);
});

test.each(['closed', 'left', 'moved elsewhere'] as const)(
  'a position that is written while its iteration ends stays where it is written (%s)',
  async (how) => {
    const wal = await open();
    const table = wal.table(ID);
    const output = wal.table({ region: 2n, table: 1n });
    await fill(table, 30);
    const options = { tables: wal.region(1n), chunkEntries: 10 };
    let consumer = await wal.consumer('c', options);
    const batches = iterate(consumer);
    await (await next(batches)).write([{ table: output, payloads: [bytes('1')] }]);
    const written = (await next(batches)).write([{ table: output, payloads: [bytes('2')] }]);
    if (how === 'closed') await consumer.close();
    else if (how === 'left') await batches.return?.();
    else await consumer.seek(wal.table(OTHER), 'start');
    if (how === 'closed') consumer = await wal.consumer('c', options);
    expect(await consumer.lag()).toEqual({ entries: 10n, tables: 1 });
    expect((await next(how === 'moved elsewhere' ? batches : iterate(consumer))).first).toBe(21n);
    await written;
    expect(await all(output.read())).toHaveLength(2);
  },
);

test.each(['not stored', 'stored', 'written'] as const)(
  'what is acknowledged of a table that is dropped says nothing of the one after it (%s)',
  async (how) => {
    const wal = await open();
    const table = wal.table(ID);
    const other = wal.table(OTHER);
    await fill(table, 15);
    const options = { tables: table, onTrimmed: 'skip', chunkEntries: 5 } as const;
    const consumer = await wal.consumer('c', options);
    const batches = iterate(consumer);
    let batch = await next(batches);
    batch.ack();
    if (how === 'stored') await consumer.commit();
    batch = await next(batches);
    if (how !== 'written') batch.ack();
    const changed = [table.drop(), fill(table, 20)];
    if (how !== 'written') await consumer.commit();
    else await rejectsWith('SHALE_FENCED', batch.write([{ table: other, payloads: [bytes('output')] }]));
    await Promise.all(changed);
    expect(await all(other.read())).toEqual([]);
    do batch = await next(batches);
    while (batch.length === 0);
    expect(batch.first).toBe(1n);
    await consumer.close();
    expect((await next(iterate(await wal.consumer('c', options)))).first).toBe(1n);
  },
);

test('nothing is kept of names that were dropped, however many there were', async () => {
  const wal = await open();
  const engine = behind(wal);
  const { consumer: id } = await engine
    .shard(0)
    .request<'consumerOpen'>({ kind: 'consumerOpen', name: 'c', target: { is: 'all' } }, 'retry');
  const positions = new LogPositions(engine, Opening.of({ consumer: id, epoch: 1n }));
  const options = readConsumerOptions({ tables: 'all' }, 'sync', () => false);
  const target = { is: 'many', region: null, prefix: null, has: () => true } as const;
  const run = new Run(engine, target, options, positions, 'start');
  await run.begun;
  for (let round = 0; round < 10; round++) {
    const table = wal.table(`name ${round}`);
    await fill(table, 3);
    const { cursor } = (await run.stream.next()) ?? expect.fail('it ended');
    const progress = run.progressIn(cursor.table, 0n);
    const store = { sync: false, isLate: false, isVoid: () => progress.isDropped };
    await positions.store(cursor.table.address.id, 3n, store);
    await table.drop();
  }
  await fill(wal.table('last'), 1);
  const last = (await run.stream.next()) ?? expect.fail('it ended');
  run.progressIn(last.cursor.table, 0n);
  expect([run.kept, positions.size, run.size]).toEqual([1, 0, 1]);
  run.end();
});

test('the state is a copy, whatever it was given as, and so is what is read of it', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 10);
  const consumer = await wal.consumer('c', { tables: table, chunkEntries: 5 });
  const batches = iterate(consumer);
  const state = Buffer.from('one');
  const written = (await next(batches)).write([], { state });
  state.write('two');
  await written;
  consumer.state(table)?.fill(0);
  (await next(batches)).ack();
  await consumer.close();
  const again = await wal.consumer('c', { tables: table });
  expect(text(again.state(table) ?? bytes(''))).toBe('one');
});

test('what is no sequence of a batch, and no state, is refused', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 10);
  const batch = await next(iterate(await wal.consumer('c', { tables: table })));
  const noString = { toString: () => expect.fail('it was called') };
  for (const value of [
    null,
    Number.NaN,
    -1,
    0,
    11,
    1.5,
    2 ** 53,
    '3',
    {},
    Object.create(null),
    Symbol('3'),
    noString,
  ]) {
    expect(() => batch.ack(value as bigint)).toThrow(
      expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }),
    );
  }
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const proxy = new Proxy(new Uint8Array(8), {});
  for (const state of [
    null,
    'x',
    [],
    new Uint16Array(4),
    Object.create(Uint8Array.prototype),
    proxy,
    detached,
  ]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', batch.write([], { state: state as Uint8Array }));
  }
});

test('a disk that is full, and resume(), a consumer does not notice: what it has acknowledged is stored later', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(ID);
  await fill(table, 10);
  const consumer = await wal.consumer('c', { tables: table, chunkEntries: 5 });
  const batches = iterate(consumer);
  (await next(batches)).ack();
  const restore = failFrames(wal, 0, 'SHALE_NO_SPACE');
  await rejectsWith('SHALE_NO_SPACE', table.append(bytes('x')));
  restore();
  await rejectsWith('SHALE_NO_SPACE', consumer.commit());
  await wal.resume();
  await consumer.commit();
  await fill(table, 1);
  expect(await next(batches)).toMatchObject({ first: 6n, last: 10n });
  const again = await wal.consumer('c', { tables: table });
  expect(await next(iterate(again))).toMatchObject({ first: 6n });
});

test.each(['acknowledged', 'written'] as const)(
  'a store whose outcome could not be found out about is no other one that has the name (%s)',
  async (how) => {
    const wal = await open({ shards: 1 });
    const table = wal.table(ID);
    const other = wal.table(OTHER);
    await fill(table, 20);
    const consumer = await wal.consumer('c', { tables: table, chunkEntries: 5 });
    const batches = iterate(consumer);
    const batch = await next(batches);
    const restore = loseAnswers(wal);
    const parts = [{ table: other, payloads: [bytes('output')] }] as const;
    const store = async (): Promise<void> => {
      if (how === 'written') return await batch.write(parts);
      batch.ack();
      await consumer.commit();
    };
    await rejectsWith('SHALE_IO', store());
    restore();
    // It is in, and was not told.
    await store();
    await (await next(batches)).write([]);
    expect(await all(other.read())).toHaveLength(how === 'written' ? 1 : 0);
    expect(await wal.consumers()).toMatchObject([{ lag: 10n }]);
  },
);

test('a write that is in, and could not be found out about, is neither taken back by less nor made again', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(ID);
  const other = wal.table(OTHER);
  await fill(table, 20);
  const consumer = await wal.consumer('c', { tables: table, chunkEntries: 5 });
  const batches = iterate(consumer);
  const batch = await next(batches);
  const restore = loseAnswers(wal);
  const parts = [{ table: other, payloads: [bytes('output')] }] as const;
  await rejectsWith('SHALE_IO', batch.write(parts));
  restore();
  for (const upTo of [2, 3]) {
    batch.ack(upTo);
    await consumer.commit();
    expect(await wal.consumers()).toMatchObject([{ lag: 15n }]);
  }
  await batch.write(parts);
  await (await next(batches)).write([]);
  expect(await all(other.read())).toHaveLength(1);
  expect(await wal.consumers()).toMatchObject([{ lag: 10n }]);
});

/** Lets the thread write, and die before it answers; and lets nobody look what has come of it. Returns what ends that. */
function loseAnswers(wal: Wal): () => void {
  const engine = behind(wal);
  const { thread } = engine.shard(0);
  if (thread === null) throw new TypeError('no thread');
  const run = thread.run.bind(thread);
  const losing: typeof run = async (task, transfer) => {
    if (!('frame' in task)) return await run(task, transfer);
    await run(task, transfer);
    await endThread(wal, 0);
    throw new ThreadLost('made by the test');
  };
  Object.assign(thread, { run: losing });
  const ask = engine.ask.bind(engine);
  const refusing = async (...[of, task, onLoss]: Parameters<typeof ask>) => {
    if (task.kind === 'position') throw new WalError('SHALE_IO', 'made by the test');
    return await ask(of, task, onLoss);
  };
  Object.assign(engine, { ask: refusing });
  return () => Object.assign(engine, { ask });
}
