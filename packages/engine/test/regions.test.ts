import { expect, test } from 'vitest';
import { all, bytes, open, temporary } from './support.js';

test('a scan is ordered by table and sequence over all shards, and sees nothing that comes later', async () => {
  const wal = await open({ shards: 4 });
  const expected: string[] = [];
  for (let table = 0; table < 40; table++) {
    await wal
      .table({ region: 5, table })
      .appendBatch(Array.from({ length: 1 + (table % 7) }, () => bytes('x')));
    for (let sequence = 1; sequence <= 1 + (table % 7); sequence++) expected.push(`${table}/${sequence}`);
  }
  await wal.table({ region: 4, table: 1 }).append(bytes('other'));
  await wal.table({ region: 6, table: 1 }).append(bytes('other'));
  const seen: string[] = [];
  for await (const { table, sequence } of wal.region(5).scan({ chunkBytes: 1024 })) {
    seen.push(`${table}/${sequence}`);
    if (seen.length === 3) {
      await wal.table({ region: 5, table: 39 }).append(bytes('later'));
      await wal.table({ region: 5, table: 38 }).trim(1n);
    }
  }
  expect(seen).toEqual(expected);
});

test('a region opened eagerly reports every table, and the shards give out the right sequences', async () => {
  const path = await temporary();
  const wal = await open({ path, shards: 3 });
  const tables = [0n, 1n, 2n, 3n, 1000n, 1001n, 2n ** 40n, 2n ** 64n - 1n];
  for (const [i, table] of tables.entries()) {
    await wal.table({ region: 7, table }).appendBatch(Array.from({ length: i + 1 }, () => bytes('x')));
  }
  await wal.table({ region: 7, table: 3 }).trim(2n);
  await wal.table({ region: 7, table: 1000 }).trim(2n ** 64n - 1n);
  await wal.close();

  const again = await open({ path, shards: 2 });
  const report = await again.region(7).open();
  const heads = [...report.heads()];
  expect(heads).toEqual([
    { table: 0n, first: 1n, last: 1n },
    { table: 1n, first: 1n, last: 2n },
    { table: 2n, first: 1n, last: 3n },
    { table: 3n, first: 3n, last: 4n },
    { table: 1001n, first: 1n, last: 6n },
    { table: 2n ** 40n, first: 1n, last: 7n },
    { table: 2n ** 64n - 1n, first: 1n, last: 8n },
  ]);
  expect(report).toMatchObject({
    region: 7n,
    tables: 7,
    entries: 29n,
    floors: 2,
    bounds: { firstTable: 0n, lastTable: 2n ** 64n - 1n },
    problems: [],
  });
  expect((await again.stats()).recoveredTables).toBe(7);
  for (const [i, table] of tables.entries()) {
    expect(await again.table({ region: 7, table }).append(bytes('y'))).toBe(BigInt(i + 2));
  }
});

test('opening a region does not disturb tables that are being written', async () => {
  const wal = await open({ shards: 2, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  const appends: Promise<bigint>[] = [];
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 20; j++) appends.push(table.append(bytes('x')));
    await wal.region(1).open();
  }
  expect(await Promise.all(appends)).toEqual(appends.map((_, i) => BigInt(i + 1)));
});

test('a region that was never written opens as empty', async () => {
  const wal = await open();
  expect(await wal.region(9).open()).toMatchObject({ tables: 0, entries: 0n, bounds: null });
  expect(await all(wal.region(9).scan())).toEqual([]);
});

test('many tables are recovered by many pages, however unevenly their ids are spread', async () => {
  const path = await temporary();
  const wal = await open({ path, durability: 'os' });
  const ids = Array.from({ length: 9999 }, (_, i) => BigInt(i * 3));
  ids.push(2n ** 60n);
  await Promise.all(ids.map((table) => wal.table({ region: 1, table }).append(bytes('x'))));
  await wal.close();
  const again = await open({ path });
  const report = await again.region(1).open();
  expect(report).toMatchObject({ tables: ids.length, entries: BigInt(ids.length) });
  expect([...report.heads()].map(({ table }) => table)).toEqual(ids);
  expect((await all(again.tables())).length).toBe(ids.length);
});
