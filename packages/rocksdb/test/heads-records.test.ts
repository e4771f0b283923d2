import { instanceRange, logKey, metaKey, metaRange, regionRange, U64_MAX } from '@shale/codec';
import type { Database, HeadScan } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const everything = { lower: Uint8Array.of(0), upper: Uint8Array.of(255) };

interface Head {
  readonly region: bigint;
  readonly table: bigint;
  readonly first: bigint;
  readonly last: bigint;
}

function headsOf(into: Uint8Array, result: HeadScan): Head[] {
  const view = new DataView(into.buffer, into.byteOffset);
  return Array.from({ length: result.count }, (_, i) => ({
    region: view.getBigUint64(i * 40 + 1),
    table: view.getBigUint64(i * 40 + 9),
    first: view.getBigUint64(i * 40 + 24, true),
    last: view.getBigUint64(i * 40 + 32, true),
  }));
}

function allHeads(
  database: Database,
  range: { lower: Uint8Array; upper: Uint8Array },
  tables: number,
): Head[] {
  const into = new Uint8Array(40 * tables);
  const heads: Head[] = [];
  for (let lower: Uint8Array | null = range.lower; lower !== null; ) {
    const result: HeadScan = database.heads(lower, range.upper, into);
    heads.push(...headsOf(into, result));
    expect(result.more).toBe(result.resumeAt !== null);
    lower = result.resumeAt;
  }
  return heads;
}

test.each([1, 2, 7, 1000])('heads finds every table once, %i at a time', async (atOnce) => {
  const database = await temporaryDatabase();
  const expected: Head[] = [];
  for (let region = 1n; region <= 3n; region++) {
    for (let table = 0n; table < 30n; table++) {
      const count = Number((region * 31n + table * 7n) % 50n) + 1;
      writeRuns(database, [{ id: { region, table }, first: table + 1n, count }]);
      expected.push({ region, table, first: table + 1n, last: table + BigInt(count) });
      if (table === 15n) await database.flush();
    }
  }
  expect(allHeads(database, instanceRange(0), atOnce)).toEqual(expected);
  const second = expected.filter((head) => head.region === 2n);
  expect(allHeads(database, regionRange(0, 2n), atOnce)).toEqual(second);
});

test('heads sees the smallest and the largest ids and sequences', async () => {
  const database = await temporaryDatabase();
  const ids = [
    { region: 0n, table: 0n },
    { region: 0n, table: U64_MAX },
    { region: U64_MAX, table: U64_MAX },
  ];
  for (const id of ids) {
    writeRuns(database, [
      { id, first: 0n, count: 1 },
      { id, first: U64_MAX, count: 1 },
    ]);
  }
  expect(allHeads(database, everything, 1)).toEqual(ids.map((id) => ({ ...id, first: 0n, last: U64_MAX })));
  // The last instance ends where no longer prefix exists.
  const key = logKey({ instance: 127, region: U64_MAX, table: U64_MAX }, 5n);
  database.put(key, Uint8Array.of(0), { sync: false });
  const into = new Uint8Array(400);
  const result = database.heads(Uint8Array.of(255), Uint8Array.from([...key, 0]), into);
  expect(headsOf(into, result)).toEqual([{ region: U64_MAX, table: U64_MAX, first: 5n, last: 5n }]);
});

test('heads of tables that were trimmed begin after the trim, and dropped tables have none', async () => {
  const database = await temporaryDatabase();
  for (let table = 1n; table <= 3n; table++)
    writeRuns(database, [{ id: { region: 1n, table }, first: 1n, count: 9 }]);
  const lower = (table: bigint) => logKey({ instance: 0, region: 1n, table }, 0n);
  database.trim(lower(1n), logKey({ instance: 0, region: 1n, table: 1n }, 5n), metaKey(0, 1n), 9n, {
    sync: false,
  });
  database.drop(lower(2n), lower(3n), metaKey(0, 2n), { sync: false });
  expect(allHeads(database, instanceRange(0), 10)).toEqual([
    { region: 1n, table: 1n, first: 5n, last: 9n },
    { region: 1n, table: 3n, first: 1n, last: 9n },
  ]);
});

test.each([
  [
    'between two tables',
    Uint8Array.from([...logKey({ instance: 0, region: 1n, table: 2n }, 0n).subarray(0, 20)]),
    1,
  ],
  [
    'behind the last entry of a table',
    Uint8Array.from([...logKey({ instance: 0, region: 1n, table: 3n }, 9n), 1]),
    1,
  ],
  ['before all', Uint8Array.of(1), 0],
] as const)('a foreign key stops heads: %s', async (_name, foreign, count) => {
  const database = await temporaryDatabase();
  for (const table of [1n, 3n]) writeRuns(database, [{ id: { region: 1n, table }, first: 1n, count: 9 }]);
  database.put(foreign, Uint8Array.of(0), { sync: false });
  const result = database.heads(everything.lower, everything.upper, new Uint8Array(400));
  expect(result).toEqual({ count, more: true, resumeAt: null, foreign });
});

test('heads wants room for one table at least', async () => {
  const database = await temporaryDatabase();
  expect(() => database.heads(everything.lower, everything.upper, new Uint8Array(39))).toThrow(RangeError);
});

test('heads of a snapshot are those of its moment', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id: { region: 1n, table: 1n }, first: 1n, count: 5 }]);
  const snapshot = database.snapshot();
  writeRuns(database, [{ id: { region: 1n, table: 1n }, first: 6n, count: 5 }]);
  const into = new Uint8Array(40);
  const result = database.heads(everything.lower, everything.upper, into, { snapshot });
  expect(headsOf(into, result)[0]?.last).toBe(5n);
});

test('records reads any keys and values in pieces of any size', async () => {
  const database = await temporaryDatabase();
  const expected: [string, string][] = [];
  for (let i = 0n; i < 40n; i++) {
    const value = new Uint8Array(Number(i) % 13).fill(Number(i));
    database.put(metaKey(0, i), value, { sync: false });
    expected.push([Buffer.from(metaKey(0, i)).toString('hex'), Buffer.from(value).toString('hex')]);
  }
  const { lower, upper } = metaRange(0);
  for (const size of [40, 41, 64, 100, 4096]) {
    const into = new Uint8Array(size);
    const view = new DataView(into.buffer);
    const found: [string, string][] = [];
    for (let from: Uint8Array | null = lower; from !== null; ) {
      const result = database.records(from, upper, into);
      let at = 0;
      for (let i = 0; i < result.count; i++) {
        const [keySize, valueSize] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
        const key = Buffer.from(into.subarray(at + 8, at + 8 + keySize)).toString('hex');
        const value = Buffer.from(into.subarray(at + 8 + keySize, at + 8 + keySize + valueSize)).toString(
          'hex',
        );
        found.push([key, value]);
        at += 8 + keySize + valueSize;
      }
      expect(at).toBe(result.byteLength);
      from = result.resumeAt;
    }
    expect(found).toEqual(expected);
  }
});

test('a first record that does not fit says how many bytes it needs', async () => {
  const database = await temporaryDatabase();
  database.put(metaKey(0, 1n), new Uint8Array(9), { sync: false });
  const { lower, upper } = metaRange(0);
  const refused = database.records(lower, upper, new Uint8Array(27));
  expect(refused).toEqual({ count: 0, byteLength: 0, more: true, neededBytes: 28, resumeAt: metaKey(0, 1n) });
  expect(database.records(lower, upper, new Uint8Array(28))).toMatchObject({
    count: 1,
    byteLength: 28,
    more: false,
  });
});

test('maxRecords limits records', async () => {
  const database = await temporaryDatabase();
  for (let i = 0n; i < 5n; i++) database.put(metaKey(0, i), Uint8Array.of(1), { sync: false });
  const { lower, upper } = metaRange(0);
  const result = database.records(lower, upper, new Uint8Array(4096), { maxRecords: 2 });
  expect(result).toMatchObject({ count: 2, more: true, resumeAt: metaKey(0, 2n) });
});
