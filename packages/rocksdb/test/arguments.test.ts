import { attachDatabase, Database, openDatabase, Snapshot } from '@shale/rocksdb';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchOf, verifyTable, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const id = { region: 1n, table: 1n };

/** What no call takes as bytes. Functions, for a detached buffer cannot be made twice. */
const notBytes: readonly (readonly [string, () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a number', () => 7],
  ['a string', () => 'bytes'],
  ['a bigint', () => 1n],
  ['a symbol', () => Symbol('bytes')],
  ['an object', () => ({ byteLength: 8, buffer: new ArrayBuffer(8) })],
  ['an array', () => [1, 2, 3]],
  ['a function', () => () => {}],
  ['a DataView', () => new DataView(new ArrayBuffer(8))],
  ['a Uint16Array', () => new Uint16Array(8)],
  ['a Float64Array', () => new Float64Array(8)],
  ['a Uint8ClampedArray', () => new Uint8ClampedArray(8)],
  ['a view of a SharedArrayBuffer', () => new Uint8Array(new SharedArrayBuffer(64))],
  ['a detached view', () => detached(new Uint8Array(64))],
  ['a proxy of bytes', () => new Proxy(new Uint8Array(8), {})],
  ['something that inherits from bytes', () => Object.create(new Uint8Array(8))],
];

function detached(bytes: Uint8Array): Uint8Array {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
  return bytes;
}

// JavaScript callers may pass anything, so everything here goes in untyped.
type Call = (database: Database, value: unknown) => unknown;
const key = Uint8Array.of(1);
const sync = { sync: false };
const bytesCalls: readonly (readonly [string, Call])[] = [
  ['write runs', (db, v) => db.write(v as never, key, key, sync)],
  ['write lengths', (db, v) => db.write(new Uint8Array(0), v as never, new Uint8Array(0), sync)],
  ['write data', (db, v) => db.write(new Uint8Array(0), new Uint8Array(0), v as never, sync)],
  ['put key', (db, v) => db.put(v as never, key, sync)],
  ['put value', (db, v) => db.put(key, v as never, sync)],
  ['trim lower', (db, v) => db.trim(v as never, key, key, 1n, sync)],
  ['trim upper', (db, v) => db.trim(key, v as never, key, 1n, sync)],
  ['trim metaKey', (db, v) => db.trim(key, key, v as never, 1n, sync)],
  ['drop lower', (db, v) => db.drop(v as never, key, key, sync)],
  ['drop upper', (db, v) => db.drop(key, v as never, key, sync)],
  ['drop metaKey', (db, v) => db.drop(key, key, v as never, sync)],
  ['scan lower', (db, v) => db.scan(v as never, key, new ArrayBuffer(8))],
  ['scan upper', (db, v) => db.scan(key, v as never, new ArrayBuffer(8))],
  ['scan into', (db, v) => db.scan(key, key, v as never)],
  ['ends lower', (db, v) => db.ends(v as never, key)],
  ['ends upper', (db, v) => db.ends(key, v as never)],
  ['tableEnds tables', (db, v) => db.tableEnds(v as never, new ArrayBuffer(32))],
  ['tableEnds into', (db, v) => db.tableEnds(new Uint8Array(17).fill(1), v as never)],
  ['heads lower', (db, v) => db.heads(v as never, key, new ArrayBuffer(40))],
  ['heads into', (db, v) => db.heads(key, key, v as never)],
  ['records lower', (db, v) => db.records(v as never, key, new ArrayBuffer(40))],
  ['records into', (db, v) => db.records(key, key, v as never)],
  ['get', (db, v) => db.get(v as never)],
  ['approximateSize lower', (db, v) => db.approximateSize(v as never, key)],
  ['approximateSize upper', (db, v) => db.approximateSize(key, v as never)],
];

test.each(bytesCalls)('%s takes bytes and nothing else', async (_name, call) => {
  const database = await temporaryDatabase();
  for (const [what, make] of notBytes) {
    expect(() => call(database, make()), what).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    );
  }
});

test('a detached or shared buffer is no target of a scan', async () => {
  const database = await temporaryDatabase();
  const buffer = new ArrayBuffer(64);
  structuredClone(buffer, { transfer: [buffer] });
  expect(() => database.scan(key, key, buffer)).toThrow(TypeError);
  expect(() => database.scan(key, key, new SharedArrayBuffer(64) as never)).toThrow(TypeError);
});

const otherCalls: readonly (readonly [string, readonly unknown[], Call])[] = [
  [
    'write options',
    [undefined, null, 7, {}, { sync: 1 }, { sync: null }],
    (db, v) => db.put(key, key, v as never),
  ],
  ['trim options', [undefined, null, {}, { sync: 'yes' }], (db, v) => db.trim(key, key, key, 1n, v as never)],
  ['floor type', [undefined, null, 1, '1', {}], (db, v) => db.trim(key, key, key, v as never, sync)],
  ['scan options', [null, 7, 'x', { reverse: 1 }, { fillCache: 'x' }, { verifyChecksums: 0 }], scanWith],
  [
    'snapshot',
    [{ snapshot: {} }, { snapshot: null }, { snapshot: 7 }, { snapshot: new Uint8Array(8) }],
    scanWith,
  ],
  [
    'maxEntries type',
    [{ maxEntries: '1' }, { maxEntries: 1n }, { maxEntries: null }, { maxEntries: {} }],
    scanWith,
  ],
  ['claim', [undefined, null, 7, {}, Symbol('x')], (db, v) => db.claim(v as never)],
  ['releaseClaim', [undefined, 7], (db, v) => db.releaseClaim(v as never)],
  ...(['lend', 'useLoan', 'returnLoan', 'endLoan'] as const).map(
    (call) =>
      [call, [undefined, null, 1, '1', {}], (db: Database, v: unknown) => db[call](v as never)] as const,
  ),
  ['property', [undefined, 7, {}], (db, v) => db.property(v as never)],
  ['intProperty', [undefined, 7, {}], (db, v) => db.intProperty(v as never)],
];

function scanWith(database: Database, options: unknown): unknown {
  return database.scan(key, key, new ArrayBuffer(64), options as never);
}

test.each(otherCalls)('%s of a wrong type is a TypeError', async (_name, values, call) => {
  const database = await temporaryDatabase();
  for (const value of values) {
    expect(() => call(database, value)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    );
  }
});

const rangeCalls: readonly (readonly [string, readonly unknown[], Call])[] = [
  ['floor', [-1n, 2n ** 64n, 2n ** 200n], (db, v) => db.trim(key, key, key, v as never, sync)],
  [
    'maxEntries',
    [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32].map((maxEntries) => ({ maxEntries })),
    scanWith,
  ],
  ['upper below lower', [new Uint8Array(0)], (db, v) => db.scan(key, v as never, new ArrayBuffer(8))],
  ['an empty key', [new Uint8Array(0)], (db, v) => db.put(v as never, key, sync)],
  ['an empty meta key', [new Uint8Array(0)], (db, v) => db.trim(key, key, v as never, 1n, sync)],
  ['a name with a null character', ['a\0b'], (db, v) => db.claim(v as never)],
];

test.each(rangeCalls)('%s out of range is a RangeError', async (_name, values, call) => {
  const database = await temporaryDatabase();
  for (const value of values) {
    expect(() => call(database, value)).toThrow(
      expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }),
    );
  }
});

test.each([undefined, null, 7, {}, Uint8Array.of(1), 'a\0b'])(
  'a path that is none is refused: %s',
  async (path) => {
    await expect(openDatabase(path as never)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    expect(() => attachDatabase(path as never)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_/) }),
    );
  },
);

test('promises are rejected, never thrown', async () => {
  const database = await temporaryDatabase();
  const code = { code: 'ERR_INVALID_ARG_TYPE' };
  await expect(database.checkpoint(7 as never)).rejects.toMatchObject(code);
  await expect(database.compactRange('a' as never)).rejects.toMatchObject(code);
  await expect(database.compactRange(key, key, 7 as never)).rejects.toMatchObject(code);
  await expect(database.deleteFilesInRanges({} as never)).rejects.toMatchObject(code);
});

test('objects that are no database and no snapshot are refused', async () => {
  const database = await temporaryDatabase();
  expect(() => Database.prototype.get.call({} as never, key)).toThrow(TypeError);
  expect(() => Snapshot.prototype.release.call({} as never)).toThrow(TypeError);
  expect(() => new Database({} as never, false)).toThrow(TypeError);
  expect(() => new Snapshot({} as never).release()).toThrow(TypeError);
  // A snapshot's handle is none of a database, nor the other way round.
  const foreign = Object.create(Snapshot.prototype);
  expect(() => database.get(key, { snapshot: foreign })).toThrow(TypeError);
});

test('a getter of the options cannot pull a buffer from under a call', async () => {
  const database = await temporaryDatabase();
  const { runs, lengths, data } = batchOf([{ id, first: 1n, count: 5 }]);
  const options = {
    get sync() {
      detached(data);
      return false;
    },
  };
  expect(() => database.write(runs, lengths, data, options)).toThrow(TypeError);
});

test('whatever the arguments, a call answers or throws an error with a code', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 100 }]);
  const small = fc.uint8Array({ maxLength: 40 });
  const value: fc.Arbitrary<unknown> = fc.oneof(
    small,
    small.map((bytes) => bytes.buffer),
    fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true }),
    fc.constantFrom(
      undefined,
      { sync: true },
      { sync: false },
      -1,
      2 ** 53,
      2n ** 64n - 1n,
      new ArrayBuffer(4096),
    ),
  );
  const methods = [
    ...[
      'write',
      'put',
      'trim',
      'drop',
      'scan',
      'ends',
      'heads',
      'tableEnds',
      'records',
      'get',
      'approximateSize',
    ],
    ...['property', 'intProperty', 'claim', 'releaseClaim'],
    ...['openLoan', 'lend', 'useLoan', 'returnLoan', 'endLoan'],
  ] as const;
  await fc.assert(
    fc.property(fc.constantFrom(...methods), fc.array(value, { maxLength: 6 }), (method, args) => {
      try {
        // Deliberately untyped.
        (database as unknown as Record<string, (...values: unknown[]) => unknown>)[method]?.(...args);
      } catch (error) {
        expect(error).toHaveProperty('code', expect.stringMatching(/^(ERR_|ROCKSDB_)/));
      }
    }),
    { numRuns: 3000 },
  );
});

test('whatever the bytes of a batch, it is written whole or refused', async () => {
  const database = await temporaryDatabase();
  await fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 96 }),
      fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 6 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.boolean(),
      (runs, sizes, data, plausible) => {
        const lengths = new Uint8Array(new Uint32Array(sizes).buffer);
        if (plausible) {
          runs.fill(0, 17, 24);
          runs[20] = sizes.length;
          data.fill(0);
        }
        const before = database.latestSequence();
        try {
          database.write(runs, lengths, data, sync);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
          expect(database.latestSequence()).toBe(before);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('whatever the range and the size, a scan stays within its buffer', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 200 }]);
  await fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 30 }),
      fc.uint8Array({ maxLength: 30 }),
      fc.nat(2000),
      (a, b, size) => {
        const [lower, upper] = Buffer.compare(a, b) <= 0 ? [a, b] : [b, a];
        const buffer = new Uint8Array(size + 64).fill(0xee);
        const target = buffer.subarray(32, 32 + size);
        database.scan(lower, upper, target);
        database.records(lower, upper, target);
        if (size >= 40) database.heads(lower, upper, target);
        expect(buffer.subarray(0, 32).every((byte) => byte === 0xee)).toBe(true);
        expect(buffer.subarray(32 + size).every((byte) => byte === 0xee)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
  verifyTable(database, id, 1n, 200n);
});
