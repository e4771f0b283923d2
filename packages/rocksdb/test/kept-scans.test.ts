import { logKey, metaKey, tableRange, tableRangeUpTo } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { entriesOf, verifyEntries, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const id = { region: 1n, table: 7n };
const { lower, upper } = tableRange(0, id);
const keyOf = (sequence: bigint) => logKey({ instance: 0, ...id }, sequence);
const sync = { sync: false };

/** A read of the table by chunks of ten entries. */
class Read {
  readonly #database: Database;
  readonly #watch: bigint;
  next = 1n;

  constructor(database: Database) {
    this.#database = database;
    this.#watch = database.watch(lower);
  }

  /** What is found where the next chunk should begin. */
  async entries(to = upper) {
    const found = await this.#database.fetch(keyOf(this.next), to, 1 << 16, {
      maxEntries: 10,
      watch: this.#watch,
    });
    expect(found.dropped).toBe(false);
    return found.buffer === null ? [] : entriesOf(found.buffer, found);
  }

  /** The next chunk; its sequences follow those of the one before. */
  async chunk(): Promise<number> {
    const entries = await this.entries();
    const next = this.next + BigInt(entries.length);
    if (entries.length > 0) verifyEntries(id, entries, this.next, next - 1n);
    this.next = next;
    return entries.length;
  }

  end(): void {
    this.#database.unwatch(this.#watch);
  }
}

async function filled(count = 1000): Promise<Database> {
  const database = await temporaryDatabase({ enableStatistics: true });
  writeRuns(database, [{ id, first: 1n, count }]);
  return database;
}

function seeks(database: Database): number {
  return Number(database.statistics()?.tickers['rocksdb.number.db.seek']);
}

test('a read that goes on looks for its place once', async () => {
  const database = await filled();
  await database.flush();
  const reads = [new Read(database), new Read(database), new Read(database)];
  for (let i = 0; i < 50; i++) for (const read of reads) expect(await read.chunk()).toBe(10);
  expect(seeks(database)).toBe(3);
});

test('a read that goes on looks for its place again when it is asked to begin elsewhere', async () => {
  const database = await filled();
  const read = new Read(database);
  for (const next of [1n, 11n, 500n, 1n, 11n, 12n, 990n]) {
    read.next = next;
    expect(await read.chunk()).toBe(10);
  }
  expect(seeks(database)).toBe(5);
});

test('a read that goes on finds nothing that was trimmed, and all that was appended, before it was asked', async () => {
  const database = await filled();
  const read = new Read(database);
  await read.chunk();
  await read.chunk();
  const trimmed = tableRangeUpTo(0, id, 500n);
  database.trim(trimmed.lower, trimmed.upper, metaKey(0, id.table), 500n, sync);
  read.next = 501n;
  expect(await read.chunk()).toBe(10);
  writeRuns(database, [{ id, first: 1001n, count: 5 }]);
  while (read.next < 1001n) await read.chunk();
  expect(await read.chunk()).toBe(5);
  expect(await read.chunk()).toBe(0);
  writeRuns(database, [{ id, first: 1006n, count: 20 }]);
  expect(await read.chunk()).toBe(10);
  expect(await read.chunk()).toBe(10);
  expect(await read.chunk()).toBe(0);
});

test('a read that goes on finds nothing that was trimmed where it goes on', async () => {
  const database = await filled();
  const read = new Read(database);
  await read.chunk();
  const trimmed = tableRangeUpTo(0, id, 15n);
  database.trim(trimmed.lower, trimmed.upper, metaKey(0, id.table), 15n, sync);
  expect((await read.entries())[0]?.sequence).toBe(16n);
});

test('a read that goes on goes no further than it is asked to', async () => {
  const database = await filled();
  const read = new Read(database);
  await read.chunk();
  expect(await read.entries(keyOf(14n))).toHaveLength(3);
});

test('what a read holds is let go with what it is of: by flushes, by its end, and by closing', async () => {
  const database = await filled();
  await database.flush();
  const read = new Read(database);
  await read.chunk();
  await read.chunk();
  writeRuns(database, [{ id, first: 1001n, count: 10 }]);
  const before = seeks(database);
  await database.flush();
  expect(await read.chunk()).toBe(10);
  expect(seeks(database)).toBe(before + 1);
  read.end();
  for (let i = 0; i < 50; i++) {
    const other = new Read(database);
    await other.chunk();
    await other.chunk();
  }
  await database.close();
});

test('reads that go on hold blocks of no more files than fit twice into the block cache', async () => {
  // Room for blocks of twenty files. A read counts three of level 0, and one of each of the six levels below.
  const database = await temporaryDatabase({
    enableStatistics: true,
    blockSize: 1024,
    blockCacheSize: 20 * 1024,
  });
  for (let first = 1n; first <= 201n; first += 100n) {
    writeRuns(database, [{ id, first, count: 100 }]);
    await database.flush();
  }
  const reads = Array.from({ length: 3 }, () => new Read(database));
  const round = async () => {
    for (const read of reads) await read.chunk();
  };
  await round();
  expect(seeks(database)).toBe(3);
  // Each time the one that goes on is the one that has been let go.
  await round();
  expect(seeks(database)).toBe(6);
  // Two of them find room.
  reads.pop();
  for (let i = 0; i < 5; i++) await round();
  expect(seeks(database)).toBe(8);
});

test('a range that grows while it is read is read to its end', async () => {
  const database = await filled();
  const watch = database.watch(lower);
  let next = 1n;
  for (let to = 25n; to <= 1000n; to += 25n) {
    while (next <= to) {
      const found = await database.fetch(keyOf(next), keyOf(to + 1n), 1 << 16, { maxEntries: 10, watch });
      const entries = entriesOf(found.buffer as ArrayBuffer, found);
      verifyEntries(id, entries, next, next + BigInt(entries.length) - 1n);
      next += BigInt(entries.length);
      if (next <= to) expect(found.more).toBe(true);
    }
  }
  expect(next).toBe(1001n);
});
