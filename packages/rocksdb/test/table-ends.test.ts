import { encodeMetaValue, logKey, META_VALUE_LENGTH, metaKey, tableRange, U64_MAX } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

interface Id {
  readonly region: bigint;
  readonly table: bigint;
}

interface Ends {
  readonly entries: [bigint, bigint] | null | 'unknown';
  readonly floor: bigint | 'unknown';
}

function prefixesOf(ids: readonly Id[]): Uint8Array {
  return Buffer.concat(ids.map((id) => logKey({ instance: 0, ...id }, 0n).subarray(0, 17)));
}

function endsOf(database: Database, ids: readonly Id[]): Ends[] {
  // What was in the buffer before does not matter.
  const into = new Uint8Array(ids.length * 32).fill(0xff);
  database.tableEnds(prefixesOf(ids), into);
  const words = new BigUint64Array(into.buffer);
  return ids.map((_, i) => {
    const [flags = 0n, first = 0n, last = 0n, floor = 0n] = words.subarray(i * 4, i * 4 + 4);
    const entries = (flags & 2n) === 0n ? null : ([first, last] satisfies [bigint, bigint]);
    return {
      entries: (flags & 1n) === 0n ? 'unknown' : entries,
      floor: (flags & 4n) === 0n ? 'unknown' : floor,
    };
  });
}

/** What is told of each table by itself. */
function endsOfEach(database: Database, ids: readonly Id[]): Ends[] {
  const sequence = (key: Uint8Array): bigint => new DataView(key.buffer, key.byteOffset).getBigUint64(17);
  return ids.map((id) => {
    const { lower, upper } = tableRange(0, id);
    const { first, last } = database.ends(lower, upper);
    const value = database.get(metaKey(0, id.table));
    return {
      entries: first === null || last === null ? null : [sequence(first), sequence(last)],
      floor: value === null ? 0n : new DataView(value.buffer, value.byteOffset).getBigUint64(1),
    };
  });
}

function putFloor(database: Database, table: bigint, floor: bigint): void {
  const value = new Uint8Array(META_VALUE_LENGTH);
  encodeMetaValue(value, 0, floor);
  database.put(metaKey(0, table), value, { sync: false });
}

test('tableEnds tells of many tables what ends and get tell of each', async () => {
  const database = await temporaryDatabase();
  const ids: Id[] = [];
  for (const region of [0n, 1n, 7n, U64_MAX]) {
    for (let table = 0n; table < 300n; table++) {
      const id = { region, table: table < 150n ? table : U64_MAX - (table - 150n) * 3n };
      ids.push(id);
      const kind = (table * 7n + region) % 6n;
      if (kind < 3n) continue;
      const first = (table % 5n) * 1000n;
      writeRuns(database, [{ id, first, count: Number(table % 4n) + 1 }]);
      if (kind === 4n) putFloor(database, id.table, first + 50n);
      if (kind === 5n) {
        const { lower, upper } = tableRange(0, id);
        database.trim(lower, upper, metaKey(0, id.table), first + 3n, { sync: false });
      }
      if (table % 100n === 40n) await database.flush();
    }
  }
  const inOrder = endsOf(database, ids);
  expect(inOrder).toEqual(endsOfEach(database, ids));
  expect(inOrder.filter(({ entries }) => entries !== null).length).toBeGreaterThan(300);
  const shuffled = ids.map((id, i) => ({ id, at: (i * 7919) % ids.length })).sort((a, b) => a.at - b.at);
  const some = shuffled.slice(0, 500).map(({ id }) => id);
  // The same table twice, too.
  const twice = [...some, ...some.slice(0, 100)];
  expect(endsOf(database, twice)).toEqual(endsOfEach(database, twice));
  expect(endsOf(database, [])).toEqual([]);
});

test('tableEnds does not tell what is not of this format, and tells the rest', async () => {
  const database = await temporaryDatabase();
  const ids = [1n, 2n, 3n, 4n, 5n].map((table) => ({ region: 1n, table }));
  writeRuns(
    database,
    ids.map((id) => ({ id, first: 1n, count: 3 })),
  );
  const beyond = Uint8Array.from([...logKey({ instance: 0, region: 1n, table: 2n }, 9n), 1]);
  database.put(beyond, Uint8Array.of(0), { sync: false });
  const before = logKey({ instance: 0, region: 1n, table: 4n }, 0n).subarray(0, 20);
  database.put(before, Uint8Array.of(0), { sync: false });
  database.put(metaKey(0, 3n), Uint8Array.of(7, 7), { sync: false });
  putFloor(database, 4n, 12n);
  expect(endsOf(database, ids)).toEqual([
    { entries: [1n, 3n], floor: 0n },
    { entries: 'unknown', floor: 0n },
    { entries: [1n, 3n], floor: 'unknown' },
    { entries: 'unknown', floor: 12n },
    { entries: [1n, 3n], floor: 0n },
  ]);
});

test('tableEnds wants whole tables, and room for each of them', async () => {
  const database = await temporaryDatabase();
  const two = prefixesOf([1n, 2n].map((table) => ({ region: 1n, table })));
  expect(() => database.tableEnds(two.subarray(1), new Uint8Array(64))).toThrow(RangeError);
  expect(() => database.tableEnds(two, new Uint8Array(63))).toThrow(RangeError);
  expect(() => database.tableEnds(new Uint8Array(17), new Uint8Array(64))).toThrow(RangeError);
});
