import { type Wal, WalError } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, open, temporary } from './support.js';

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

test('a region opened eagerly knows how far the same table id was trimmed in another one', async () => {
  const path = await temporary();
  const wal = await open({ path, shards: 2 });
  await wal.table({ region: 1, table: 5 }).append(bytes('x'));
  const twin = wal.table({ region: 2, table: 5 });
  await twin.appendBatch(Array.from({ length: 9 }, () => bytes('x')));
  await twin.trim(9n);
  await wal.close();
  const again = await open({ path, shards: 2 });
  await again.region(1).open();
  expect(await again.table({ region: 1, table: 5 }).append(bytes('y'))).toBe(10n);
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
  await Promise.all(ids.map((table) => wal.table({ region: 1, table }).append(bytes('x'))));
  await Promise.all(ids.map((table) => wal.table({ region: 1, table }).trim(1n)));
  await wal.close();
  const again = await open({ path });
  const sizes = taskSizes(again);
  const report = await again.region(1).open();
  expect(report).toMatchObject({ tables: ids.length, entries: BigInt(ids.length), floors: ids.length });
  // No task is long, however many tables there are.
  expect(Math.max(...sizes)).toBeLessThan(5000);
  expect([...report.heads()].map(({ table }) => table)).toEqual(ids);
  expect((await all(again.tables())).length).toBe(ids.length);
  expect((await again.stats()).recoveredTables).toBe(ids.length);
  for (const table of [0n, 2n ** 60n]) {
    expect(await again.table({ region: 1, table }).append(bytes('y'))).toBe(3n);
  }
});

test('where metadata records cannot be read, the region opens, and its tables are recovered one by one', async () => {
  const path = await temporary();
  const before = await open({ path, shards: 1 });
  await before.table({ region: 1, table: 1 }).appendBatch([bytes('a'), bytes('b')]);
  await before.close();
  const wal = await open({ path, shards: 1 });
  const shard = behind(wal).shard(0);
  const request = shard.request.bind(shard);
  shard.request = (async (task: { kind: string }, onLoss: never) => {
    if (task.kind === 'floors') throw new WalError('SHALE_CORRUPT', 'made by the test');
    return await request(task as never, onLoss);
  }) as typeof request;
  const report = await wal.region(1).open();
  expect(report).toMatchObject({ tables: 1, floors: 0, problems: [{ code: 'SHALE_CORRUPT' }] });
  // Without its record it is not known what comes next.
  expect((await wal.stats()).recoveredTables).toBe(0);
  expect(await wal.table({ region: 1, table: 1 }).append(bytes('c'))).toBe(3n);
});

/** How many records the tasks list or take over, each. */
function taskSizes(wal: Wal): number[] {
  const sizes: number[] = [];
  for (const shard of behind(wal).shards) {
    const request = shard.request.bind(shard);
    shard.request = (async (task: { kind: string; heads?: BigUint64Array }, onLoss: never) => {
      const result = await request(task as never, onLoss);
      const { heads, floors } = { ...task, ...Object(result) };
      sizes.push((heads?.length ?? 0) / 3, (floors?.length ?? 0) / 2);
      return result;
    }) as typeof request;
  }
  return sizes;
}
