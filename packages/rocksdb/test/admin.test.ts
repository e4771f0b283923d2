import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tableRange, tableRangeUpTo } from '@shale/codec';
import { type Database, listBackups, removeBackup } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { readRange, verifyTable, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

const id = { region: 1n, table: 1n };
const everything = { lower: Uint8Array.of(0), upper: Uint8Array.of(255) };

function tableBytes(database: Database): number {
  return database.liveFiles().reduce((total, file) => total + file.size, 0);
}

test('flush makes a table file, and liveFiles describes it', async () => {
  const database = await temporaryDatabase();
  expect(database.liveFiles()).toEqual([]);
  writeRuns(database, [{ id, first: 1n, count: 100 }]);
  await database.flush();
  const [file] = database.liveFiles();
  expect(file).toMatchObject({ level: 0, entries: 100, deletions: 0 });
  expect(file?.smallest).toEqual(database.ends(everything.lower, everything.upper).first);
  expect(file?.largest).toEqual(database.ends(everything.lower, everything.upper).last);
  expect(readdirSync(database.path)).toContain(file?.name);
});

test('compactRange moves everything to one level and forgets what was deleted', async () => {
  const database = await temporaryDatabase();
  for (let i = 0; i < 3; i++) {
    writeRuns(database, [{ id, first: 1n + BigInt(i) * 1000n, count: 1000 }]);
    await database.flush();
  }
  const before = tableBytes(database);
  const { lower, upper } = tableRangeUpTo(0, id, 2500n);
  database.drop(lower, upper, Uint8Array.of(0), { sync: false });
  await database.compactRange(undefined, undefined, { bottommost: 'force' });
  const files = database.liveFiles();
  expect(new Set(files.map((file) => file.level)).size).toBe(1);
  expect(files[0]?.level).toBeGreaterThan(0);
  expect(tableBytes(database)).toBeLessThan(before / 2);
  verifyTable(database, id, 2501n, 3000n);
});

test('compactRange takes either bound, and refuses bounds in the wrong order', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 100 }]);
  await database.compactRange(everything.lower);
  await database.compactRange(undefined, everything.upper);
  await expect(database.compactRange(everything.upper, everything.lower)).rejects.toThrow(RangeError);
  await expect(database.compactRange(undefined, undefined, { bottommost: 'top' as 'skip' })).rejects.toThrow(
    RangeError,
  );
  verifyTable(database, id, 1n, 100n);
});

test('approximateSizes tells about how many bytes of table files ranges take, and with what is in memory if asked to', async () => {
  const database = await temporaryDatabase();
  const key = (table: number, entry: number): Uint8Array =>
    Buffer.from(`${table}-${String(entry).padStart(6, '0')}`);
  const fill = (table: number): void => {
    for (let entry = 0; entry < 200; entry++)
      database.put(key(table, entry), randomBytes(5000), { sync: false });
  };
  fill(1);
  expect([...(await database.approximateSizes([[key(1, 0), key(2, 0)]]))]).toEqual([0]);
  await database.flush();
  fill(2);
  const sizes = await database.approximateSizes([
    [key(1, 0), key(2, 0)],
    [key(1, 50), key(1, 100)],
    [key(1, 50), key(1, 50)],
    [key(2, 0), key(3, 0)],
  ]);
  const near = (bytes: number): unknown =>
    expect.toSatisfy((size: number) => Math.abs(size - bytes) < 20_000, `about ${bytes}`);
  expect([...sizes]).toEqual([near(1_000_000), near(250_000), 0, 0]);
  const both = await database.approximateSizes([[key(1, 0), key(3, 0)]], { memory: true });
  expect([...both]).toEqual([near(2_000_000)]);
  expect([...(await database.approximateSizes([]))]).toEqual([]);
});

test('approximateSizes refuses what is no list of ranges, and more than it takes', async () => {
  const database = await temporaryDatabase();
  const a = Buffer.from('a');
  const b = Buffer.from('b');
  for (const ranges of [null, [a], [[b, a]], [[a, 1]], Array.from({ length: 65_537 }, () => [a, b])]) {
    await expect(database.approximateSizes(ranges as never)).rejects.toThrow(/ranges|upper/);
  }
});

test('deleteFilesInRanges gives the space of whole files back at once, and only in the ranges', async () => {
  const database = await temporaryDatabase({ targetFileSizeBase: 64 * 1024, writeBufferSize: 1 << 20 });
  for (let i = 0n; i < 10n; i++) {
    writeRuns(database, [{ id, first: 1n + i * 2000n, count: 2000 }]);
  }
  await database.flush();
  await database.compactRange(undefined, undefined, { bottommost: 'force' });
  const before = database.liveFiles().length;
  expect(before).toBeGreaterThan(5);
  const { lower, upper } = tableRangeUpTo(0, id, 15_000n);
  database.drop(lower, upper, Uint8Array.of(0), { sync: false });
  await database.deleteFilesInRanges([
    [lower, upper],
    [upper, upper],
  ]);
  expect(database.liveFiles().length).toBeLessThan(before / 2);
  verifyTable(database, id, 15_001n, 20_000n);
  await database.deleteFilesInRanges([]);
});

test.each([null, 7, [7], [[Uint8Array.of(1)]], [[Uint8Array.of(2), Uint8Array.of(1)]], [['a', 'b']]])(
  'deleteFilesInRanges refuses ranges that are none: %j',
  async (ranges) => {
    const database = await temporaryDatabase();
    // A JavaScript caller may pass anything.
    await expect(database.deleteFilesInRanges(ranges as never)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_/),
    });
  },
);

test('a checkpoint is a database of its own, while writes go on', async () => {
  const database = await temporaryDatabase();
  const target = join(temporaryFolder(), 'copy');
  writeRuns(database, [{ id, first: 1n, count: 1000 }]);
  const copying = database.checkpoint(target);
  for (let i = 0n; i < 50n; i++) writeRuns(database, [{ id, first: 1001n + i * 10n, count: 10 }]);
  await copying;
  writeRuns(database, [{ id, first: 1501n, count: 10 }]);
  const copy = await temporaryDatabase({}, target);
  const copied = BigInt(readRange(copy, everything, { chunkBytes: 1 << 20 }).length);
  expect(copied).toBeGreaterThanOrEqual(1000n);
  verifyTable(copy, id, 1n, copied);
  verifyTable(database, id, 1n, 1510n);
  await expect(database.checkpoint(target)).rejects.toMatchObject({ code: 'ROCKSDB_INVALID_ARGUMENT' });
});

test('syncWal and resume succeed on a healthy database', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 10 }]);
  await Promise.all([database.syncWal(), database.syncWal(), database.resume()]);
  verifyTable(database, id, 1n, 10n);
});

test('properties, sizes and sequence numbers', async () => {
  const database = await temporaryDatabase();
  const before = database.latestSequence();
  writeRuns(database, [{ id, first: 1n, count: 1000 }]);
  expect(database.latestSequence()).toBe(before + 1000n);
  expect(database.property('rocksdb.stats')).toContain('Compaction Stats');
  expect(database.property('rocksdb.no-such')).toBeNull();
  expect(database.intProperty('rocksdb.estimate-num-keys')).toBe(1000n);
  expect(database.intProperty('no such')).toBeNull();
  const { lower, upper } = tableRange(0, id);
  await database.flush();
  expect(database.approximateSize(lower, upper)).toBeGreaterThan(10_000);
  expect(database.approximateSize(lower, lower)).toBe(0);
});

test('FIFO compaction deletes the oldest files', async () => {
  const limit = 256 * 1024;
  const database = await temporaryDatabase({ fifoCompactionMaxTableFilesSize: limit });
  for (let i = 0n; i < 20n; i++) {
    writeRuns(database, [{ id, first: 1n + i * 1000n, count: 1000 }]);
    await database.flush();
  }
  await database.compactRange();
  expect(tableBytes(database)).toBeLessThan(limit * 2);
  const entries = readRange(database, everything, { chunkBytes: 1 << 20 });
  expect(entries.at(-1)?.sequence).toBe(20_000n);
  expect(entries[0]?.sequence).toBeGreaterThan(1n);
});

test('two hundred calls at once all come back', async () => {
  const database = await temporaryDatabase();
  const calls = Array.from({ length: 200 }, (_, i) => {
    writeRuns(database, [{ id, first: 1n + BigInt(i) * 5n, count: 5 }]);
    return i % 2 === 0 ? database.syncWal() : database.flush();
  });
  await Promise.all(calls);
  verifyTable(database, id, 1n, 1000n);
  expect(existsSync(database.path)).toBe(true);
});

test('a backup is not removed in place of another one with its id, and the error names the directory', async () => {
  const database = await temporaryDatabase();
  const directory = join(temporaryFolder(), 'backups');
  const made = await database.createBackup(directory, { metadata: 'mine' });
  const another = { seconds: made.seconds, metadata: 'another' };
  await expect(removeBackup(directory, made.id, another)).rejects.toMatchObject({
    code: 'ROCKSDB_NOT_FOUND',
    path: directory,
    severity: 'none',
  });
  expect((await listBackups(directory)).backups).toHaveLength(1);
  await removeBackup(directory, made.id, made);
  expect((await listBackups(directory)).backups).toEqual([]);
});
