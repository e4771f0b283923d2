import { join } from 'node:path';
import { msgpackCodec, openWal } from '@shale/engine';
import { expect, expectTypeOf, test } from 'vitest';
import { temporary } from './support.js';

interface Row {
  readonly host: string;
  readonly value: number;
}

test('the API as the architecture shows it', async () => {
  const directory = await temporary();
  const wal = await openWal(join(directory, 'data'), {
    shards: 2,
    shardBy: 'table',
    instance: 0,
    durability: 'sync',
    create: true,
    readOnly: false,
    maxInFlightBytes: 1024 * 1024,
    maxQueuedAppends: 100,
    rocksdb: { writeBufferSize: 8 * 1024 * 1024 },
  });
  const payload = new Uint8Array([1, 2, 3]);
  const payloads = [payload, payload];
  const { signal } = new AbortController();

  const table = wal.table({ region: 1n, table: 42n });
  const named = wal.table('cpu.host1');
  const typed = wal.table<Row>('rows', { codec: msgpackCodec() });
  const sequence = await table.append(payload, { durability: 'os', expect: 1n, signal });
  expectTypeOf(sequence).toEqualTypeOf<bigint>();
  const { first, last } = await table.appendBatch(payloads, { durability: 'sync' });
  expect([sequence, first, last]).toEqual([1n, 2n, 3n]);
  expect(await named.append(payload)).toBe(1n);
  expect(await typed.append({ host: 'a', value: 1 })).toBe(1n);
  // @ts-expect-error a row is no bytes
  await typed.append({ host: 'a' }).catch(() => undefined);
  const [one] = await wal.write([{ table, payloads }], { durability: 'os' });
  expectTypeOf(one).toEqualTypeOf<{ readonly first: bigint; readonly last: bigint }>();
  for await (const entry of table.read({ gte: 1n, lt: 3n, limit: 10 })) {
    expectTypeOf(entry.payload).toEqualTypeOf<Uint8Array>();
    expect(entry.payload).toEqual(payload);
  }
  for await (const entry of typed.read()) expectTypeOf(entry.payload).toEqualTypeOf<Row>();
  let entries = 0;
  for await (const chunk of table.read({ gt: 1n, lte: 3n }).chunks()) {
    expect(chunk.first).toBe(2n);
    for (let i = 0; i < chunk.length; i++) if (chunk.at(i).sequence > 0n) entries++;
  }
  expect(entries).toBe(2);
  await table.trim(2n);
  expect([await table.firstSequence(), await table.lastSequence()]).toEqual([3n, 5n]);
  expect(await wal.region(1n).open()).toMatchObject({ tables: 1, entries: 3n });
  for await (const { table: id, sequence: at } of wal.region(1n).scan())
    expect([id, at > 2n]).toEqual([42n, true]);
  for await (const info of wal.tables()) expectTypeOf(info.name).toEqualTypeOf<string | undefined>();
  await wal.sync();
  expect((await wal.stats()).shards).toHaveLength(2);
  await wal.checkpoint(join(directory, 'copy'));
  await wal.close();

  await using copy = await openWal(join(directory, 'copy'));
  expect(await copy.table('rows').lastSequence()).toBeGreaterThan(0n);
});
