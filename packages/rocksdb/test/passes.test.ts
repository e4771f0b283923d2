import { setTimeout } from 'node:timers/promises';
import { tableRange } from '@shale/codec';
import { type Database, type DatabaseOptions, openDatabase } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { verifyTable, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const KIB = 1024;
const TABLES = [1n, 2n, 3n, 4n].map((table) => ({ region: 1n, table }));

/** Entries of all tables in one file of level 0; returns what comes next. */
async function flushed(database: Database, from: bigint, count = 20): Promise<bigint> {
  writeRuns(
    database,
    TABLES.map((id) => ({ id, first: from, count })),
  );
  await database.flush();
  return from + BigInt(count);
}

/** How many files there are at each level that has any. */
function levels(database: Database): Record<number, number> {
  const found: Record<number, number> = {};
  for (const { level } of database.liveFiles()) found[level] = (found[level] ?? 0) + 1;
  return found;
}

async function untilLevel0IsEmpty(database: Database): Promise<void> {
  while (levels(database)[0] !== undefined) await setTimeout(5);
}

function verifyAll(database: Database, next: bigint): void {
  for (const id of TABLES) verifyTable(database, id, 1n, next - 1n);
}

test('when level 0 has as many files as begin a pass, they go below it', async () => {
  const database = await temporaryDatabase({ level0FileNumCompactionTrigger: 4 });
  let next = 1n;
  for (let i = 0; i < 4; i++) next = await flushed(database, next);
  await untilLevel0IsEmpty(database);
  expect(levels(database)).toEqual({ 6: 1 });
  verifyAll(database, next);
});

test('passes do not rewrite what earlier ones have left, until no level is empty', async () => {
  const database = await temporaryDatabase({ level0FileNumCompactionTrigger: 2 });
  const kept = new Set<string>();
  let next = 1n;
  for (let level = 6; level >= 1; level--) {
    for (let i = 0; i < 2; i++) next = await flushed(database, next);
    await untilLevel0IsEmpty(database);
    const names = database.liveFiles().map(({ name }) => name);
    for (const name of kept) expect(names).toContain(name);
    expect(levels(database)[level]).toBe(1);
    for (const name of names) kept.add(name);
  }
  for (let i = 0; i < 2; i++) next = await flushed(database, next);
  await untilLevel0IsEmpty(database);
  expect(levels(database)).toEqual({ 6: 1 });
  verifyAll(database, next);
});

test('a log that is hardly written to is compacted with a 32nd of the files', async () => {
  const database = await temporaryDatabase({ level0FileNumCompactionTrigger: 96 });
  let next = 1n;
  for (let i = 0; i < 3; i++) next = await flushed(database, next);
  await untilLevel0IsEmpty(database);
  verifyAll(database, next);
});

test('an opening goes on with the passes that are due', async () => {
  const database = await temporaryDatabase();
  let next = 1n;
  for (let i = 0; i < 3; i++) next = await flushed(database, next);
  expect(levels(database)).toEqual({ 0: 3 });
  await database.close();
  const again = await temporaryDatabase({ level0FileNumCompactionTrigger: 3 }, database.path);
  await untilLevel0IsEmpty(again);
  verifyAll(again, next);
});

test('files below level 0 end with a table, so that what a trim or a drop empties is dropped whole', async () => {
  // A file would have more than two tables otherwise.
  const options: DatabaseOptions = { level0FileNumCompactionTrigger: 4, targetFileSizeBase: 256 * KIB };
  const database = await temporaryDatabase(options);
  let next = 1n;
  for (let i = 0; i < 4; i++) next = await flushed(database, next, 500);
  await untilLevel0IsEmpty(database);
  const bytes = (): number => database.liveFiles().reduce((sum, { size }) => sum + size, 0);
  const before = bytes();
  const [first, ...others] = TABLES;
  if (first === undefined) return expect.fail();
  const { lower, upper } = tableRange(0, first);
  await database.deleteFilesInRanges([[lower, upper]]);
  expect(bytes()).toBeLessThan(before * 0.8);
  for (const id of others) verifyTable(database, id, 1n, next - 1n);
});

test('a compaction that is asked for waits for a pass, and the other way round', async () => {
  const database = await temporaryDatabase({ level0FileNumCompactionTrigger: 2 });
  let next = 1n;
  for (let round = 0; round < 6; round++) {
    const compactions: Promise<void>[] = [];
    for (let i = 0; i < 3; i++) {
      next = await flushed(database, next);
      compactions.push(database.compactRange());
    }
    await Promise.all(compactions);
  }
  await untilLevel0IsEmpty(database);
  verifyAll(database, next);
});

test('a close ends a pass under way, which leaves everything as it was', async () => {
  const options: DatabaseOptions = { level0FileNumCompactionTrigger: 4, targetFileSizeBase: 64 * KIB };
  let database = await temporaryDatabase(options);
  const { path } = database;
  let next = 1n;
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 4; i++) next = await flushed(database, next, 2000);
    await database.close();
    database = await openDatabase(path, options);
    verifyAll(database, next);
  }
  await database.close();
});
