import {
  APPEND_EXPECTS,
  APPEND_ID,
  APPEND_ID_KEY_LENGTH,
  APPEND_JOINS,
  AppendFrameWriter,
  appendIdKey,
  appendIdRange,
  appendIdRangeOfTable,
  consumerRange,
  decodeAppendFrame,
  decodeAppendId,
  decodeAppendIdKey,
  decodeMetaKey,
  encodeAppendId,
  floorRange,
  LOG_KEY_LENGTH,
  META_KEY_LENGTH,
  META_VALUE_LENGTH,
  positionRange,
  requirementRange,
  toAppendId,
} from '@shale/codec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tableId, u64 } from './support/arbitraries.js';
import { walErrorOf } from './support/errors.js';
import { prefixOf } from './support/frames.js';

const instance = fc.nat(126);
const idBytes = fc.uint8Array({ minLength: 1, maxLength: 255 });
const entries = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const time = fc.maxSafeNat();

function holds({ lower, upper }: { lower: Uint8Array; upper: Uint8Array }, key: Uint8Array): boolean {
  return Buffer.compare(lower, key) <= 0 && Buffer.compare(key, upper) < 0;
}

test('the id of an append comes back, and its key is in its ranges and in no other', () => {
  fc.assert(
    fc.property(
      instance,
      instance,
      tableId,
      tableId,
      u64,
      fc.record({ entries, time, id: idBytes }),
      (i, other, id, strange, first, value) => {
        const key = appendIdKey(i, { ...id, first });
        expect(decodeAppendIdKey(key, i)).toEqual({ ...id, first });
        expect(decodeAppendId(encodeAppendId(value))).toEqual(value);
        expect(holds(appendIdRange(other), key)).toBe(i === other);
        const isOfTable = strange.region === id.region && strange.table === id.table;
        expect(holds(appendIdRangeOfTable(i, strange), key)).toBe(isOfTable);
        for (const range of [floorRange(127), requirementRange(), consumerRange(i), positionRange(i)]) {
          expect(holds(range, key)).toBe(false);
        }
        walErrorOf(() => decodeMetaKey(key), 'SHALE_CORRUPT');
      },
    ),
  );
});

test('no key of an id is as long as a log key, and no record of one as long as a metadata record', () => {
  expect(APPEND_ID_KEY_LENGTH).not.toBe(LOG_KEY_LENGTH);
  const shortest = encodeAppendId({ entries: 1, time: 0, id: Uint8Array.of(1) });
  expect(APPEND_ID_KEY_LENGTH + shortest.length).toBeGreaterThan(META_KEY_LENGTH + META_VALUE_LENGTH);
});

test('what is no id of an append is told as such, whatever it is', () => {
  const key = appendIdKey(0, { region: 1n, table: 2n, first: 3n });
  const value = encodeAppendId({ entries: 1, time: 2, id: Uint8Array.of(9) });
  const changed = (bytes: Uint8Array, at: number, to: number): Uint8Array =>
    bytes.map((byte, i) => (i === at ? to : byte));
  const field = (run: () => unknown): unknown => walErrorOf(run, 'SHALE_CORRUPT').details?.field;
  expect(field(() => decodeAppendIdKey(key.subarray(1), 0))).toBe('length');
  expect(field(() => decodeAppendIdKey(changed(key, 0, 0), 0))).toBe('namespace');
  expect(field(() => decodeAppendIdKey(changed(key, 1, 1), 0))).toBe('keyType');
  expect(field(() => decodeAppendIdKey(key, 1))).toBe('instance');
  expect(field(() => decodeAppendIdKey(changed(key, 27, 1), 0))).toBe('version');
  expect(field(() => decodeAppendId(value.subarray(0, 13)))).toBe('length');
  expect(field(() => decodeAppendId(new Uint8Array(13 + 256)))).toBe('length');
  expect(field(() => decodeAppendId(changed(value, 0, 1)))).toBe('version');
  expect(field(() => decodeAppendId(changed(value, 4, 0)))).toBe('entries');
  expect(field(() => decodeAppendId(changed(value, 5, 0xff)))).toBe('time');
});

test('an id is a string or bytes, and nothing else is one', () => {
  expect(toAppendId('é')).toEqual(Uint8Array.of(0xc3, 0xa9));
  expect(toAppendId(Buffer.from('a'))).toEqual(Uint8Array.of(0x61));
  const own = Uint8Array.of(1, 2);
  const copy = toAppendId(own);
  own.fill(9);
  expect(copy).toEqual(Uint8Array.of(1, 2));
  expect(toAppendId(Uint8Array.of(1, 2).buffer)).toEqual(copy);
  expect(toAppendId('x'.repeat(255))).toHaveLength(255);
  for (const id of ['', 'x'.repeat(256), 'é'.repeat(128), '\ud800', new Uint8Array(0), new Uint8Array(256)]) {
    expect(walErrorOf(() => toAppendId(id), 'SHALE_INVALID_ARGUMENT').details).toEqual({ field: 'id' });
  }
  const detached = new Uint8Array(4);
  structuredClone(detached, { transfer: [detached.buffer] });
  for (const id of [null, 5, 5n, {}, [1], new Uint16Array(1), detached]) {
    walErrorOf(() => toAppendId(id), 'SHALE_INVALID_ARGUMENT');
  }
});

const ID = { region: 1n, table: 2n };

function sealed(build: (writer: AppendFrameWriter, table: number) => void): Uint8Array {
  const writer = new AppendFrameWriter(new ArrayBuffer(4096));
  build(writer, writer.addTable(prefixOf(ID)));
  return writer.seal({ sync: true }).slice();
}

test('a frame has an id before the append that it is of', () => {
  const id = toAppendId('one');
  const frame = decodeAppendFrame(
    sealed((writer, table) => {
      writer.addId(table, 2, 77, id);
      writer.beginAppend(table, { joins: true, expect: 5n });
      writer.add(Uint8Array.of(1));
      writer.add(Uint8Array.of(2));
      writer.beginAppend(table);
    }),
  );
  expect([...frame.appends]).toEqual([0, 1, APPEND_ID, 0, 2, APPEND_JOINS | APPEND_EXPECTS, 0, 0, 0]);
  expect(decodeAppendId(frame.data.subarray(0, 16))).toEqual({ entries: 2, time: 77, id });
  expect(frame.expects).toEqual(BigUint64Array.of(5n));
});

test.each<[string, (writer: AppendFrameWriter, table: number) => void]>([
  ['nothing behind it', (writer, table) => writer.addId(table, 1, 0, Uint8Array.of(1))],
  [
    'an append that does not join it',
    (writer, table) => {
      writer.addId(table, 1, 0, Uint8Array.of(1));
      writer.beginAppend(table);
      writer.add(Uint8Array.of(1));
    },
  ],
  [
    'an append of another table',
    (writer, table) => {
      writer.addId(table, 1, 0, Uint8Array.of(1));
      writer.beginAppend(writer.addTable(prefixOf({ region: 1n, table: 3n })), { joins: true });
      writer.add(Uint8Array.of(1));
    },
  ],
  [
    'an append of more entries',
    (writer, table) => {
      writer.addId(table, 1, 0, Uint8Array.of(1));
      writer.beginAppend(table, { joins: true });
      writer.add(Uint8Array.of(1));
      writer.add(Uint8Array.of(1));
    },
  ],
  [
    'more that joins',
    (writer, table) => {
      writer.addId(table, 1, 0, Uint8Array.of(1));
      writer.beginAppend(table, { joins: true });
      writer.add(Uint8Array.of(1));
      writer.beginAppend(table, { joins: true });
    },
  ],
])('a frame with an id and %s is refused', (_, build) => {
  const { details } = walErrorOf(() => decodeAppendFrame(sealed(build)), 'SHALE_CORRUPT');
  expect(details).toMatchObject({ field: 'appends', append: 0 });
});

test('a frame that had to take an addition back has nothing of its id', () => {
  const bytes = sealed((writer, table) => {
    writer.begin(2, 100, 2);
    writer.addId(table, 1, 0, Uint8Array.of(1));
    writer.begin(1, 10, 1);
    writer.beginAppend(table);
    writer.add(Uint8Array.of(1));
    writer.commit();
  });
  expect([...decodeAppendFrame(bytes).appends]).toEqual([0, 1, 0]);
});
