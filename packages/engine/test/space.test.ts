import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WalError } from '@shale/codec';
import { expect, test } from 'vitest';
import { behind, bytes, open } from './support.js';

async function directoryBytes(path: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(path)) {
    sum += (await stat(join(path, name)).catch(() => ({ size: 0 }))).size;
  }
  return sum;
}

test('what is trimmed gives its space back without further writes', async () => {
  const wal = await open({ durability: 'os' });
  const fresh = await directoryBytes(wal.path);
  const tables = Array.from({ length: 10 }, (_, table) => wal.table({ region: 1, table }));
  const payload = new Uint8Array(10_000).map((_, i) => (i * 7919) % 256);
  for (let i = 0; i < 20; i++) {
    await Promise.all(tables.map((table) => table.appendBatch(Array.from({ length: 10 }, () => payload))));
  }
  await wal.flush();
  expect(await directoryBytes(wal.path)).toBeGreaterThan(fresh + 10_000_000);
  await Promise.all(tables.map((table) => table.trim(2n ** 64n - 1n)));
  // In the background: soon the files that hold nothing else, and what is left when nothing has happened for a while.
  await expect.poll(() => behind(wal).reclaimer.stats).toMatchObject({ pending: 0 });
  expect(behind(wal).reclaimer.stats).toMatchObject({ failures: 0 });
  await expect.poll(() => directoryBytes(wal.path)).toBeLessThan(fresh + 3_000_000);
  for (const table of tables) expect(await table.append(bytes('x'))).toBe(201n);
});

test('closing does not wait for space to be given back', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('x'));
  await table.trim(1n);
  expect(behind(wal).reclaimer.stats.pending).toBe(1);
  await wal.close();
  expect(behind(wal).reclaimer.stats).toMatchObject({ runs: 0, pending: 0 });
});

test('dropping a table that was trimmed does not hinder giving space back to others', async () => {
  const wal = await open();
  const gone = wal.table({ region: 1, table: 1 });
  const kept = wal.table({ region: 1, table: 2 });
  for (const table of [gone, kept]) {
    await table.appendBatch([bytes('a'), bytes('b')]);
    await table.trim(1n);
  }
  await gone.drop();
  await expect.poll(() => behind(wal).reclaimer.stats).toMatchObject({ pending: 0 });
  expect(behind(wal).reclaimer.stats).toMatchObject({ failures: 0, runs: 2 });
  expect(await gone.append(bytes('new'))).toBe(1n);
  expect(await kept.firstSequence()).toBe(2n);
});

// A reclaim that came due while the disk was full flushed, which made a full disk one that resume() could not leave.
test('on a full disk whole files are given back, and compaction waits for resume()', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch([bytes('a'), bytes('b')]);
  await table.trim(1n);
  behind(wal).health.notice(new WalError('SHALE_NO_SPACE', 'made by the test'));
  await expect.poll(() => behind(wal).reclaimer.stats).toMatchObject({ runs: 1 });
  // Longer than the second kind of reclaim waits: had it not been held back, it would have come by now.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(behind(wal).reclaimer.stats).toEqual({ runs: 1, failures: 0, pending: 1 });
  await wal.resume();
  await expect.poll(() => behind(wal).reclaimer.stats).toMatchObject({ pending: 0 });
  expect(behind(wal).reclaimer.stats).toMatchObject({ failures: 0, runs: 2 });
  expect(await table.append(bytes('c'))).toBe(3n);
});
