import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { U64_MAX, WalError } from '@shale/codec';
import { expect, test } from 'vitest';
import { behind, bytes, open, rejectsWith } from './support.js';

async function directoryBytes(path: string, ending = ''): Promise<number> {
  let sum = 0;
  for (const name of await readdir(path)) {
    if (!name.endsWith(ending)) continue;
    sum += (await stat(join(path, name)).catch(() => ({ size: 0 }))).size;
  }
  return sum;
}

async function tableFiles(path: string): Promise<string[]> {
  return (await readdir(path)).filter((name) => name.endsWith('.sst')).sort();
}

/** What does not compress. */
function noise(length: number): Uint8Array {
  return randomBytes(length);
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

// Once, each small trim rewrote what shared files with it, again and again: 134 MB for a kilobyte.
test('what is too little to be worth it is not given back, and no file is written for it', async () => {
  const wal = await open({ durability: 'os' });
  const tables = Array.from({ length: 3 }, (_, table) => wal.table({ region: 1, table }));
  for (const table of tables) await table.appendBatch(Array.from({ length: 200 }, () => noise(10_000)));
  await wal.compact();
  const files = await tableFiles(wal.path);
  for (const upTo of [10n, 20n]) {
    const { runs } = behind(wal).reclaimer.stats;
    await tables[1]?.trim(upTo);
    await expect.poll(() => behind(wal).reclaimer.stats.runs).toBe(runs + 2);
    expect(await tableFiles(wal.path)).toEqual(files);
  }
  expect(behind(wal).reclaimer.stats).toMatchObject({ pending: 1, failures: 0 });
  expect(behind(wal).reclaimer.stats.pendingBytes).toBeGreaterThan(150_000);
  // Together with what is trimmed later it may be.
  await tables[0]?.trim(U64_MAX);
  await tables[1]?.trim(150n);
  await expect.poll(() => tableFiles(wal.path)).not.toEqual(files);
  await expect.poll(() => behind(wal).reclaimer.stats).toMatchObject({ pending: 0 });
});

test('a dropped table gives its space back', async () => {
  const wal = await open({ durability: 'os' });
  const [gone, kept] = [wal.table('gone'), wal.table('kept')];
  await gone.appendBatch(Array.from({ length: 300 }, () => noise(10_000)));
  await kept.appendBatch([bytes('a')]);
  await wal.flush();
  const [file] = await tableFiles(wal.path);
  expect(file).toBeDefined();
  await gone.drop();
  await expect.poll(() => tableFiles(wal.path)).not.toContain(file);
  await expect.poll(() => directoryBytes(wal.path, '.sst')).toBeLessThan(200_000);
  expect(await kept.lastSequence()).toBe(1n);
});

test('a table that was dropped and begun again keeps what it has now', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(Array.from({ length: 100 }, () => noise(10_000)));
  await wal.flush();
  await table.drop();
  await table.appendBatch(Array.from({ length: 3 }, () => noise(10_000)));
  await wal.flush();
  await expect.poll(() => directoryBytes(wal.path, '.sst')).toBeLessThan(200_000);
  expect([await table.firstSequence(), await table.lastSequence()]).toEqual([1n, 3n]);
});

test("with reclaim: 'off' space comes back with reclaim() alone", async () => {
  const wal = await open({ durability: 'os', reclaim: 'off' });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(Array.from({ length: 100 }, () => noise(10_000)));
  await wal.flush();
  const files = await tableFiles(wal.path);
  await table.trim(U64_MAX);
  // Longer than it would take otherwise.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(await tableFiles(wal.path)).toEqual(files);
  await wal.reclaim();
  expect(await tableFiles(wal.path)).not.toContain(files[0]);
});

test.each([
  'on',
  null,
  5,
  { minRatio: 0 },
  { minRatio: 1.5 },
  { minRatio: '1' },
  { maxBytesPerSecond: 1000 },
  { maxBytesPerSecond: Number.NaN },
  { minratio: 0.5 },
])('an option reclaim that is nonsense is refused: %j', async (reclaim) => {
  await rejectsWith('SHALE_INVALID_ARGUMENT', open({ reclaim: reclaim as never }));
});

test('what giving back space has to be worth can be said', async () => {
  const wal = await open({ durability: 'os', reclaim: { minRatio: 0.05, maxBytesPerSecond: 2 ** 30 } });
  expect(wal.options.reclaim).toEqual({ minRatio: 0.05, maxBytesPerSecond: 2 ** 30 });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(Array.from({ length: 200 }, () => noise(10_000)));
  await wal.flush();
  const [file] = await tableFiles(wal.path);
  await table.trim(20n);
  await expect.poll(() => tableFiles(wal.path)).not.toContain(file);
  expect(await table.firstSequence()).toBe(21n);
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
  // Once for whole files, and once for what compactions are worth, which is nothing here.
  await expect.poll(() => behind(wal).reclaimer.stats).toMatchObject({ runs: 2 });
  expect(behind(wal).reclaimer.stats).toMatchObject({ failures: 0 });
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
  expect(behind(wal).reclaimer.stats).toMatchObject({ runs: 1, failures: 0, pending: 1 });
  await wal.resume();
  // Once for whole files, and once for what compactions are worth, which is nothing here.
  await expect.poll(() => behind(wal).reclaimer.stats).toMatchObject({ runs: 2 });
  expect(behind(wal).reclaimer.stats).toMatchObject({ failures: 0 });
  expect(await table.append(bytes('c'))).toBe(3n);
});
