// What operators do with consumers, open or not, in the process and from another one.
import { inspect } from '@shale/engine/admin';
import { expect, test } from 'vitest';
import { fill, iterate, next } from './consuming.js';
import { all, open, rejectsWith, temporary } from './support.js';

const ID = { region: 1n, table: 1n };

test('the positions of a consumer are listed by table, from any table on', async () => {
  const path = await temporary();
  {
    const wal = await open({ path });
    for (const table of ['a', 'b']) await fill(wal.table(table), 10);
    await fill(wal.table(ID), 10);
    const consumer = await wal.consumer('c', { tables: 'all' });
    await consumer.seek(wal.table('a'), { after: 4n });
    await consumer.seek(ID, 'end');
    await consumer.seek(wal.table('b'), 'start');
    await wal.table(ID).trim(10n);
    await wal.close();
  }
  for (const readOnly of [true, false]) {
    const wal = await open({ path, readOnly });
    const positions = await all(wal.consumerPositions('c'));
    expect(positions).toMatchObject([
      { name: 'a', position: 4n, last: 10n, lag: 6n },
      { name: 'b', position: 0n, last: 10n, lag: 10n },
      { name: null, table: ID, position: 10n, last: 10n, lag: 0n },
    ]);
    const [, b] = positions;
    expect(await wal.consumerNames()).toEqual(['c']);
    expect(await all(wal.consumerPositions('c', { from: b?.table ?? ID }))).toEqual(positions.slice(1));
    expect(await all(wal.consumerPositions('c', { from: { region: 9, table: 0 } }))).toEqual([]);
    await rejectsWith('SHALE_NOT_FOUND', all(wal.consumerPositions('nobody')));
    await rejectsWith('SHALE_INVALID_ARGUMENT', all(wal.consumerPositions(7 as unknown as string)));
    await wal.close();
  }
});

test('a consumer that is not open is moved, and goes on there when it is opened', async () => {
  const wal = await open();
  const table = wal.table('orders');
  await fill(table, 10);
  await rejectsWith('SHALE_NOT_FOUND', wal.seekConsumer('c', table, 'end'));
  await (await wal.consumer('c', { tables: table })).close();
  expect(await wal.seekConsumer('c', table, { after: 7n })).toBe(7n);
  await rejectsWith('SHALE_AHEAD', wal.seekConsumer('c', table, { after: 11n }));
  await rejectsWith('SHALE_NOT_FOUND', wal.seekConsumer('c', wal.table('nothing'), 'end'));
  const consumer = await wal.consumer('c', { tables: table });
  expect(await next(iterate(consumer))).toMatchObject({ first: 8n });
});

test('a consumer that is open is moved within its iteration, also from another process', async () => {
  const wal = await open({ inspect: true });
  const table = wal.table('orders');
  await fill(table, 10);
  const consumer = await wal.consumer('c', { tables: wal.region(0), chunkEntries: 5 });
  const batches = iterate(consumer);
  await next(batches);
  expect(await wal.seekConsumer('c', table, 'end')).toBe(10n);
  const waiting = next(batches);
  await using inspection = await inspect(wal.path);
  expect(await inspection.seekConsumer('c', 'orders', { after: 2n })).toBe(2n);
  expect(await waiting).toMatchObject({ first: 3n, last: 7n });
  const id = table.id ?? ID;
  expect(await inspection.seekConsumer('c', id, 'start')).toBe(0n);
  expect(await next(batches)).toMatchObject({ first: 1n });
  await rejectsWith('SHALE_AHEAD', inspection.seekConsumer('c', id, { after: 11 }));
  await rejectsWith('SHALE_NOT_FOUND', inspection.seekConsumer('nobody', id, 'end'));
  await rejectsWith('SHALE_NOT_FOUND', inspection.seekConsumer('c', 'nothing', 'end'));
  await rejectsWith('SHALE_INVALID_ARGUMENT', inspection.seekConsumer('c', id, { last: 3 } as never));
});

test('what is retained is listed and changed from another process', async () => {
  const wal = await open({ inspect: true });
  await using inspection = await inspect(wal.path);
  await inspection.retain('all', { keep: { entries: 9, ageMs: 1000 }, atMost: { entries: 10n } });
  await inspection.retain({ region: 1n }, { atMost: 'disk' });
  await inspection.retain({ region: 1n, table: 2n }, { keep: { bytes: 3n } });
  await inspection.retain({ prefix: 'o.' }, { atMost: { ageMs: 5 } });
  await inspection.retain({ name: 'orders' }, { keep: { entries: 1 } });
  const retentions = await wal.retentions();
  expect(retentions).toEqual([
    { target: 'all', keep: { entries: 9n, ageMs: 1000 }, atMost: { entries: 10n } },
    { target: { region: 1n }, keep: null, atMost: 'disk' },
    { target: { region: 1n, table: 2n }, keep: { bytes: 3n }, atMost: null },
    { target: { prefix: 'o.' }, keep: null, atMost: { ageMs: 5 } },
    { target: { name: 'orders' }, keep: { entries: 1n }, atMost: null },
  ]);
  expect(await inspection.retentions()).toEqual(retentions);
  for (const target of [
    5,
    null,
    'orders',
    {},
    { table: 1n },
    { name: 5 },
    { name: 'x', prefix: 'x' },
    { region: -1n },
  ])
    await rejectsWith('SHALE_INVALID_ARGUMENT', inspection.retain(target as never, null));
  for (const options of [5, {}, undefined, { keep: {} }, { atMost: 'most' }, { keep: 'disk' }])
    await rejectsWith('SHALE_INVALID_ARGUMENT', inspection.retain('all', options as never));
  for (const { target } of retentions) await inspection.retain(target, null);
  expect(await wal.retentions()).toEqual([]);
});

test('consumers are listed, and dropped, from another process', async () => {
  const wal = await open({ inspect: true });
  const tables = Array.from({ length: 1100 }, (_, i) => wal.table({ region: 1n, table: BigInt(i) }));
  await wal.write(tables.map((table) => ({ table, payloads: [Buffer.from('x')] })));
  const consumer = await wal.consumer('c', { tables: 'all', from: 'end' });
  const batches = iterate(consumer);
  const waiting = next(batches);
  await fill(wal.table(ID), 2);
  await using inspection = await inspect(wal.path);
  expect(await inspection.consumers()).toEqual([
    { name: 'c', isOpen: true, epoch: 1n, tables: 1100, behind: 1, overrun: 0, lag: 2n, oldestMs: null },
  ]);
  const positions = await all(inspection.consumerPositions('c'));
  expect(positions).toEqual(await all(wal.consumerPositions('c')));
  expect(positions).toHaveLength(1100);
  await waiting;
  expect(await inspection.dropConsumer('c')).toBe(true);
  await rejectsWith('SHALE_FENCED', batches.next());
  expect(await inspection.dropConsumer('c')).toBe(false);
  expect(await inspection.consumers()).toEqual([]);
  await rejectsWith('SHALE_NOT_FOUND', all(inspection.consumerPositions('c')));
});

test('a consumer that is closing is moved when it is closed', async () => {
  const wal = await open();
  const table = wal.table(ID);
  await fill(table, 10);
  const consumer = await wal.consumer('c', { tables: table, chunkEntries: 5 });
  (await next(iterate(consumer))).ack();
  const closed = consumer.close();
  expect(await wal.seekConsumer('c', table, { after: 1n })).toBe(1n);
  await closed;
  expect(await all(wal.consumerPositions('c'))).toMatchObject([{ position: 1n }]);
});
