import { logKey, metaKey, tableRange, tableRangeUpTo } from '@shale/codec';
import type { Database, FetchedChunk } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { entriesOf, payloadOf, verifyEntries, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const id = { region: 1n, table: 7n };
const { lower, upper } = tableRange(0, id);
const keyOf = (sequence: bigint) => logKey({ instance: 0, ...id }, sequence);
const sync = { sync: false };

async function filled(count = 100): Promise<Database> {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count }]);
  return database;
}

function entriesIn(found: FetchedChunk) {
  return found.buffer === null ? [] : entriesOf(found.buffer, found);
}

test('a fetch finds what a scan finds, in a buffer that is about as large', async () => {
  const database = await filled();
  const found = await database.fetch(lower, upper, 1 << 20);
  verifyEntries(id, entriesIn(found), 1n, 100n);
  expect(found).toMatchObject({ more: false, foreign: false, dropped: false, tooLarge: null, last: null });
  expect(found.buffer?.byteLength).toBeLessThan(20_000);
  const empty = await database.fetch(keyOf(200n), upper, 1 << 20);
  expect(empty).toMatchObject({ entries: 0, more: false, buffer: null });
});

test('fetches at a time leave each its own entries', async () => {
  const database = await filled(5000);
  const found = await Promise.all(
    Array.from({ length: 200 }, (_, i) => database.fetch(keyOf(BigInt(i * 20 + 1)), upper, 500 + i * 37)),
  );
  for (const [i, chunk] of found.entries()) {
    const first = BigInt(i * 20 + 1);
    verifyEntries(id, entriesIn(chunk), first, first + BigInt(chunk.entries) - 1n);
    expect(chunk.entries).toBeGreaterThan(0);
  }
});

test('it tells where the range ends, as it was when the entries were read, if fewer than enough were', async () => {
  const database = await filled();
  const options = { maxEntries: 10 };
  const found = await database.fetch(lower, upper, 1 << 20, { ...options, enough: 11 });
  expect(found.last).toEqual(keyOf(100n));
  expect((await database.fetch(lower, upper, 1 << 20, { ...options, enough: 10 })).last).toBeNull();
  expect((await database.fetch(lower, upper, 1 << 20, options)).last).toBeNull();
  expect((await database.fetch(lower, keyOf(51n), 1 << 20, { ...options, enough: 11 })).last).toEqual(
    keyOf(50n),
  );
});

test('an entry that has no room is told with the bytes that it takes', async () => {
  const database = await filled();
  const found = await database.fetch(keyOf(40n), upper, 8, { enough: 1 });
  expect(found).toMatchObject({
    entries: 0,
    more: true,
    buffer: null,
    tooLarge: keyOf(40n),
    last: keyOf(100n),
  });
  const again = await database.fetch(keyOf(40n), upper, found.neededBytes);
  verifyEntries(id, entriesIn(again), 40n, 40n);
});

test('it stops before what is no entry, and says so', async () => {
  const database = await filled();
  database.put(Uint8Array.of(...keyOf(20n), 0), Uint8Array.of(0), sync);
  const found = await database.fetch(lower, upper, 1 << 20);
  verifyEntries(id, entriesIn(found), 1n, 20n);
  expect(found).toMatchObject({ foreign: true, more: true });
});

test('it says whether its table was dropped since the read began, or the watch has ended', async () => {
  const database = await filled();
  const watch = database.watch(lower);
  const drop = () => database.drop(lower, upper, metaKey(0, id.table), sync);
  const options = { watch };
  drop();
  writeRuns(database, [{ id, first: 1n, count: 10 }]);
  expect((await database.fetch(lower, upper, 4096, options)).dropped).toBe(true);
  const begun = await database.fetch(lower, upper, 4096, { ...options, begins: true });
  expect(begun).toMatchObject({ dropped: false, entries: 10 });
  expect((await database.fetch(lower, upper, 4096, options)).dropped).toBe(false);
  database.unwatch(watch);
  expect(await database.fetch(lower, upper, 4096, options)).toMatchObject({ dropped: true, entries: 0 });
});

test('fetches that are under way when the database is closed are settled', async () => {
  const database = await filled(20_000);
  const fetches = Array.from({ length: 100 }, () => database.fetch(lower, upper, 1 << 20));
  const closing = database.close();
  for (const result of await Promise.allSettled(fetches)) {
    if (result.status === 'fulfilled') expect(result.value.entries).toBeGreaterThan(0);
    else expect(result.reason).toMatchObject({ code: 'ROCKSDB_CLOSED' });
  }
  await closing;
  await expect(database.fetch(lower, upper, 4096)).rejects.toMatchObject({ code: 'ROCKSDB_CLOSED' });
  expect(() => database.peek(keyOf(1n))).toThrow(expect.objectContaining({ code: 'ROCKSDB_CLOSED' }));
});

test('a peek finds what is in memory, and says when it would have to wait for a disk', async () => {
  const database = await temporaryDatabase({ blockCacheSize: 1 << 20 });
  writeRuns(database, [{ id, first: 1n, count: 100 }]);
  expect(database.peek(keyOf(50n))).toEqual(payloadOf(id, 50n));
  expect(database.peek(keyOf(101n))).toBeNull();
  const trimmed = tableRangeUpTo(0, id, 50n);
  database.trim(trimmed.lower, trimmed.upper, metaKey(0, id.table), 50n, sync);
  expect(database.peek(keyOf(50n))).toBeNull();
  await database.flush();
  expect(database.peek(keyOf(60n))).toBeUndefined();
  await database.fetch(keyOf(60n), keyOf(61n), 4096, { fillCache: true });
  expect(database.peek(keyOf(60n))).toEqual(payloadOf(id, 60n));
  expect(database.peek(keyOf(40n))).toBeNull();
});

test('a peek at a range finds what memory holds of it, and nothing that is in table files alone', async () => {
  const database = await filled();
  const watch = database.watch(lower);
  const peek = (from: bigint, bytes = 4096) =>
    database.peekChunk(keyOf(from), upper, bytes, { maxEntries: 10, watch });
  const entries = (from: bigint) => {
    const found = peek(from);
    return found?.buffer == null ? [] : entriesOf(found.buffer, found);
  };
  verifyEntries(id, entries(41n), 41n, 50n);
  expect(peek(95n)).toMatchObject({ entries: 6, more: false });
  expect(peek(41n, 8)).toMatchObject({ entries: 0, buffer: null, neededBytes: expect.any(Number) });
  const trimmed = tableRangeUpTo(0, id, 45n);
  database.trim(trimmed.lower, trimmed.upper, metaKey(0, id.table), 45n, sync);
  verifyEntries(id, entries(41n), 46n, 55n);
  await database.flush();
  expect(peek(41n)).toMatchObject({ entries: 0, more: false });
  writeRuns(database, [{ id, first: 101n, count: 5 }]);
  verifyEntries(id, entries(41n), 101n, 105n);
});

test('a peek at a range that is of a dropped table, or not of entries alone, says that it would have to wait', async () => {
  const database = await filled();
  const watch = database.watch(lower);
  const peek = () => database.peekChunk(lower, upper, 4096, { maxEntries: 1000, watch });
  expect(peek()).toMatchObject({ entries: 100 });
  database.drop(lower, upper, metaKey(0, id.table), sync);
  expect(peek()).toBeNull();
  database.watchAnew(watch);
  expect(peek()).toMatchObject({ entries: 0 });
  database.put(keyOf(200n), Uint8Array.of(7, 7), sync);
  expect(peek()).toBeNull();
  database.unwatch(watch);
  expect(peek()).toBeNull();
});

test('a peek does not take what is no entry for one', async () => {
  const database = await temporaryDatabase();
  database.put(keyOf(1n), new Uint8Array(0), sync);
  database.put(keyOf(2n), Uint8Array.of(7, 7), sync);
  expect(database.peek(keyOf(1n))).toBeUndefined();
  expect(database.peek(keyOf(2n))).toBeUndefined();
});

test('arguments of fetch and peek are checked', async () => {
  const database = await filled();
  const range = 'ERR_OUT_OF_RANGE';
  const type = 'ERR_INVALID_ARG_TYPE';
  for (const bytes of [-1, 1.5, 2 ** 32, Number.NaN, '1' as never]) {
    await expect(database.fetch(lower, upper, bytes)).rejects.toMatchObject({ code: range });
  }
  const fetch = (options: object) => database.fetch(lower, upper, 4096, options);
  await expect(fetch({ maxEntries: 0 })).rejects.toMatchObject({ code: range });
  await expect(fetch({ enough: -1 })).rejects.toMatchObject({ code: range });
  await expect(fetch({ watch: 1 })).rejects.toMatchObject({ code: type });
  await expect(fetch({ begins: 1 })).rejects.toMatchObject({ code: type });
  await expect(fetch(null as never)).rejects.toMatchObject({ code: type });
  await expect(database.fetch(upper, lower, 4096)).rejects.toMatchObject({ code: range });
  expect(() => database.peek('x' as never)).toThrow(expect.objectContaining({ code: type }));
  const peek = (options: object, bytes = 4096) =>
    database.peekChunk(lower, upper, bytes, { maxEntries: 1, watch: 1n, ...options });
  expect(() => peek({ maxEntries: 0 })).toThrow(expect.objectContaining({ code: range }));
  expect(() => peek({ watch: 1 })).toThrow(expect.objectContaining({ code: type }));
  expect(() => peek({}, -1)).toThrow(expect.objectContaining({ code: range }));
  expect(peek({})).toBeNull();
});
