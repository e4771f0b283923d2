import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeyRange, tableRangeUpTo, U64_MAX } from '@shale/codec';
import { attachDatabase, checkTableFile } from '@shale/rocksdb';
import type { Log } from '@shale/storage';
import { expect, test } from 'vitest';
import { fill, fresh, open, payloads, plant, plantEntry, rejectsWith, sequences } from './support.js';

const id = { region: 1n, table: 7n };

/** A file that RocksDB removes meanwhile counts for nothing. */
async function bytesOf(directory: string): Promise<number> {
  const names = await readdir(directory);
  const files = await Promise.allSettled(names.map((name) => stat(join(directory, name))));
  return files.reduce((bytes, file) => bytes + (file.status === 'fulfilled' ? file.value.size : 0), 0);
}

test('a trim returns what is left and the range to reclaim', async () => {
  const log = await fresh();
  fill(log, id, 10);
  expect(log.trim(id, 4n)).toEqual({ trimmed: 5n, last: 10n, range: tableRangeUpTo(0, id, 4n) });
  expect(log.trim(id, 4n)).toEqual({ trimmed: 5n, last: 10n, range: null });
  expect(log.trim(id, U64_MAX)).toEqual({ trimmed: 11n, last: 10n, range: tableRangeUpTo(0, id, 10n) });
  expect(log.trim(id, U64_MAX)).toEqual({ trimmed: 11n, last: 10n, range: null });
});

test('a trim that removes nothing writes nothing', async () => {
  const log = await fresh();
  fill(log, id, 10);
  log.trim(id, 4n);
  log.trim(id, 3n);
  log.trim({ region: 1n, table: 99n }, 3n);
  expect(log.stats().counters.trims).toBe(1);
  expect([...log.floors()]).toEqual([{ table: 7n, floor: 10n }]);
});

test('after a trim into a hole the first sequence is that of the next entry', async () => {
  const log = await fresh();
  for (const sequence of [1n, 2n, 10n]) await plantEntry(log, id, sequence);
  expect(log.trim(id, 4n)).toMatchObject({ trimmed: 10n, last: 10n });
  expect(log.firstSequence(id)).toBe(10n);
});

test('the floor is that of the region with the larger sequences, whichever is trimmed last', async () => {
  const log = await fresh();
  const other = { region: 2n, table: 7n };
  fill(log, id, 100);
  fill(log, other, 5);
  log.trim(id, U64_MAX);
  log.trim(other, 2n);
  expect([...log.floors()]).toEqual([{ table: 7n, floor: 100n }]);
});

test('drop removes the entries and the metadata record of its table only', async () => {
  const log = await fresh();
  fill(log, id, 10);
  fill(log, { region: 1n, table: 8n }, 2);
  log.trim(id, 3n);
  log.drop(id);
  expect([...log.tables()].map((info) => info.id)).toEqual([{ region: 1n, table: 8n }]);
  expect([...log.floors()]).toEqual([]);
  expect(log.append(id, payloads(1), { sync: false })).toEqual({ first: 1n, last: 1n });
});

test('deep reclaim of everything shrinks the directory to that of a fresh database and its log', async () => {
  const path = (await fresh()).path;
  const log = await open(`${path}-full`);
  const empty = await bytesOf(log.path);
  const tables = Array.from({ length: 200 }, (_, i) => ({ region: 1n, table: BigInt(i) }));
  const batch = payloads(100, 1024);
  // Payloads that do not compress, should a build compress by default.
  for (const payload of batch) crypto.getRandomValues(payload);
  for (let round = 0; round < 10; round++)
    for (const table of tables) log.append(table, batch, { sync: false });
  const full = await bytesOf(log.path);
  expect(full).toBeGreaterThan(200_000 * 1024);
  const ranges = tables.flatMap((table) => log.trim(table, U64_MAX, { sync: false }).range ?? []);
  const report = await log.reclaim(ranges, { deep: true });
  const left = await bytesOf(log.path);
  expect(report).toMatchObject({ bytesAfter: left, deferred: false });
  expect(report.bytesBefore).toBeGreaterThan(50_000_000);
  expect(left).toBeLessThan(empty + 64 * 1024);
  await log.close();
  const again = await open(log.path);
  for (const table of tables) expect(again.nextSequence(table)).toBe(1001n);
});

test('reclaim drops whole files at once, and what was trimmed stays trimmed after reopening', async () => {
  const log = await fresh({ rocksdb: { writeBufferSize: 256 * 1024, targetFileSizeBase: 256 * 1024 } });
  const neighbour = { region: 1n, table: 8n };
  for (let i = 0; i < 40; i++) {
    fill(log, id, 50, 1024);
    fill(log, neighbour, 5, 1024);
  }
  await log.compact();
  const { range } = log.trim(id, 1990n);
  const report = await log.reclaim(range === null ? [] : [range]);
  expect(report.filesAfter).toBeLessThan(report.filesBefore);
  expect(report.bytesBefore - report.bytesAfter).toBeGreaterThan(1_000_000);
  expect(sequences(log, id)).toEqual([1991n, 1992n, 1993n, 1994n, 1995n, 1996n, 1997n, 1998n, 1999n, 2000n]);
  await log.close();
  const again = await open(log.path, {
    rocksdb: { writeBufferSize: 256 * 1024, targetFileSizeBase: 256 * 1024 },
  });
  expect(again.firstSequence(id)).toBe(1991n);
  expect(sequences(again, neighbour)).toHaveLength(200);
  expect([...again.verify()].at(-1)).toMatchObject({ errors: 0, warnings: 0 });
});

test('what was trimmed stays trimmed through flushes, reclaims and compactions by turns', async () => {
  const rocksdb = {
    writeBufferSize: 256 * 1024,
    targetFileSizeBase: 64 * 1024,
    level0FileNumCompactionTrigger: 100,
  };
  const log = await fresh({ rocksdb });
  // One file at the bottom that the table shares with its neighbours, so that it is never dropped.
  fill(log, { region: 1n, table: 6n }, 3);
  fill(log, id, 20);
  fill(log, { region: 1n, table: 8n }, 3);
  await log.compact();
  // Then files of the table alone, and a tombstone that reaches the levels below 0 with them.
  for (let i = 0; i < 10; i++) {
    fill(log, id, 40, 1024);
    await log.flush();
  }
  const { range } = log.trim(id, U64_MAX);
  if (range === null) throw new Error('there was something to trim');
  await log.flush();
  await log.reclaim([range]);
  await log.compact();
  await log.reclaim([range]);
  expect(sequences(log, id)).toEqual([]);
  await log.close();
  const again = await open(log.path, { rocksdb });
  expect(sequences(again, id)).toEqual([]);
  expect(again.firstSequence(id)).toBe(421n);
  expect(sequences(again, { region: 1n, table: 8n })).toEqual([1n, 2n, 3n]);
});

test('files are not dropped under a snapshot: a region scan under way still sees what was trimmed', async () => {
  const log = await fresh({ rocksdb: { writeBufferSize: 256 * 1024, targetFileSizeBase: 256 * 1024 } });
  for (let i = 0; i < 20; i++) fill(log, id, 50, 1024);
  await log.compact();
  const scan = log.scanRegion(1n);
  expect(scan.next().value?.sequence).toBe(1n);
  const { range } = log.trim(id, U64_MAX);
  const ranges = range === null ? [] : [range];
  expect(await log.reclaim(ranges)).toMatchObject({ deferred: true });
  expect([...scan]).toHaveLength(999);
  const after = await log.reclaim(ranges);
  expect(after.deferred).toBe(false);
  expect(after.filesAfter).toBeLessThan(after.filesBefore);
});

test('reclaim refuses ranges that are not trimmed: nothing that can be read is ever removed', async () => {
  const log = await fresh();
  fill(log, id, 10);
  const untrimmed = tableRangeUpTo(0, id, 5n);
  await rejectsWith('SHALE_INVALID_ARGUMENT', log.reclaim([untrimmed]));
  const { range } = log.trim(id, 5n);
  if (range === null) throw new Error('there was something to trim');
  await log.reclaim([range]);
  await rejectsWith('SHALE_INVALID_ARGUMENT', log.reclaim([tableRangeUpTo(0, id, 6n)]));
  await rejectsWith(
    'SHALE_INVALID_ARGUMENT',
    log.reclaim([{ lower: range.lower.subarray(0, 9), upper: range.upper }]),
  );
  await rejectsWith('SHALE_INVALID_ARGUMENT', log.reclaim([tableRangeUpTo(3, id, 5n)]));
  // Nothing is there, but nothing says that it never will be.
  await rejectsWith(
    'SHALE_INVALID_ARGUMENT',
    log.reclaim([tableRangeUpTo(0, { region: 1n, table: 99n }, 5n)]),
  );
  log.drop(id);
  await rejectsWith('SHALE_INVALID_ARGUMENT', log.reclaim([range]));
  // Begun anew, the range holds new entries.
  fill(log, id, 5);
  await rejectsWith('SHALE_INVALID_ARGUMENT', log.reclaim([range], { deep: true }));
  expect(sequences(log, id)).toEqual([1n, 2n, 3n, 4n, 5n]);
});

test('a deep reclaim compacts spans as well, whatever they hold', async () => {
  const log = await fresh();
  const tables = Array.from({ length: 20 }, (_, i) => ({ region: 1n, table: BigInt(i) }));
  for (const table of tables) fill(log, table, 50, 1024);
  await log.flush();
  const full = await inFiles(log);
  for (const table of tables.slice(0, 15)) log.trim(table, 45n, { sync: false });
  const spanOf = (first: bigint, last: bigint): KeyRange => ({
    lower: tableRangeUpTo(0, { region: 1n, table: first }, 1n).lower,
    upper: tableRangeUpTo(0, { region: 1n, table: last }, U64_MAX).upper,
  });
  // In any order, and overlapping.
  await log.reclaim([], { deep: true, spans: [spanOf(8n, 19n), spanOf(0n, 12n), spanOf(9n, 9n)] });
  expect(full.records).toBe(1000);
  expect(await inFiles(log)).toEqual({ ranges: 0, records: 15 * 5 + 5 * 50 + 15 });
  expect(sequences(log, { region: 1n, table: 3n })).toEqual([46n, 47n, 48n, 49n, 50n]);
});

test('reclaim of nothing does nothing', async () => {
  const log = await fresh();
  fill(log, id, 10);
  expect(await log.reclaim([], { deep: true })).toMatchObject({ deferred: false });
  expect(sequences(log, id)).toHaveLength(10);
});

/**
 * How many range deletions are in the files, and how many records of any kind, after what is in memory has become one.
 */
async function inFiles(log: Log): Promise<{ ranges: number; records: number }> {
  await log.flush();
  const db = attachDatabase(log.path);
  const found = { ranges: 0, records: 0 };
  for (const { name } of db.liveFiles()) {
    const { rangeDeletions, entries } = await checkTableFile(join(log.path, name));
    found.ranges += rangeDeletions;
    found.records += entries;
  }
  await db.close();
  return found;
}

test('trims of few entries write no range, until one gets past a multiple of 64', async () => {
  // No compaction comes by itself, which would merge what is counted.
  const log = await fresh({ rocksdb: { level0FileNumCompactionTrigger: 100 } });
  fill(log, id, 200);
  await log.compact();
  // Each is in one write with the metadata record.
  for (let upTo = 1n; upTo <= 62n; upTo++) log.trim(id, upTo, { sync: false });
  expect(await inFiles(log)).toEqual({ ranges: 0, records: 200 + 62 + 1 });
  log.trim(id, 63n, { sync: false });
  expect(await inFiles(log)).toMatchObject({ ranges: 1 });
  log.trim(id, 71n, { sync: false });
  expect(await inFiles(log)).toMatchObject({ ranges: 1 });
  log.trim(id, 80n, { sync: false });
  expect(await inFiles(log)).toMatchObject({ ranges: 2 });
  expect(sequences(log, id)[0]).toBe(81n);
  await log.close();
  const again = await open(log.path);
  expect(again.firstSequence(id)).toBe(81n);
  expect(sequences(again, id)).toHaveLength(120);
  expect([...again.verify()].at(-1)).toMatchObject({ errors: 0, warnings: 0 });
});

test('once something could not be read, trims remove ranges, which hide it from looks for the first entry', async () => {
  const log = await fresh();
  fill(log, id, 10);
  // An entry of a format that is not known, between two that are.
  await plant(
    log,
    Uint8Array.from([...tableRangeUpTo(0, id, 2n).upper.subarray(0, 25), 9]),
    Uint8Array.of(0),
  );
  await rejectsWith('SHALE_CORRUPT', (async () => sequences(log, id))());
  log.trim(id, 3n);
  await log.close();
  const again = await open(log.path);
  expect(again.firstSequence(id)).toBe(4n);
  expect(sequences(again, id)).toHaveLength(7);
});
