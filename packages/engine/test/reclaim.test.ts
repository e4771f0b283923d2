import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { behind, open, rejectsWith } from './support.js';

const ALL = 2n ** 64n - 1n;

async function directoryBytes(path: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(path)) {
    sum += (await stat(join(path, name)).catch(() => ({ size: 0 }))).size;
  }
  return sum;
}

test('reclaim() gives back the space of what was trimmed before it resolves, and tells how much', async () => {
  const wal = await open({ durability: 'os', rocksdb: { spaceReserve: 0 } });
  const [gone, kept] = [wal.table({ region: 1, table: 1 }), wal.table({ region: 1, table: 2 })];
  for (const table of [gone, kept]) {
    await table.appendBatch(Array.from({ length: 300 }, () => new Uint8Array(10_000)));
  }
  await gone.trim(ALL);
  const { bytesBefore, bytesAfter } = await wal.reclaim();
  expect(bytesBefore - bytesAfter).toBeGreaterThan(2_500_000);
  expect(await directoryBytes(wal.path)).toBeLessThan(4_000_000);
  expect(behind(wal).reclaimer.stats).toMatchObject({ pending: 0, failures: 0 });
  expect([await kept.firstSequence(), await gone.lastSequence()]).toEqual([1n, 300n]);
});

test('reclaim() takes turns with others of its kind, and with nothing trimmed it does nothing', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  await table.append(new Uint8Array(10));
  await table.trim(ALL);
  await Promise.all([wal.reclaim(), wal.reclaim(), wal.reclaim()]);
  expect(behind(wal).reclaimer.stats).toEqual({ runs: 3, failures: 0, pending: 0, pendingBytes: 0 });
});

test('what a failed reclaim() could not give back stays to be done', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  await table.append(new Uint8Array(10));
  await table.trim(ALL);
  const { shards, reclaimer } = behind(wal);
  const requests = shards.map((shard) => shard.request);
  for (const shard of shards) shard.request = () => Promise.reject(new Error('not now'));
  await expect(wal.reclaim()).rejects.toThrow('not now');
  expect(reclaimer.stats).toMatchObject({ runs: 0, failures: 1, pending: 1 });
  shards.forEach((shard, index) => {
    shard.request = requests[index] ?? shard.request;
  });
  await wal.reclaim();
  expect(reclaimer.stats).toMatchObject({ runs: 1, failures: 1, pending: 0 });
});

test('reclaim() is refused by a closed Wal and by one that was opened to look', async () => {
  const wal = await open();
  await wal.table({ region: 1, table: 1 }).append(new Uint8Array(1));
  const looking = await open({ path: wal.path, readOnly: true });
  await rejectsWith('SHALE_READ_ONLY', looking.reclaim());
  await wal.close();
  await rejectsWith('SHALE_CLOSED', wal.reclaim());
});
