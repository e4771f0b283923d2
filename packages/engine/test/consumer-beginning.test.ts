import { expect, test } from 'vitest';
import { fill, iterate, next } from './consuming.js';
import { failFrames } from './failing-frames.js';
import { open, rejectsWith, temporary } from './support.js';

const ID = { region: 1n, table: 1n };

test('the end is kept for every part, whichever is opened first and however late the others are', async () => {
  const wal = await open();
  const tables = Array.from({ length: 20 }, (_, i) => wal.table({ region: 1n, table: BigInt(i) }));
  for (const table of tables) await fill(table, 3);
  const options = (index: number) =>
    ({ tables: wal.region(1n), from: 'end', partition: { index, of: 2 } }) as const;
  const one = await wal.consumer('c', options(0));
  for (const table of tables) await fill(table, 2, 4);
  await fill(wal.table({ region: 1n, table: 99n }), 1);
  const other = await wal.consumer('c', options(1));
  const lags = await Promise.all([one.lag(), other.lag()]);
  expect(lags.map(({ tables }) => tables).reduce((sum, count) => sum + count)).toBe(21);
  expect(lags.map(({ entries }) => entries).reduce((sum, count) => sum + count)).toBe(41n);
});

test('an opening that could not keep its beginning counts as none', async () => {
  const wal = await open({ shards: 1 });
  for (const table of [1n, 2n, 3n]) await fill(wal.table({ region: 1n, table }), 3);
  const options = { tables: 'all', from: 'end' } as const;
  const restore = failFrames(wal, 0, 'SHALE_NO_SPACE');
  await rejectsWith('SHALE_NO_SPACE', wal.consumer('c', options));
  restore();
  await wal.resume();
  expect(await wal.consumers()).toMatchObject([{ name: 'c', isOpen: false, epoch: 0n }]);
  const consumer = await wal.consumer('c', options);
  expect(await consumer.lag()).toEqual({ entries: 0n, tables: 0 });
  await fill(wal.table({ region: 1n, table: 2n }), 1, 4);
  expect(await next(iterate(consumer))).toMatchObject({ first: 4n, last: 4n });
});

test.each(['a name', 'numbers'] as const)(
  'from the end of a table without entries, the first one that it gets is not passed over (%s)',
  async (how) => {
    const which = how === 'a name' ? 'later' : ID;
    const path = await temporary();
    {
      const wal = await open({ path });
      await (await wal.consumer('c', { tables: wal.table(which), from: 'end' })).close();
      await fill(wal.table(which), 5);
      await wal.close();
    }
    const wal = await open({ path });
    const consumer = await wal.consumer('c', { tables: wal.table(which), from: 'end' });
    expect(await next(iterate(consumer))).toMatchObject({ first: 1n, last: 5n });
  },
);
