import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ConsumerEvent, Wal } from '@shale/engine';
import { expect, onTestFinished, test } from 'vitest';
import { fill, iterate, next } from './consuming.js';
import { open, rejectsWith } from './support.js';

const ID = { region: 1n, table: 1n };

/** What the channel tells from now on of a WAL. */
function heard(wal: Wal): ConsumerEvent[] {
  const events: ConsumerEvent[] = [];
  const hear = (message: unknown): void => {
    const event = message as ConsumerEvent;
    if (event.path === wal.path) events.push(event);
  };
  subscribe('shale:consumer', hear);
  onTestFinished(() => void unsubscribe('shale:consumer', hear));
  return events;
}

test('metrics tell of each consumer that is open how far it is behind, and what it has handed out', async () => {
  const wal = await open();
  expect(wal.metrics()).toMatchObject({ consumers: [], fencedConsumers: 0, busyWriters: 0 });
  for (const table of [1n, 2n, 3n]) await fill(wal.table({ region: 1n, table }), 10);
  const consumer = await wal.consumer('c', { tables: wal.region(1n), chunkEntries: 5 });
  const told = { name: 'c', partition: null, tables: 3, gaps: 0 };
  expect(wal.metrics().consumers).toEqual([{ ...told, behind: 3, lag: 30n, unacked: 0 }]);
  // It is no writer.
  expect(wal.metrics().busyWriters).toBe(0);
  const batches = iterate(consumer);
  const batch = await next(batches);
  expect(wal.metrics().consumers).toEqual([{ ...told, behind: 3, lag: 30n, unacked: 5 }]);
  batch.ack(batch.last - 1n);
  expect(wal.metrics().consumers).toEqual([{ ...told, behind: 3, lag: 26n, unacked: 1 }]);
  const { lag, behind } = wal.metrics().consumers[0] ?? {};
  expect(await consumer.lag()).toEqual({ entries: lag, tables: behind });
  await batches.return?.();
  expect(wal.metrics().consumers).toMatchObject([{ tables: 0, behind: null, lag: null }]);
  await consumer.close();
  expect(wal.metrics().consumers).toEqual([]);
});

test('of many tables the lag is looked at in steps, and told when it is known', async () => {
  const wal = await open({ shards: 1 });
  const tables = Array.from({ length: 2500 }, (_, i) => wal.table({ region: 1n, table: BigInt(i) }));
  await wal.write(tables.map((table) => ({ table, payloads: [Buffer.from('x'), Buffer.from('y')] })));
  await wal.consumer('c', { tables: 'all' });
  const [first] = wal.metrics().consumers;
  expect(first).toMatchObject({ tables: 2500, behind: null, lag: null });
  for (;;) {
    const [told] = wal.metrics().consumers;
    if (told?.lag === 5000n && told.behind === 2500) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await wal.table({ region: 2n, table: 1n }).append(Buffer.from('z'));
  for (;;) {
    if (wal.metrics().consumers[0]?.lag === 5001n) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('the channel tells what becomes of consumers: opened, fenced, a gap, closed', async () => {
  const wal = await open();
  const events = heard(wal);
  const table = wal.table(ID);
  await fill(table, 10);
  const place = { path: wal.path, instance: 0, name: 'c', partition: null };
  const options = { tables: table, onTrimmed: 'skip', chunkEntries: 2 } as const;
  const first = await wal.consumer('c', options);
  await rejectsWith('SHALE_AHEAD', wal.consumer('d', { tables: table, from: { after: 99 } }));
  const second = await wal.consumer('c', options);
  const batches = iterate(second);
  (await next(batches)).ack(2n);
  // What it has read ahead goes with the iteration.
  await batches.return?.();
  await table.trim(4n);
  expect((await next(iterate(second))).gap).toEqual({ expected: 3n, first: 5n });
  expect(wal.metrics()).toMatchObject({ consumers: [{ gaps: 1 }], fencedConsumers: 1 });
  await first.close();
  await second.close();
  const third = await wal.consumer('c', { tables: table });
  await wal.dropConsumer('c');
  await third.close();
  await wal.consumer('c', { tables: 'all', partition: { index: 0, of: 2 } });
  await wal.close();
  expect(events).toEqual([
    { ...place, type: 'opened' },
    { ...place, type: 'fenced', error: expect.objectContaining({ code: 'SHALE_FENCED' }) },
    { ...place, type: 'opened' },
    { ...place, type: 'gap', table: ID, expected: 3n, first: 5n },
    { ...place, type: 'closed' },
    { ...place, type: 'opened' },
    { ...place, type: 'fenced', error: expect.objectContaining({ code: 'SHALE_FENCED' }) },
    { ...place, partition: { index: 0, of: 2 }, type: 'opened' },
    { ...place, partition: { index: 0, of: 2 }, type: 'closed' },
  ]);
});
