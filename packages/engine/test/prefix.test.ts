// Follows and consumers of the tables whose names begin alike.
import { expect, test } from 'vitest';
import { fill, iterate, next } from './consuming.js';
import { behind, bytes, open, rejectsWith, temporary, text } from './support.js';

test('a follow with a prefix gives the tables of such names, those that come later too, and no other', async () => {
  const wal = await open();
  await wal.table('orders.a').append(bytes('orders.a 1'));
  await wal.table('invoices').append(bytes('no'));
  await wal.table({ region: 0n, table: 5n }).append(bytes('no'));
  await wal.table({ region: 3n, table: 2n ** 63n + 1n }).append(bytes('no'));
  await using follow = wal.follow({ prefix: 'orders.' });
  const entries = follow[Symbol.asyncIterator]();
  const seen: string[] = [];
  const take = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) seen.push(text((await entries.next()).value?.payload ?? bytes('end')));
  };
  await take(1);
  for (let round = 0; round < 3; round++) {
    await Promise.all([
      wal.table(`other.${round}`).append(bytes('no')),
      wal.table(`orders.${round}`).append(bytes(`orders.${round} 1`)),
      wal.table('orders.a').append(bytes(`orders.a ${round + 2}`)),
      wal.table('orders').append(bytes('no')),
      wal.table({ region: 0n, table: BigInt(round) }).append(bytes('no')),
    ]);
    await take(2);
  }
  await wal.table('orders.a').append(bytes('last'));
  await take(1);
  expect(seen.toSorted()).toEqual(
    [1, 2, 3, 4]
      .map((i) => `orders.a ${i}`)
      .concat(
        [0, 1, 2].map((i) => `orders.${i} 1`),
        'last',
      )
      .toSorted(),
  );
  // Of the others nothing is kept.
  expect(behind(wal).follows.size).toBe(4);
});

test('a follow from the end begins behind what there is of such names', async () => {
  const wal = await open();
  for (const name of ['orders.a', 'orders.b', 'other']) await fill(wal.table(name), 3);
  await using follow = wal.follow({ prefix: 'orders.', from: 'end' });
  await follow.ready;
  await wal.table('other').append(bytes('no'));
  await wal.table('orders.c').append(bytes('c'));
  await wal.table('orders.b').append(bytes('b'));
  const entries = follow[Symbol.asyncIterator]();
  const got = [(await entries.next()).value, (await entries.next()).value];
  expect(got.map((entry) => `${text(entry?.payload ?? bytes(''))} ${entry?.sequence}`).toSorted()).toEqual([
    'b 4',
    'c 1',
  ]);
});

test('a consumer with a prefix has its place in the tables of such names, over parts and openings', async () => {
  const path = await temporary();
  const options = (index: number) =>
    ({ tables: { prefix: 'orders.' }, partition: { index, of: 2 }, from: 'end' }) as const;
  {
    const wal = await open({ path });
    for (const name of ['orders.a', 'other', 'orders.b']) await fill(wal.table(name), 3);
    await (await wal.consumer('c', options(0))).close();
    for (const name of ['orders.a', 'other', 'orders.b', 'orders.c', 'later']) await fill(wal.table(name), 2);
    expect(await wal.consumers()).toMatchObject([{ tables: 2, lag: 4n }]);
    await wal.close();
  }
  const wal = await open({ path });
  const parts = await Promise.all([0, 1].map((index) => wal.consumer('c', options(index))));
  const lags = await Promise.all(parts.map((part) => part.lag()));
  expect(lags.reduce((sum, { entries }) => sum + entries, 0n)).toBe(6n);
  await rejectsWith(
    'SHALE_INVALID_ARGUMENT',
    parts[0]?.seek(wal.table('other'), 'start') ?? Promise.resolve(),
  );
  await wal.seekConsumer('c', wal.table('orders.a'), 'start');
  await fill(wal.table('orders.d'), 1);
  const all = await wal.consumer('c', { tables: { prefix: 'orders.' } });
  const batches = iterate(all);
  const seen = new Map<string | null, bigint>();
  for (let entries = 0; entries < 10; ) {
    const batch = await next(batches);
    entries += batch.length;
    seen.set(batch.name, batch.first);
  }
  expect([...seen].toSorted()).toEqual([
    ['orders.a', 1n],
    ['orders.b', 4n],
    ['orders.c', 1n],
    ['orders.d', 1n],
  ]);
});

test('what is no prefix is refused', async () => {
  const wal = await open();
  for (const prefix of ['', 7, null, '\ud800', {}])
    expect(() => wal.follow({ prefix: prefix as string })).toThrow(
      expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }),
    );
  expect(() => wal.follow({ prefix: 'é'.repeat(257) })).toThrow(
    expect.objectContaining({ code: 'SHALE_TOO_LARGE' }),
  );
  expect(() => wal.region(0).follow({ prefix: 'a' } as never)).toThrow(
    expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }),
  );
  for (const tables of [{}, { prefix: '' }, { prefix: 'a', more: 1 }, [], null])
    await rejectsWith('SHALE_INVALID_ARGUMENT', wal.consumer('c', { tables: tables as never }));
});
