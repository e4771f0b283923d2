import {
  decodeMetaValue,
  encodeLogKeyPrefix,
  encodeRun,
  logKey,
  metaKey,
  RUN_DROP,
  RUN_FLOOR,
  RUN_STRIDE,
  RUN_TRIM,
  RUN_TRIM_MOST,
  tableRange,
  U64_MAX,
} from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { readRange, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

interface Id {
  readonly region: bigint;
  readonly table: bigint;
}
/** Sequence, entries, flags. */
type Run = readonly [id: Id, first: bigint, count: number, flags?: number];

const id = { region: 1n, table: 7n };
const twin = { region: 2n, table: 7n };
const next = { region: 1n, table: 8n };

function runsOf(runs: readonly Run[], instance = 0): Uint8Array {
  const bytes = new Uint8Array(runs.length * RUN_STRIDE);
  runs.forEach(([of, first, count, flags], index) => {
    const prefix = new Uint8Array(17);
    encodeLogKeyPrefix(prefix, 0, { instance, ...of });
    encodeRun(bytes, index * RUN_STRIDE, prefix, first, count, flags);
  });
  return bytes;
}

function write(database: Database, ...runs: readonly Run[]): void {
  const entries = runs.reduce((sum, [, , count]) => sum + count, 0);
  const lengths = new Uint8Array(Uint32Array.from({ length: entries }, () => 1).buffer);
  database.write(runsOf(runs), lengths, new Uint8Array(entries), { sync: false });
}

function sequences(database: Database, of: Id, instance = 0): bigint[] {
  return readRange(database, tableRange(instance, of)).map((entry) => entry.sequence);
}

function floorOf(database: Database, table: bigint, instance = 0): bigint | null {
  const value = database.get(metaKey(instance, table));
  return value === null ? null : decodeMetaValue(value);
}

test('removals of a write stand between the entries before and after them', async () => {
  const database = await temporaryDatabase();
  write(
    database,
    [id, 1n, 3],
    [next, 1n, 2],
    [id, 2n, 0, RUN_TRIM],
    [id, 3n, 0, RUN_FLOOR],
    [id, 4n, 1],
    [next, 0n, 0, RUN_DROP],
    [next, 1n, 1],
  );
  expect(sequences(database, id)).toEqual([3n, 4n]);
  expect(sequences(database, next)).toEqual([1n]);
  expect(floorOf(database, 7n)).toBe(3n);
  expect(floorOf(database, 8n)).toBe(null);
});

test('a floor never goes down but by a drop, within a write and between them', async () => {
  const database = await temporaryDatabase();
  write(database, [id, 9n, 0, RUN_FLOOR], [twin, 4n, 0, RUN_FLOOR]);
  expect(floorOf(database, 7n)).toBe(9n);
  write(database, [twin, 5n, 0, RUN_FLOOR]);
  expect(floorOf(database, 7n)).toBe(9n);
  write(database, [id, 0n, 0, RUN_DROP], [twin, 2n, 0, RUN_FLOOR], [id, 1n, 0, RUN_FLOOR]);
  expect(floorOf(database, 7n)).toBe(2n);
});

test('a trim with a count removes so many entries up to its sequence, and no other', async () => {
  const database = await temporaryDatabase();
  write(database, [id, 1n, 100], [next, 1n, 9], [twin, 1n, 9]);
  database.remove(runsOf([[id, 1n, 2, RUN_TRIM]]), { sync: false });
  database.remove(runsOf([[id, 90n, RUN_TRIM_MOST, RUN_TRIM]]), { sync: false });
  const left = Array.from({ length: 100 }, (_, i) => BigInt(i + 1)).filter(
    (n) => (n > 1n && n <= 26n) || n > 90n,
  );
  expect(sequences(database, id)).toEqual(left);
  expect(sequences(database, next)).toHaveLength(9);
  expect(sequences(database, twin)).toHaveLength(9);
  await database.flush();
  expect(sequences(database, id)).toEqual(left);
  await database.compactRange();
  expect(sequences(database, id)).toEqual(left);

  // In a write, after what stands before it and before what stands after it.
  const entries = new Uint8Array(Uint32Array.from({ length: 4 }, () => 1).buffer);
  const runs = runsOf([
    [next, 10n, 2],
    [next, 10n, 10, RUN_TRIM],
    [next, 12n, 2],
  ]);
  database.write(runs, entries, new Uint8Array(4), { sync: false });
  expect(sequences(database, next)).toEqual([11n, 12n, 13n]);
  // Around 0 and the largest sequence there is.
  for (const first of [0n, U64_MAX]) {
    database.put(logKey({ instance: 0, ...twin }, first), Uint8Array.of(0), { sync: false });
    database.remove(runsOf([[twin, first, 1, RUN_TRIM]]), { sync: false });
    expect(sequences(database, twin)).toHaveLength(9);
  }
});

test('drops of a write are known afterwards', async () => {
  const database = await temporaryDatabase();
  const before = database.drops();
  write(database, [id, 1n, 1], [id, 0n, 0, RUN_DROP], [next, 1n, 0, RUN_TRIM]);
  expect(database.drops()).toBe(before + 1n);
  expect(database.droppedSince(tableRange(0, id).lower, before)).toBe(true);
  expect(database.droppedSince(metaKey(0, 7n), before)).toBe(true);
  expect(database.droppedSince(tableRange(0, next).lower, before)).toBe(false);
});

test.each([0, 3, 127])(
  'the range is that of the table and of nothing else, in instance %i',
  async (instance) => {
    const database = await temporaryDatabase();
    const tables = [0n, 1n, 255n, 256n, U64_MAX - 1n, U64_MAX];
    const ids = [0n, U64_MAX].flatMap((region) => tables.map((table) => ({ region, table })));
    const keys = (of: Id): Uint8Array[] =>
      [1n, 2n, U64_MAX].map((sequence) => logKey({ instance, ...of }, sequence));
    for (const of of ids) for (const key of keys(of)) database.put(key, Uint8Array.of(0), { sync: false });
    for (const of of ids) {
      database.remove(runsOf([[of, 1n, 0, RUN_TRIM]], instance), { sync: false });
      expect(sequences(database, of, instance)).toEqual([2n, U64_MAX]);
      database.remove(runsOf([[of, U64_MAX - 1n, 0, RUN_TRIM]], instance), { sync: false });
      expect(sequences(database, of, instance)).toEqual([U64_MAX]);
    }
    // What is no entry of this format goes with the rest of the table.
    const { lower } = tableRange(instance, ids[0] ?? id);
    const foreign = Uint8Array.of(...lower, ...new Uint8Array(8).fill(255), 0, 9);
    database.put(foreign, Uint8Array.of(0), { sync: false });
    ids.forEach((of, index) => {
      const flags = index % 2 === 0 ? RUN_TRIM : RUN_DROP;
      const first = flags === RUN_TRIM ? U64_MAX : 0n;
      database.remove(runsOf([[of, first, 0, flags]], instance), { sync: false });
      expect(sequences(database, of, instance)).toEqual([]);
      for (const other of ids.slice(index + 1)) expect(sequences(database, other, instance)).toHaveLength(1);
    });
    expect(database.get(foreign)).toBe(null);
  },
);

test('a removal that makes no sense is refused, and nothing is written', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 3 }]);
  const none = new Uint8Array(0);
  const damage: [at: number, value: number][] = [
    [18, 5],
    [18, 12],
    [18, 32],
    [20, 65],
    [23, 1],
    [0, 2],
    [19, 1],
  ];
  for (const [at, value] of damage) {
    const runs = runsOf([
      [id, U64_MAX, 0, RUN_TRIM],
      [id, U64_MAX, 0, RUN_TRIM],
    ]);
    runs[RUN_STRIDE + at] = value;
    expect(() => database.write(runs, none, none, { sync: false })).toThrow(RangeError);
    expect(() => database.remove(runs, { sync: false })).toThrow(RangeError);
  }
  const trim = runsOf([[id, 2n, 0, RUN_TRIM]]);
  trim[20] = 4;
  expect(() => database.remove(trim, { sync: false })).toThrow(RangeError);
  const floor = runsOf([[id, 2n, 0, RUN_FLOOR]]);
  floor[20] = 1;
  expect(() => database.remove(floor, { sync: false })).toThrow(RangeError);
  const drop = runsOf([[id, 0n, 0, RUN_DROP]]);
  drop[24] = 1;
  expect(() => database.remove(drop, { sync: false })).toThrow(RangeError);
  expect(() => database.remove(runsOf([[id, 4n, 1]]), { sync: false })).toThrow(RangeError);
  expect(sequences(database, id)).toEqual([1n, 2n, 3n]);
});

test('a record that is no floor fails the write as a whole', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 3 }]);
  database.put(metaKey(0, 7n), Uint8Array.of(9, 9), { sync: false });
  expect(() => write(database, [next, 1n, 1], [id, 3n, 0, RUN_FLOOR])).toThrow(
    expect.objectContaining({ code: 'ROCKSDB_CORRUPTION' }),
  );
  expect(sequences(database, next)).toEqual([]);
  // And lets go of what it held.
  write(database, [id, 0n, 0, RUN_DROP], [id, 3n, 0, RUN_FLOOR]);
  expect(floorOf(database, 7n)).toBe(3n);
});
