import { decodeAppendFrame, WalError } from '@shale/codec';
import fc from 'fast-check';
import { pack, unpack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { walErrorOf } from './support/errors.js';
import { frameModel, prefixOf, sealed } from './support/frames.js';

type Parts = [
  version: unknown,
  data: Uint8Array,
  lengths: Uint8Array,
  appends: Uint8Array,
  tables: Uint8Array,
  expects: Uint8Array,
  options: unknown,
  ...rest: unknown[],
];

const u32 = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

/** A small frame in parts, packed by msgpackr itself: two tables, two appends, three entries. */
function parts(): Parts {
  return [
    1,
    Uint8Array.of(0, 7, 0, 8, 9, 0),
    u32(2, 3, 1),
    u32(0, 2, 0, 1, 1, 3),
    Uint8Array.from([...prefixOf({ region: 1n, table: 1n }), ...prefixOf({ region: 1n, table: 2n })]),
    new Uint8Array(BigUint64Array.of(5n).buffer),
    { sync: true },
  ];
}

/** msgpackr packs a Uint8Array as an extension of its own, and a Buffer as a bin. */
function packed(message: readonly unknown[]): Uint8Array {
  return Uint8Array.from(
    pack(message.map((part) => (part instanceof Uint8Array ? Buffer.from(part) : part))),
  );
}

test('a frame that another msgpack encoder wrote is read', () => {
  const frame = decodeAppendFrame(packed(parts()));
  expect(frame).toMatchObject({ entryCount: 3, appendCount: 2, tableCount: 2, sync: true });
  expect([...frame.expects]).toEqual([5n]);
});

describe('a frame that contradicts itself is refused, and the error names the part', () => {
  test.each<[string, string, (frame: Parts) => void]>([
    ['version', 'another version', (frame) => (frame[0] = 2)],
    ['version', 'no version', (frame) => (frame[0] = null)],
    ['ids', 'an element too many', (frame) => frame.push(1)],
    ['elements', 'two elements too many', (frame) => frame.push(1, 2)],
    ['data', 'data that is text', (frame) => Object.assign(frame, { 1: 'text' })],
    ['data', 'an entry of another version', (frame) => (frame[1][2] = 4)],
    ['lengths', 'a byte of data too many', (frame) => (frame[1] = new Uint8Array(7))],
    ['lengths', 'lengths beyond the data', (frame) => (frame[2] = u32(2, 3, 0xffffffff))],
    ['lengths', 'an entry that starts at the end', (frame) => (frame[2] = u32(2, 4, 1))],
    ['lengths', 'an entry without a version byte', (frame) => (frame[2] = u32(2, 0, 4))],
    ['lengths', 'a part of a length', (frame) => (frame[2] = new Uint8Array(11))],
    ['appends', 'entries of no append', (frame) => (frame[3] = u32(0, 1, 0, 1, 1, 2))],
    ['appends', 'more entries than lengths', (frame) => (frame[3] = u32(0, 0xffffffff, 0, 1, 1, 2))],
    ['appends', 'a table that is not there', (frame) => (frame[3] = u32(0, 2, 0, 2, 1, 2))],
    ['appends', 'a first append that joins', (frame) => (frame[3] = u32(0, 2, 1, 1, 1, 2))],
    ['appends', 'unknown flags', (frame) => (frame[3] = u32(0, 2, 0, 1, 1, 6))],
    ['appends', 'a trim with entries', (frame) => (frame[3] = u32(0, 2, 0, 1, 1, 4))],
    ['appends', 'a trim that joins', (frame) => (frame[3] = u32(0, 3, 0, 1, 0, 5))],
    ['appends', 'a drop that expects', (frame) => (frame[3] = u32(0, 3, 0, 1, 0, 10))],
    ['appends', 'an append that joins a drop', (frame) => (frame[3] = u32(0, 0, 8, 1, 3, 3))],
    ['expects', 'a trim without a sequence', (frame) => (frame[3] = u32(0, 3, 2, 1, 0, 4))],
    ['expects', 'a drop with a sequence', (frame) => (frame[3] = u32(0, 3, 0, 1, 0, 8))],
    ['appends', 'a part of an append', (frame) => (frame[3] = u32(0, 2))],
    ['tables', 'a meta namespace', (frame) => (frame[4][17] = 2)],
    ['tables', 'a part of a table', (frame) => (frame[4] = frame[4].subarray(1))],
    ['expects', 'an expect too few', (frame) => (frame[5] = new Uint8Array())],
    ['expects', 'an expect too many', (frame) => (frame[5] = new Uint8Array(16))],
    ['expects', 'a part of an expect', (frame) => (frame[5] = new Uint8Array(7))],
    ['options', 'no options', (frame) => (frame[6] = null)],
    ['options', 'sync that is no boolean', (frame) => (frame[6] = { sync: 1 })],
    ['options', 'options it does not know', (frame) => (frame[6] = { sync: true, more: 1 })],
    ['options', 'long options', (frame) => (frame[6] = { sync: true, more: 'x'.repeat(99) })],
    ['options', 'an array', (frame) => (frame[6] = [true])],
  ])('%s: %s', (field, _, damage) => {
    const frame = parts();
    damage(frame);
    const error = walErrorOf(() => decodeAppendFrame(packed(frame)), 'SHALE_CORRUPT');
    expect(error.details, error.message).toMatchObject({ field });
  });

  test('options: bytes after the last element', () => {
    const bytes = Uint8Array.of(...sealed({ tables: [], appends: [], sync: true }), 0);
    expect(walErrorOf(() => decodeAppendFrame(bytes), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'options',
    });
  });
});

test('every truncation is refused', () => {
  const bytes = packed(parts());
  for (let length = 0; length < bytes.length; length++) {
    walErrorOf(() => decodeAppendFrame(bytes.subarray(0, length)), 'SHALE_CORRUPT');
  }
});

test('a limit on the whole frame is kept', () => {
  const bytes = packed(parts());
  expect(decodeAppendFrame(bytes, { maxBytes: bytes.length }).entryCount).toBe(3);
  walErrorOf(() => decodeAppendFrame(bytes, { maxBytes: bytes.length - 1 }), 'SHALE_CORRUPT');
});

test('lengths that promise gigabytes allocate nothing', () => {
  const start = [0x97, 0x01, 0xc6, 0xff, 0xff, 0xff, 0xff];
  const before = process.memoryUsage().arrayBuffers;
  walErrorOf(() => decodeAppendFrame(Uint8Array.from(start)), 'SHALE_CORRUPT');
  // An options map that claims four billion keys, and an array of as many elements.
  const empty = [0x97, 0x01, ...Array.from({ length: 5 }, () => [0xc4, 0]).flat()];
  walErrorOf(
    () => decodeAppendFrame(Uint8Array.from([...empty, 0xdf, 0xff, 0xff, 0xff, 0xff])),
    'SHALE_CORRUPT',
  );
  walErrorOf(
    () => decodeAppendFrame(Uint8Array.from([...empty, 0xdd, 0xff, 0xff, 0xff, 0xff])),
    'SHALE_CORRUPT',
  );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024);
});

test('deep nesting in the options is refused', () => {
  const empty = [0x97, 0x01, ...Array.from({ length: 5 }, () => [0xc4, 0]).flat()];
  for (const depth of [10, 60, 100_000]) {
    const nested = Uint8Array.from([...empty, ...Array.from({ length: depth }, () => 0x91), 0xc0]);
    walErrorOf(() => decodeAppendFrame(nested), 'SHALE_CORRUPT');
  }
});

test('options cannot reach a prototype', () => {
  const message = packed([1, ...Array.from({ length: 5 }, () => new Uint8Array()), { sync: true }]);
  const hostile = [...message.subarray(0, 12), 0x82];
  const key = (name: string): number[] => [0xa0 | name.length, ...Buffer.from(name)];
  const polluting = [...hostile, ...key('sync'), 0xc3, ...key('__proto__'), 0x81, ...key('bad'), 0xc3];
  walErrorOf(() => decodeAppendFrame(Uint8Array.from(polluting)), 'SHALE_CORRUPT');
  expect('bad' in {}).toBe(false);
  // The start of this message is valid: with one good key it decodes.
  const sound = [...hostile.slice(0, -1), 0x81, ...key('sync'), 0xc3];
  expect(decodeAppendFrame(Uint8Array.from(sound)).sync).toBe(true);
});

/** One change to a frame's bytes. */
const mutation = fc.oneof(
  fc.record({
    kind: fc.constant('flip' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bit: fc.nat(7),
  }),
  fc.record({
    kind: fc.constant('set' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    byte: fc.nat(255),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 5 }),
  }),
);

test('any change to a frame is refused, or decodes to exactly what plain msgpack sees in it', () => {
  fc.assert(
    fc.property(frameModel, fc.array(mutation, { minLength: 1, maxLength: 3 }), (model, mutations) => {
      let bytes = [...sealed(model)];
      for (const one of mutations) {
        const at = Math.floor(one.at * (bytes.length - 1));
        if (one.kind === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << one.bit);
        else if (one.kind === 'set') bytes[at] = one.byte;
        else if (one.kind === 'cut') bytes = bytes.slice(0, at);
        else bytes.splice(at, 0, ...one.bytes);
      }
      expectEqualOrRefused(Uint8Array.from(bytes));
    }),
    { numRuns: 3000 },
  );
});

test('any bytes at all are refused or decode', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
      expectEqualOrRefused(noise);
      expectEqualOrRefused(Uint8Array.of(0x97, 0x01, ...noise));
    }),
    { numRuns: 1000 },
  );
});

function expectEqualOrRefused(bytes: Uint8Array): void {
  let frame: ReturnType<typeof decodeAppendFrame>;
  try {
    frame = decodeAppendFrame(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(WalError);
    expect(error).toMatchObject({ code: 'SHALE_CORRUPT' });
    return;
  }
  const message: Parts = unpack(Uint8Array.from(bytes));
  expect(message.slice(0, 5)).toEqual([1, frame.data, frame.lengths, asBytes(frame.appends), frame.tables]);
  expect(message.slice(5)).toEqual([asBytes(frame.expects), { sync: frame.sync }]);
  // And its counts hold when counted another way.
  const counts = [...frame.appends].filter((_, i) => i % 3 === 1);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(frame.entryCount);
  const lengths = [...new Uint32Array(Uint8Array.from(frame.lengths).buffer)];
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(frame.data.length);
}

function asBytes(values: Uint32Array | BigUint64Array): Uint8Array {
  return Uint8Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
