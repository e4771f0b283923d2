import { jsonCodec } from '@shale/codec';
import type { Consumer, ConsumerOptions, Wal } from '@shale/engine';
import { describe, expect, test } from 'vitest';
import { fill, iterate, next } from './consuming.js';
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

const ID = { region: 1n, table: 1n };

/** Takes batches until it has so many entries, and leaves without asking for more. */
async function take<T>(consumer: Consumer<T>, entries: number): Promise<number[]> {
  const taken: number[] = [];
  for await (const batch of consumer) {
    for (const { sequence } of batch) taken.push(Number(sequence));
    if (taken.length < entries) continue;
    batch.ack();
    break;
  }
  return taken;
}

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const small: Pick<ConsumerOptions, 'chunkEntries'> = { chunkEntries: 10 };

describe('one table', () => {
  test('a consumer goes on where it was, whatever happened to the one before', async () => {
    const path = await temporary();
    {
      const wal = await open({ path });
      const table = wal.table('orders');
      await fill(table, 35);
      const consumer = await wal.consumer('billing', { tables: table, ...small });
      const batches = iterate(consumer);
      for (const first of [1n, 11n, 21n])
        expect(await next(batches)).toMatchObject({ first, length: 10, name: 'orders' });
      // Two are acknowledged by asking for the next one; that one is not.
      await consumer.commit();
      await wal.close();
      expect(await batches.next()).toEqual({ done: true, value: undefined });
    }
    const wal = await open({ path });
    const table = wal.table('orders');
    const consumer = await wal.consumer('billing', { tables: table, ...small });
    expect(await consumer.lag()).toEqual({ entries: 15n, tables: 1 });
    expect(await take(consumer, 15)).toEqual(upTo(35, 21));
    await fill(table, 5, 36);
    expect(await take(consumer, 5)).toEqual(upTo(40, 36));
    expect(await consumer.lag()).toEqual({ entries: 0n, tables: 0 });
  });

  test('closing stores what is acknowledged, of the consumer and of the WAL', async () => {
    const path = await temporary();
    for (const closes of ['consumer', 'wal'] as const) {
      const wal = await open({ path });
      const table = wal.table(ID);
      await fill(table, 20);
      const consumer = await wal.consumer('c', { tables: table, ...small, commit: { everyMs: 2 ** 31 - 1 } });
      const batch = await next(iterate(consumer));
      batch.ack(batch.last - 2n);
      if (closes === 'consumer') await consumer.close();
      await wal.close();
    }
    const wal = await open({ path });
    expect(await wal.consumers()).toEqual([
      { name: 'c', isOpen: false, epoch: 2n, tables: 1, behind: 1, overrun: 0, lag: 24n, oldestMs: null },
    ]);
  });

  test('leaving by break or an error acknowledges nothing, and the next iteration gives it again', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await fill(table, 30);
    const consumer = await wal.consumer('c', { tables: table, ...small });
    const seen: bigint[] = [];
    for await (const batch of consumer) {
      seen.push(batch.first);
      if (seen.length === 2) break;
    }
    const failing = async (): Promise<void> => {
      for await (const batch of consumer) {
        seen.push(batch.first);
        throw new Error('a handler failed');
      }
    };
    await expect(failing()).rejects.toThrow('a handler failed');
    expect(await consumer.lag()).toEqual({ entries: 20n, tables: 1 });
    for await (const batch of consumer) {
      seen.push(batch.first);
      if (batch.last === 30n) break;
    }
    expect(seen).toEqual([1n, 11n, 11n, 11n, 21n]);
  });

  test('part of a batch can be acknowledged; a sequence that is not in it is refused', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await fill(table, 10);
    const consumer = await wal.consumer('c', { tables: table });
    const batch = await next(iterate(consumer));
    expect(() => batch.ack(11)).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
    expect(() => batch.ack(0n)).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
    batch.ack(4);
    expect(await consumer.lag()).toEqual({ entries: 6n, tables: 1 });
    await consumer.close();
    batch.ack();
    const again = await wal.consumer('c', { tables: table });
    expect((await next(iterate(again))).first).toBe(5n);
  });

  test('payloads come through the codec of the table', async () => {
    const wal = await open();
    const table = wal.table('orders', { codec: jsonCodec<{ n: number }>() });
    await table.append({ n: 7 });
    const consumer = await wal.consumer('c', { tables: table });
    const batch = await next(iterate(consumer));
    expect(batch.payloadAt(0).n).toBe(7);
    expect([...batch].map(({ payload }) => payload.n)).toEqual([7]);
  });

  test('a table that does not exist yet is waited for', async () => {
    const wal = await open();
    const table = wal.table('later');
    const consumer = await wal.consumer('c', { tables: table, from: 'end' });
    const first = next(iterate(consumer));
    await fill(table, 1);
    expect((await first).first).toBe(1n);
  });

  test('from the end, or behind a sequence, is where it begins for good', async () => {
    const path = await temporary();
    {
      const wal = await open({ path });
      const table = wal.table(ID);
      await fill(table, 10);
      await (await wal.consumer('end', { tables: table, from: 'end' })).close();
      await (await wal.consumer('four', { tables: table, from: { after: 4 } })).close();
      await rejectsWith('SHALE_AHEAD', wal.consumer('ahead', { tables: table, from: { after: 11 } }));
      await fill(table, 10, 11);
      await wal.close();
    }
    const wal = await open({ path });
    const table = wal.table(ID);
    const end = await wal.consumer('end', { tables: table, from: 'end' });
    expect(await take(end, 10)).toEqual(upTo(20, 11));
    const four = await wal.consumer('four', { tables: table, from: 'start' });
    expect(await take(four, 16)).toEqual(upTo(20, 5));
  });
});

describe('acknowledging by hand', () => {
  test('out of order: what is stored is how far all are', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await fill(table, 40);
    const consumer = await wal.consumer('c', { tables: table, ...small, maxUnacked: 100 });
    const batches = iterate(consumer);
    const [one, two, three, four] = [
      await next(batches),
      await next(batches),
      await next(batches),
      await next(batches),
    ];
    const stored = async (): Promise<bigint> => {
      await consumer.commit();
      return 40n - ((await wal.consumers())[0]?.lag ?? 0n);
    };
    three.ack();
    two.ack(15);
    await consumer.commit();
    expect((await wal.consumers())[0]?.tables).toBe(0);
    one.ack();
    expect(await stored()).toBe(15n);
    four.ack();
    expect(await stored()).toBe(15n);
    two.ack();
    expect(await stored()).toBe(40n);
    expect(await consumer.lag()).toEqual({ entries: 0n, tables: 0 });
  });

  test('no more than maxUnacked entries are handed out, and an acknowledgement lets the next one through', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await fill(table, 100);
    const consumer = await wal.consumer('c', { tables: table, ...small, maxUnacked: 25 });
    const batches = iterate(consumer);
    const taken = [await next(batches), await next(batches), await next(batches)];
    let isThrough = false;
    const more = next(batches).then((batch) => {
      isThrough = true;
      return batch;
    });
    await consumer.commit();
    await wal.sync();
    expect(isThrough).toBe(false);
    taken[1]?.ack();
    expect((await more).first).toBe(31n);
  });
});

describe('many tables', () => {
  test('a region, all tables, and those that come later: each entry once, in order', async () => {
    const path = await temporary();
    const tables = [1n, 2n, 3n].map((table) => ({ region: 1n, table }));
    const seen = new Map<string, number[]>();
    const consume = async (wal: Wal, entries: number): Promise<void> => {
      const consumer = await wal.consumer('all', { tables: 'all', chunkEntries: 4 });
      let left = entries;
      for await (const batch of consumer) {
        const key = `${batch.table.region}/${batch.table.table}`;
        const list = seen.get(key) ?? [];
        seen.set(key, list);
        for (const { sequence } of batch) list.push(Number(sequence));
        left -= batch.length;
        if (left > 0) continue;
        batch.ack();
        break;
      }
      expect(await consumer.lag()).toEqual({ entries: 0n, tables: 0 });
      await consumer.close();
    };
    {
      const wal = await open({ path });
      for (const id of tables) await fill(wal.table(id), 10);
      await consume(wal, 30);
      await wal.close();
    }
    const wal = await open({ path });
    for (const id of [...tables, { region: 2n, table: 9n }]) await fill(wal.table(id), 5, 11);
    await consume(wal, 20);
    expect(Object.fromEntries(seen)).toEqual({
      '1/1': upTo(15),
      '1/2': upTo(15),
      '1/3': upTo(15),
      '2/9': upTo(5),
    });
    const region = await wal.consumer('region', { tables: wal.region(1n) });
    expect(await region.lag()).toEqual({ entries: 45n, tables: 3 });
  });

  test('from the end is where it begins in every table, and later ones are consumed from their start', async () => {
    const path = await temporary();
    {
      const wal = await open({ path });
      for (const table of [1n, 2n]) await fill(wal.table({ region: 1n, table }), 3);
      await (await wal.consumer('c', { tables: 'all', from: 'end' })).close();
      for (const table of [1n, 3n]) await fill(wal.table({ region: 1n, table }), 2);
      await wal.close();
    }
    const wal = await open({ path });
    const consumer = await wal.consumer('c', { tables: 'all', from: 'end' });
    expect(await consumer.lag()).toEqual({ entries: 4n, tables: 2 });
  });

  test('parts of a name share the tables, and each has its own', async () => {
    const wal = await open();
    for (let table = 1n; table <= 40n; table++) await fill(wal.table({ region: 1n, table }), 1);
    const parts = await Promise.all(
      [0, 1, 2].map((index) => wal.consumer('c', { tables: 'all', partition: { index, of: 3 } })),
    );
    const lags = await Promise.all(parts.map((part) => part.lag()));
    expect(lags.reduce((sum, { tables }) => sum + tables, 0)).toBe(40);
    expect(lags.every(({ tables }) => tables > 0)).toBe(true);
    const tables = new Set<bigint>();
    for (const [i, part] of parts.entries()) {
      let left = lags[i]?.tables ?? 0;
      for await (const batch of part) {
        tables.add(batch.table.table);
        if (--left === 0) break;
      }
    }
    expect(tables.size).toBe(40);
    await rejectsWith(
      'SHALE_INVALID_ARGUMENT',
      wal.consumer('c', { tables: wal.table(ID), partition: { index: 0, of: 2 } }),
    );
  });
});

describe('writing what came of a batch', () => {
  test('outputs and position are one write, over the tables of any shards', async () => {
    const path = await temporary();
    {
      const wal = await open({ path });
      const { here, there } = apart(wal);
      const input = wal.table({ region: 1n, table: here });
      const outputs = [wal.table({ region: 1n, table: there }), wal.table('sums')];
      await fill(input, 30);
      const consumer = await wal.consumer('c', { tables: input, ...small });
      for await (const batch of consumer) {
        const sum = [...batch].reduce((total, { payload }) => total + Number(text(payload)), 0);
        const buffer = bytes(String(sum));
        const written = batch.write(
          outputs.map((table) => ({ table, payloads: [buffer] })),
          { state: bytes(`sum ${batch.last}`) },
        );
        buffer.fill(0);
        await written;
        if (batch.last === 30n) break;
      }
      // Nothing else stores it, and the process may end.
      expect(text(consumer.state(input) ?? bytes(''))).toBe('sum 30');
      for (const table of outputs) {
        expect((await all(table.read())).map(({ payload }) => text(payload))).toEqual(['55', '155', '255']);
      }
      expect(await wal.consumers()).toMatchObject([{ lag: 0n, tables: 1 }]);
      await wal.close();
    }
    const wal = await open({ path });
    const input = wal.table({ region: 1n, table: apart(wal).here });
    const consumer = await wal.consumer('c', { tables: input });
    expect(text(consumer.state(input) ?? bytes(''))).toBe('sum 30');
    // The state stays with a position that is stored without one.
    await fill(input, 1, 31);
    (await next(iterate(consumer))).ack();
    await consumer.close();
    const again = await wal.consumer('c', { tables: input });
    expect(text(again.state({ region: 1, table: apart(wal).here }) ?? bytes(''))).toBe('sum 30');
  });

  test('a write that is refused leaves both as they were, and the batch can be written again', async () => {
    const wal = await open();
    const input = wal.table(ID);
    const output = wal.table('out');
    await fill(input, 5);
    const consumer = await wal.consumer('c', { tables: input });
    const batch = await next(iterate(consumer));
    await rejectsWith(
      'SHALE_SEQUENCE_MISMATCH',
      batch.write([{ table: output, payloads: [bytes('x')], expect: 7n }]),
    );
    expect(await consumer.lag()).toEqual({ entries: 5n, tables: 1 });
    await batch.write([{ table: output, payloads: [bytes('x')], expect: 1n }]);
    expect(await consumer.lag()).toEqual({ entries: 0n, tables: 0 });
    await rejectsWith('SHALE_INVALID_ARGUMENT', batch.write([{ table: output, payloads: [bytes('x')] }]));
    expect(await output.lastSequence()).toBe(1n);
  });

  test('a batch is written when those before it are acknowledged, and not after its iteration', async () => {
    const wal = await open();
    const input = wal.table(ID);
    await fill(input, 30);
    const consumer = await wal.consumer('c', { tables: input, ...small, maxUnacked: 100 });
    const batches = iterate(consumer);
    const [one, two] = [await next(batches), await next(batches)];
    await rejectsWith('SHALE_INVALID_ARGUMENT', two.write([]));
    one.ack();
    await two.write([]);
    const three = await next(batches);
    await batches.return?.();
    await rejectsWith('SHALE_FENCED', three.write([]));
    expect((await next(iterate(consumer))).first).toBe(21n);
    await rejectsWith('SHALE_TOO_LARGE', three.write([], { state: new Uint8Array(65 * 1024) }));
  });

  test('threads that die meanwhile are not noticed: each input comes to one output', async () => {
    const wal = await open();
    const { here, there } = apart(wal);
    const input = wal.table({ region: 1n, table: here });
    const output = wal.table({ region: 1n, table: there });
    await fill(input, 200);
    const consumer = await wal.consumer('c', { tables: input, chunkEntries: 2 });
    let kills = 0;
    for await (const batch of consumer) {
      const written = batch.write([{ table: output, payloads: [...batch].map(({ payload }) => payload) }]);
      if (batch.first % 40n === 1n) await endThread(wal, kills++ % 2);
      await written;
      if (batch.last === 200n) break;
    }
    expect(kills).toBe(5);
    expect((await all(output.read())).map(({ payload }) => Number(text(payload)))).toEqual(upTo(200));
  });
});

describe('who may write', () => {
  test('a name that is opened again fences the one before', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await fill(table, 30);
    const old = await wal.consumer('c', { tables: table, ...small });
    const batches = iterate(old);
    const batch = await next(batches);
    const waiting = iterate(await wal.consumer('other', { tables: table, from: 'end' }));
    const now = await wal.consumer('c', { tables: table, ...small });
    batch.ack();
    await rejectsWith('SHALE_FENCED', batch.write([]));
    await rejectsWith('SHALE_FENCED', batches.next());
    await rejectsWith('SHALE_FENCED', old.commit());
    await old.close();
    expect((await next(iterate(now))).first).toBe(1n);
    await waiting.return?.();
  });

  test('openings of a name at the same time leave one that works', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await fill(table, 10);
    const consumers = await Promise.all([1, 2, 3, 4].map(() => wal.consumer('c', { tables: table })));
    const outcomes = await Promise.allSettled(consumers.map((consumer) => next(iterate(consumer))));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
    await consumers[3]?.close();
  });

  test('a consumer that somebody else has moved the position of fails, and writes nothing', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await fill(table, 30);
    const consumer = await wal.consumer('c', { tables: table, ...small });
    const batch = await next(iterate(consumer));
    // As another process would: past this one.
    const engine = behind(wal);
    const stranger = await engine
      .shard(0)
      .request<'consumerOpen'>({ kind: 'consumerOpen', name: 'c', target: { is: 'all' } }, 'fail');
    const { LogPositions } = await import('../dist/consumer/log-positions.js');
    const { Opening } = await import('../dist/consumer/opening.js');
    await new LogPositions(engine, Opening.of(stranger)).store(ID, 3n, {
      sync: false,
      isLate: false,
      isVoid: () => false,
    });
    await rejectsWith('SHALE_FENCED', batch.write([{ table: wal.table('out'), payloads: [bytes('x')] }]));
    await rejectsWith('SHALE_FENCED', consumer.commit());
    expect(await wal.table('out').lastSequence()).toBe(0n);
    expect((await wal.consumers())[0]?.lag).toBe(27n);
  });

  test('a consumer that is dropped is gone, and begins anew', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await fill(table, 3);
    const consumer = await wal.consumer('c', { tables: table });
    await (await next(iterate(consumer))).write([]);
    expect(await wal.dropConsumer('c')).toBe(true);
    await rejectsWith('SHALE_FENCED', consumer.commit());
    expect(await wal.dropConsumer('c')).toBe(false);
    expect(await wal.consumers()).toEqual([]);
    expect((await next(iterate(await wal.consumer('c', { tables: table })))).first).toBe(1n);
  });

  test('a closed consumer refuses, and a read-only WAL has none', async () => {
    const path = await temporary();
    const wal = await open({ path });
    const table = wal.table(ID);
    const consumer = await wal.consumer('c', { tables: table });
    await consumer.close();
    await rejectsWith('SHALE_CLOSED', consumer.commit());
    await rejectsWith('SHALE_CLOSED', consumer.lag());
    expect(await iterate(consumer).next()).toEqual({ done: true, value: undefined });
    const reader = await open({ path, readOnly: true });
    await rejectsWith('SHALE_READ_ONLY', reader.consumer('c', { tables: 'all' }));
    expect(await reader.consumers()).toMatchObject([{ name: 'c', tables: 0 }]);
  });

  test('options are checked', async () => {
    const wal = await open();
    const table = wal.table(ID);
    const other = await open();
    const wrong: unknown[] = [
      {},
      { tables: 'some' },
      { tables: other.table(ID) },
      { tables: other.region(1) },
      { tables: table, maxUnacked: 0 },
      { tables: table, commit: { everyMs: 0 } },
      { tables: table, commit: { everyEntries: 1.5 } },
      { tables: table, commit: { durability: 'fast' } },
      { tables: 'all', from: { after: 1n } },
      { tables: 'all', partition: { index: 2, of: 2 } },
      { tables: table, onTrimmed: 'ignore' },
      { tables: table, later: true },
    ];
    for (const options of wrong) {
      await rejectsWith('SHALE_INVALID_ARGUMENT', wal.consumer('c', options as ConsumerOptions));
    }
    await rejectsWith('SHALE_INVALID_ARGUMENT', wal.consumer('', { tables: table }));
    await rejectsWith('SHALE_TOO_LARGE', wal.consumer('x'.repeat(513), { tables: table }));
    const consumer = await wal.consumer('c', { tables: table });
    iterate(consumer);
    expect(() => iterate(consumer)).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
  });
});

describe('what is not there any more', () => {
  test('entries that were trimmed fail the iteration, until the consumer is moved', async () => {
    const path = await temporary();
    {
      const wal = await open({ path });
      const table = wal.table(ID);
      await fill(table, 30);
      expect(await take(await wal.consumer('c', { tables: table, ...small }), 10)).toEqual(upTo(10));
      await table.trim(20n);
      await wal.close();
    }
    const wal = await open({ path });
    const table = wal.table(ID);
    const consumer = await wal.consumer('c', { tables: table });
    for (let i = 0; i < 2; i++) {
      const failure = await failureOf(next(iterate(consumer)));
      expect(failure).toMatchObject({ code: 'SHALE_TRIMMED', details: { expected: 11n, first: 21n } });
    }
    await consumer.seek(table, 'start');
    expect((await next(iterate(consumer))).first).toBe(21n);
  });

  test.each(['one', 'all'] as const)(
    'or are told as a gap, once, also where nothing is left (%s)',
    async (of) => {
      const path = await temporary();
      const options = (wal: Wal): ConsumerOptions => ({
        tables: of === 'one' ? wal.table(ID) : 'all',
        onTrimmed: 'skip',
        ...small,
      });
      {
        const wal = await open({ path });
        const table = wal.table(ID);
        await fill(table, 30);
        expect(await take(await wal.consumer('c', options(wal)), 10)).toEqual(upTo(10));
        await table.trim(30n);
        await wal.close();
      }
      const wal = await open({ path });
      const consumer = await wal.consumer('c', options(wal));
      const batch = await next(iterate(consumer));
      expect(batch).toMatchObject({ length: 0, gap: { expected: 11n, first: 31n }, last: 30n });
      batch.ack();
      await consumer.close();
      await fill(wal.table(ID), 1, 31);
      expect((await next(iterate(await wal.consumer('c', options(wal))))).first).toBe(31n);
    },
  );

  test.each(['one', 'all'] as const)(
    'a table that is dropped and begins again is consumed from its start (%s)',
    async (of) => {
      const wal = await open();
      const table = wal.table(ID);
      const tables = of === 'one' ? table : wal.region(1);
      await fill(table, 10);
      // While it is open, and when it has not been given anything since it was opened.
      for (const reopens of [false, true]) {
        const name = reopens ? 'reopened' : 'open';
        let consumer = await wal.consumer(name, { tables, onTrimmed: 'skip' });
        let batches = iterate(consumer);
        await (await next(batches)).write([]);
        if (reopens) {
          consumer = await wal.consumer(name, { tables, onTrimmed: 'skip' });
          batches = iterate(consumer);
        }
        await table.drop();
        await fill(table, 3);
        let batch = await next(batches);
        while (batch.length === 0) {
          const parts = [{ table: wal.table('gaps'), payloads: [bytes(name)] }];
          if (!reopens) {
            await batch.write(parts);
            await rejectsWith('SHALE_INVALID_ARGUMENT', batch.write(parts));
          }
          batch = await next(batches);
        }
        expect(batch).toMatchObject({ first: 1n, last: 3n });
        if (reopens) batch.ack();
        else await batch.write([]);
        await consumer.commit();
        const info = (await wal.consumers()).find((each) => each.name === name);
        expect(info).toMatchObject({ tables: 1, lag: 0n });
        expect(await consumer.lag()).toEqual({ entries: 0n, tables: 0 });
        await consumer.close();
      }
    },
  );
});

test('a consumer can be moved within its iteration, and what it had handed out is void', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 20);
  const consumer = await wal.consumer('c', { tables: table, ...small });
  const firsts: bigint[] = [];
  for await (const batch of consumer) {
    firsts.push(batch.first);
    if (firsts.length === 2) await consumer.seek(table, { after: 5n });
    if (firsts.length === 3) await consumer.seek(batch.table, 'end');
    if (firsts.length === 3) await fill(table, 1, 21);
    if (firsts.length === 4) break;
  }
  expect(firsts).toEqual([1n, 11n, 6n, 21n]);
  await rejectsWith('SHALE_AHEAD', consumer.seek(table, { after: 22n }));
  await rejectsWith('SHALE_INVALID_ARGUMENT', consumer.seek(wal.table({ region: 1, table: 2 }), 'start'));
  await rejectsWith('SHALE_NOT_FOUND', consumer.seek(wal.table('nothing'), 'start'));
});

test('the death of every thread, again and again, is not noticed', async () => {
  const wal = await open();
  const tables = Array.from({ length: 6 }, (_, i) => wal.table({ region: 1n, table: BigInt(i) }));
  for (const table of tables) await fill(table, 100);
  const consumer = await wal.consumer('c', { tables: 'all', chunkEntries: 5, commit: { everyEntries: 10 } });
  const seen = new Map<bigint, number[]>();
  let entries = 0;
  for await (const batch of consumer) {
    const list = seen.get(batch.table.table) ?? [];
    seen.set(batch.table.table, list);
    for (const { sequence } of batch) list.push(Number(sequence));
    entries += batch.length;
    if (entries % 100 === 0) await endThread(wal, (entries / 100) % 2);
    if (entries === 600) break;
  }
  for (const list of seen.values()) expect(list).toEqual(upTo(100));
  await consumer.commit();
});

test('positions are stored by themselves, after a time or so many entries', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 30);
  const never = 2 ** 31 - 1;
  const byCount = await wal.consumer('count', {
    tables: table,
    ...small,
    commit: { everyMs: never, everyEntries: 10 },
  });
  const byTime = await wal.consumer('time', { tables: table, ...small, commit: { everyMs: 1 } });
  for (const consumer of [byCount, byTime]) (await next(iterate(consumer))).ack();
  for (;;) {
    const stored = await wal.consumers();
    if (stored.every(({ lag, tables }) => tables === 1 && lag === 20n)) break;
  }
});
