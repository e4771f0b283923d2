import {
  APPEND_EXPECTS,
  APPEND_ID,
  APPEND_ID_KEY_LENGTH,
  AppendFrameWriter,
  appendIdKey,
  appendIdRange,
  appendIdRangeOfTable,
  checkAppendId,
  consumerRange,
  decodeAppendFrame,
  decodeAppendId,
  decodeAppendIdKey,
  decodeAppendIds,
  decodeMetaKey,
  encodeAppendId,
  encodeAppendIds,
  floorRange,
  ID_HEADER_LENGTH,
  LOG_KEY_LENGTH,
  META_KEY_LENGTH,
  META_VALUE_LENGTH,
  positionRange,
  requirementRange,
  timeOfId,
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

test('the ids of several appends come back, and what is none is told as such', () => {
  const several = fc.array(
    fc.record({
      gap: fc.nat(9),
      entries: fc.integer({ min: 1, max: 9 }),
      time: fc.nat(2 ** 32 - 1),
      id: idBytes,
    }),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(fc.bigInt(1n, 2n ** 63n), several, fc.nat(2 ** 41), (first, all, since) => {
      let next = first;
      const ids = all.map(({ gap, entries: count, time: after, id }, i) => {
        const at = i === 0 ? first : next + BigInt(gap);
        next = at + BigInt(count);
        return { first: at, entries: count, time: since + after, id };
      });
      expect(decodeAppendIds({ first }, encodeAppendIds(ids))).toEqual(ids);
    }),
  );
  const ids = [
    { first: 7n, entries: 2, time: 5, id: Uint8Array.of(1) },
    { first: 9n, entries: 1, time: 5, id: Uint8Array.of(2) },
  ];
  const value = encodeAppendIds(ids);
  const changed = (at: number, to: number): Uint8Array => value.map((byte, i) => (i === at ? to : byte));
  const field = (bytes: Uint8Array, first = 7n): unknown =>
    walErrorOf(() => decodeAppendIds({ first }, bytes), 'SHALE_CORRUPT').details?.field;
  expect(decodeAppendIds({ first: 7n }, value)).toEqual(ids);
  for (const end of [1, 9, 22, 24, 36]) expect(field(value.subarray(0, end))).toBe('length');
  expect(field(changed(0, 2))).toBe('version');
  expect(field(changed(1, 0xff))).toBe('time');
  expect(field(changed(12, 1))).toBe('after');
  expect(field(changed(26, 1))).toBe('after');
  expect(field(changed(16, 0))).toBe('entries');
  expect(field(changed(21, 0))).toBe('length');
  expect(field(value, 2n ** 64n - 2n)).toBe('after');
  expect(decodeAppendIds({ first: 2n ** 64n - 3n }, value)).toHaveLength(2);
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

test('an id of ASCII is taken as it is, and any other as bytes', () => {
  expect(checkAppendId('a-1')).toBe('a-1');
  expect(checkAppendId('é')).toEqual(Uint8Array.of(0xc3, 0xa9));
  expect(checkAppendId(Uint8Array.of(1))).toEqual(Uint8Array.of(1));
  for (const id of ['', 'x'.repeat(256), 'é'.repeat(128), '\ud800', 5, undefined]) {
    walErrorOf(() => checkAppendId(id), 'SHALE_INVALID_ARGUMENT');
  }
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

/** The ids of a frame. */
function textsOf(ids: Uint8Array): string[] {
  const texts: string[] = [];
  for (let at = 0; at < ids.length; at += ID_HEADER_LENGTH + (ids[at] ?? 0)) {
    const from = at + ID_HEADER_LENGTH;
    texts.push(Buffer.from(ids.subarray(from, from + (ids[at] ?? 0))).toString());
  }
  return texts;
}

function sealed(build: (writer: AppendFrameWriter, table: number) => void): Uint8Array {
  const writer = new AppendFrameWriter(new ArrayBuffer(4096));
  build(writer, writer.addTable(prefixOf(ID)));
  return writer.seal({ sync: true }).slice();
}

test('a frame has the ids of its appends, in their order', () => {
  const frame = decodeAppendFrame(
    sealed((writer, table) => {
      writer.beginAppend(table, { expect: 5n });
      writer.addId(2 ** 40 + 77, toAppendId('one'));
      writer.add(Uint8Array.of(1));
      writer.add(Uint8Array.of(2));
      writer.beginAppend(table);
      writer.beginAppend(table);
      writer.addId(78, 'two!');
      writer.add(Uint8Array.of(3));
    }),
  );
  expect([...frame.appends]).toEqual([0, 2, APPEND_ID | APPEND_EXPECTS, 0, 0, 0, 0, 1, APPEND_ID]);
  expect([timeOfId(frame.ids, 0), timeOfId(frame.ids, 12)]).toEqual([2 ** 40 + 77, 78]);
  expect(textsOf(frame.ids)).toEqual(['one', 'two!']);
  expect(frame.expects).toEqual(BigUint64Array.of(5n));
  expect(decodeAppendFrame(sealed((writer, table) => writer.beginAppend(table))).ids).toHaveLength(0);
});

test.each<[string, string, (writer: AppendFrameWriter, table: number) => void]>([
  [
    'of an append without entries',
    'appends',
    (writer, table) => {
      writer.beginAppend(table);
      writer.addId(0, Uint8Array.of(1));
    },
  ],
  [
    'of an append that joins another one',
    'appends',
    (writer, table) => {
      writer.beginAppend(table);
      writer.beginAppend(table, { joins: true });
      writer.addId(0, Uint8Array.of(1));
      writer.add(Uint8Array.of(1));
    },
  ],
  [
    'and an append that joins it',
    'appends',
    (writer, table) => {
      writer.beginAppend(table);
      writer.addId(0, Uint8Array.of(1));
      writer.add(Uint8Array.of(1));
      writer.beginAppend(table, { joins: true });
    },
  ],
  [
    'twice',
    'ids',
    (writer, table) => {
      writer.beginAppend(table);
      writer.addId(0, Uint8Array.of(1));
      writer.addId(0, Uint8Array.of(2));
      writer.add(Uint8Array.of(1));
    },
  ],
])('a frame with an id %s is refused', (_, field, build) => {
  const { details } = walErrorOf(() => decodeAppendFrame(sealed(build)), 'SHALE_CORRUPT');
  expect(details).toMatchObject({ field });
});

test('a frame whose ids are cut, or of a time beyond the years, is refused', () => {
  const bytes = sealed((writer, table) => {
    writer.beginAppend(table);
    writer.addId(0, 'identified');
    writer.add(Uint8Array.of(1));
  });
  const at = Buffer.from(bytes).indexOf('identified') - 9;
  for (const [offset, value] of [
    [0, 11],
    [0, 9],
    [0, 0],
    [8, 1],
  ] as const) {
    const changed = bytes.slice();
    changed[at + offset] = value;
    const { details } = walErrorOf(() => decodeAppendFrame(changed), 'SHALE_CORRUPT');
    expect(details).toMatchObject({ field: 'ids' });
  }
});

test('no frame takes what is no id, or one without an append', () => {
  const writer = new AppendFrameWriter(new ArrayBuffer(4096));
  const table = writer.addTable(prefixOf(ID));
  walErrorOf(() => writer.addId(0, 'early'), 'SHALE_INVALID_ARGUMENT');
  writer.beginAppend(table);
  walErrorOf(() => writer.addId(0, ''), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => writer.addId(0, 'x'.repeat(256)), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => writer.addId(-1, 'x'), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => writer.addId(1.5, 'x'), 'SHALE_INVALID_ARGUMENT');
});

test('a frame that had to take an addition back has nothing of its id', () => {
  const bytes = sealed((writer, table) => {
    writer.begin(1, 100, 1);
    writer.beginAppend(table);
    writer.addId(0, 'gone');
    writer.add(Uint8Array.of(1));
    writer.begin(1, 100, 1);
    writer.beginAppend(table);
    writer.addId(0, 'left');
    writer.add(Uint8Array.of(1));
    writer.commit();
  });
  const { appends, ids } = decodeAppendFrame(bytes);
  expect([...appends]).toEqual([0, 1, APPEND_ID]);
  expect(textsOf(ids)).toEqual(['left']);
});
