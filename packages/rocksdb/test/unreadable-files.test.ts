import { closeSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { metaKey, tableRange, tableRangeUpTo } from '@shale/codec';
import {
  type Database,
  type DatabaseOptions,
  openDatabase,
  readUnreadableFiles,
  type UnreadableFile,
} from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { readRange, verifyTable, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const damaged = { region: 1n, table: 1n };
const sound = { region: 1n, table: 2n };
// No write may wait for a compaction that does not come.
const options = {
  level0FileNumCompactionTrigger: 4,
  level0SlowdownWritesTrigger: 5,
  level0StopWritesTrigger: 6,
  writeBufferSize: 64 * 1024,
};

function path(database: Database, name: string): string {
  return join(database.path, name);
}

/** Writes 100 entries around the damaged table and flushes them: a file that overlaps all others. Returns what comes next. */
async function round(database: Database, from: bigint): Promise<bigint> {
  const runs = [0n, 2n].map((table) => ({ id: { region: 1n, table }, first: from, count: 100 }));
  writeRuns(database, runs, true);
  await database.flush();
  return from + 100n;
}

/** Three files in level 0, the first of which has a table of which a block is damaged. */
async function withDamage(more: DatabaseOptions = {}): Promise<{ database: Database; file: string }> {
  const database = await temporaryDatabase({ ...options, ...more });
  writeRuns(database, [{ id: damaged, first: 1n, count: 1000 }], true);
  await database.flush();
  const file = database.liveFiles()[0]?.name.replace('/', '') ?? '';
  await round(database, await round(database, 1n));
  const handle = openSync(path(database, file), 'r+');
  writeSync(handle, Buffer.alloc(100, 0x55), 0, 100, Math.floor(statSync(path(database, file)).size / 2));
  closeSync(handle);
  return { database, file };
}

/** Appends and flushes until a compaction has met the damage. */
async function meet(database: Database, from: bigint): Promise<bigint> {
  let next = from;
  while (database.unreadableFiles().length === 0) {
    next = await round(database, next);
    await setTimeout(5);
  }
  return next;
}

/** More files in level 0 than would stop all writes, while everything else works. */
async function goOn(database: Database, from: bigint): Promise<bigint> {
  let next = from;
  for (let i = 0; i < 10; i++) next = await round(database, next);
  verifyTable(database, sound, 1n, next - 1n);
  return next;
}

test('a block that a compaction cannot read ends compactions, and nothing else', async () => {
  const { database, file } = await withDamage();
  const next = await goOn(database, await meet(database, 201n));
  const [told, ...others] = database.unreadableFiles();
  expect(others).toEqual([]);
  expect(told).toMatchObject({ file, message: expect.stringContaining('checksum') });
  const { lower, upper } = tableRange(0, damaged);
  expect(Buffer.compare(told?.smallest ?? lower, lower)).toBeGreaterThanOrEqual(0);
  expect(Buffer.compare(told?.largest ?? upper, upper)).toBeLessThan(0);
  expect(() => readRange(database, { lower, upper })).toThrow(
    expect.objectContaining({ code: 'ROCKSDB_CORRUPTION' }),
  );

  const trimmed = tableRangeUpTo(0, sound, 50n);
  expect(database.trim(trimmed.lower, trimmed.upper, metaKey(0, 2n), 50n, { sync: true })).toBe(50n);
  await database.syncWal();
  // What is asked for says itself what it cannot read, as often as it is asked for, and harms nobody.
  for (let i = 0; i < 2; i++) {
    await expect(database.compactRange()).rejects.toMatchObject({ code: 'ROCKSDB_CORRUPTION' });
  }
  writeRuns(database, [{ id: sound, first: next, count: 1 }], true);
  verifyTable(database, sound, 51n, next);
});

test('others are told by a file, as long as the damaged one is there', async () => {
  const { database, file } = await withDamage();
  await meet(database, 201n);
  const told: readonly UnreadableFile[] = readUnreadableFiles(database.path);
  expect(told).toEqual(database.unreadableFiles());
  expect(statSync(path(database, 'UNREADABLE')).mode & 0o777).toBe(0o600);
  renameSync(path(database, file), path(database, 'aside'));
  expect(readUnreadableFiles(database.path)).toEqual([]);
  renameSync(path(database, 'aside'), path(database, file));
});

test('it is the same after each opening, and the file names what is damaged once', async () => {
  const { database, file } = await withDamage();
  let next = await goOn(database, await meet(database, 201n));
  await database.close();
  for (let i = 0; i < 2; i++) {
    const again = await openDatabase(database.path, options);
    // The first compaction of the opening meets it, and no write waits for long.
    next = await goOn(again, await meet(again, next));
    expect(again.unreadableFiles().map((found) => found.file)).toEqual([file]);
    verifyTable(again, sound, 1n, next - 1n);
    await again.close();
  }
  expect(readFileSync(path(database, 'UNREADABLE'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('the more files compactions have left, the more trims it takes to flush a memtable for them', async () => {
  const { database } = await withDamage({ writeBufferSize: 4 * 1024 * 1024, memtableMaxRangeDeletions: 10 });
  await meet(database, 201n);
  // Beyond what begins a compaction by as many files as it takes ten trims of each.
  const trimsToFlush = async (): Promise<number> => {
    // A flush is still under way for a moment after it has been answered, and none is begun behind it.
    while (database.property('rocksdb.num-running-flushes') !== '0') await setTimeout(1);
    for (let trims = 1; ; trims++) {
      const { lower, upper } = tableRangeUpTo(0, sound, 1n);
      database.trim(lower, upper, metaKey(0, 2n), 1n, { sync: false });
      // It is sealed in the call that asks for the flush.
      if (database.property('rocksdb.num-entries-active-mem-table') === '0') return trims;
    }
  };
  const filesAtLevel0 = (): number => Number(database.property('rocksdb.num-files-at-level0'));
  for (let i = 0; i < 3; i++) {
    const beyond = filesAtLevel0() - options.level0FileNumCompactionTrigger;
    expect(await trimsToFlush()).toBe(10 * (1 + Math.max(0, beyond)));
    await database.flush();
  }
  while (filesAtLevel0() < 20) await round(database, 10_001n);
  expect(await trimsToFlush()).toBe(80);
});
