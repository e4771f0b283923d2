import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { metaKey, tableRange, tableRangeUpTo } from '@shale/codec';
import { attachDatabase, type Database } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { readRange, verifyTable, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const id = { region: 1n, table: 7n };
const twin = { region: 2n, table: 7n };
const record = metaKey(0, 7n);
const sync = { sync: false };
/** Enough for a thread to look between a drop and its being noted. */
const ROUNDS = 300;

function drop(database: Database, of: typeof id): void {
  const { lower, upper } = tableRange(0, of);
  database.drop(lower, upper, metaKey(0, of.table), sync);
}

test('a drop is known by both of its keys, to whoever asks from before it', async () => {
  const database = await temporaryDatabase();
  const before = database.drops();
  drop(database, id);
  const after = database.drops();
  expect(after).toBe(before + 1n);
  const { lower } = tableRange(0, id);
  expect([lower, record].map((key) => database.droppedSince(key, before))).toEqual([true, true]);
  expect([lower, record].map((key) => database.droppedSince(key, after))).toEqual([false, false]);
  expect(database.droppedSince(tableRange(0, twin).lower, before)).toBe(false);
  expect(database.droppedSince(metaKey(0, 8n), before)).toBe(false);
  expect(database.droppedSince(record, 2n ** 64n - 1n)).toBe(false);
});

test('drops are known through every lease of the handle', async () => {
  const database = await temporaryDatabase();
  const other = attachDatabase(database.path);
  drop(other, id);
  await other.close();
  expect(database.droppedSince(record, 0n)).toBe(true);
});

test('a drop that can be seen is known to have happened', async () => {
  const database = await temporaryDatabase();
  const turns = new Int32Array(new SharedArrayBuffer(8));
  const workerData = { path: database.path, ...tableRange(0, id), record, turns, rounds: ROUNDS };
  const worker = new Worker(new URL('./fixtures/drop-worker.mjs', import.meta.url), { workerData });
  let isOver = false;
  const ended = once(worker, 'exit').finally(() => {
    isOver = true;
  });
  const tell = (): void => {
    Atomics.add(turns, 1, 1);
    Atomics.notify(turns, 1);
  };
  let unknown = 0;
  let looks = 1;
  for (let round = 0; round < ROUNDS && !isOver; round++) {
    // Looked at in turns, so that the worker can start.
    while (!isOver && Atomics.wait(turns, 0, round, 10) === 'timed-out') await setImmediate();
    const since = database.drops();
    tell();
    while (!isOver && database.get(record) !== null) if (looks++ % 1000 === 0) await setImmediate();
    if (!database.droppedSince(record, since)) unknown++;
    tell();
  }
  await ended;
  expect({ rounds: Atomics.load(turns, 0), unknown }).toEqual({ rounds: ROUNDS, unknown: 0 });
});

test('after very many drops, the answer from before them is yes', async () => {
  const database = await temporaryDatabase();
  const start = database.drops();
  for (let table = 100n; table < 4195n; table++) drop(database, { region: 1n, table });
  expect(database.droppedSince(record, start)).toBe(false);
  drop(database, { region: 1n, table: 50n });
  expect(database.droppedSince(record, start)).toBe(false);
  drop(database, { region: 1n, table: 51n });
  expect(database.droppedSince(record, start)).toBe(true);
  expect(database.droppedSince(record, start + 1n)).toBe(false);
  expect(database.droppedSince(metaKey(0, 51n), start + 1n)).toBe(true);
});

test('deleteRangeUnlessDropped removes a range and leaves the record, unless the record was dropped since', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 10 }]);
  const { lower, upper } = tableRangeUpTo(0, id, 4n);
  expect(database.deleteRangeUnlessDropped(lower, upper, record, database.drops(), sync)).toBe(true);
  expect(database.get(record)).toBeNull();
  verifyTable(database, id, 5n, 10n);
  const since = database.drops();
  drop(database, twin);
  expect(database.deleteRangeUnlessDropped(lower, tableRange(0, id).upper, record, since, sync)).toBe(false);
  verifyTable(database, id, 5n, 10n);
});

test('deleteFilesInRanges leaves alone what was dropped since, and takes the others', async () => {
  const other = { region: 1n, table: 8n };
  const database = await temporaryDatabase({ targetFileSizeBase: 64 * 1024, writeBufferSize: 1 << 20 });
  for (const of of [id, other]) writeRuns(database, [{ id: of, first: 1n, count: 10_000 }]);
  await database.flush();
  await database.compactRange(undefined, undefined, { bottommost: 'force' });
  const since = database.drops();
  drop(database, twin);
  const ranges = [id, other].map((of) => {
    const { lower, upper } = tableRange(0, of);
    return [lower, upper, metaKey(0, of.table)] as const;
  });
  await database.deleteFilesInRanges(ranges, { since });
  verifyTable(database, id, 1n, 10_000n);
  expect(readRange(database, tableRange(0, other), { chunkBytes: 1 << 20 }).length).toBeLessThan(10_000);
});

test('with since every range needs its record', async () => {
  const database = await temporaryDatabase();
  const { lower, upper } = tableRange(0, id);
  for (const ranges of [[[lower, upper]], [[lower, upper, 'record']]]) {
    await expect(database.deleteFilesInRanges(ranges as never, { since: 0n })).rejects.toThrow(TypeError);
  }
  await expect(database.deleteFilesInRanges([], { since: 1 as never })).rejects.toThrow(TypeError);
  expect(() => database.deleteRangeUnlessDropped(lower, upper, record, 1 as never, sync)).toThrow(TypeError);
  expect(() => database.droppedSince('key' as never, 0n)).toThrow(TypeError);
});
