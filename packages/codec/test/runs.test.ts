import {
  decodeRun,
  encodeLogKeyPrefix,
  encodeRun,
  LOG_KEY_PREFIX_LENGTH,
  type LogKeyPrefix,
  RUN_DESCENDING,
  RUN_DROP,
  RUN_FLOOR,
  RUN_SKIP,
  RUN_STRIDE,
  RUN_TRIM,
  RUN_TRIM_MOST,
  U64_MAX,
} from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logKeyPrefix, u64 } from './support/arbitraries.js';
import { hexOf } from './support/bytes.js';
import { walErrorOf } from './support/errors.js';

const ID: LogKeyPrefix = { instance: 0, region: 1234n, table: 8910n };

function prefixOf(id: LogKeyPrefix): Uint8Array {
  const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
  encodeLogKeyPrefix(prefix, 0, id);
  return prefix;
}

test('a run has its key prefix, version, flags, count and first sequence where format.md says', () => {
  const bytes = new Uint8Array(RUN_STRIDE);
  expect(encodeRun(bytes, 0, prefixOf(ID), 1000n, 3, RUN_DESCENDING)).toBe(RUN_STRIDE);
  expect(hexOf(bytes)).toBe('0100000000000004d200000000000022ce000200' + '03000000' + 'e803000000000000');
});

test('runs decode to what was encoded', () => {
  const count = fc.oneof(fc.nat(5), fc.constant(2 ** 32 - 1), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
  fc.assert(
    fc.property(logKeyPrefix, u64, count, fc.nat(3), fc.nat(40), (id, first, n, flags, offset) => {
      const room = (flags & RUN_DESCENDING) === 0 ? U64_MAX - first : first;
      fc.pre(n === 0 || BigInt(n - 1) <= room);
      const bytes = new Uint8Array(offset + RUN_STRIDE).fill(0xaa);
      encodeRun(bytes, offset, prefixOf(id), first, n, flags);
      expect(decodeRun(bytes, offset)).toEqual({ ...id, first, count: n, flags });
    }),
  );
});

describe('a run may end at the last sequence and not one later', () => {
  test.each([
    [U64_MAX, 1, 0, true],
    [U64_MAX, 2, 0, false],
    [U64_MAX - 1n, 2, 0, true],
    [U64_MAX - 2n ** 32n + 2n, 2 ** 32 - 1, 0, true],
    [U64_MAX - 2n ** 32n + 3n, 2 ** 32 - 1, 0, false],
    [0n, 1, RUN_DESCENDING, true],
    [0n, 2, RUN_DESCENDING, false],
    [2n ** 32n - 2n, 2 ** 32 - 1, RUN_DESCENDING, true],
    [2n ** 32n - 3n, 2 ** 32 - 1, RUN_DESCENDING, false],
    [2n ** 32n, 2 ** 32 - 1, RUN_DESCENDING, true],
    [0n, 0, RUN_DESCENDING, true],
    [U64_MAX, 0, 0, true],
  ])('first %s, count %i, flags %i: %s', (first, count, flags, allowed) => {
    const bytes = new Uint8Array(RUN_STRIDE);
    encodeRun(bytes, 0, prefixOf(ID), first, count, flags);
    if (allowed) expect(decodeRun(bytes, 0)).toMatchObject({ first, count });
    else
      expect(walErrorOf(() => decodeRun(bytes, 0), 'SHALE_CORRUPT').details).toMatchObject({
        field: 'count',
      });
  });
});

test.each([
  [RUN_TRIM, U64_MAX],
  [RUN_FLOOR, 7n],
  [RUN_DROP, 0n],
])('a removal, flags %i, has a sequence or none, and no entries', (flags, first) => {
  const bytes = new Uint8Array(RUN_STRIDE);
  encodeRun(bytes, 0, prefixOf(ID), first, 0, flags);
  expect(decodeRun(bytes, 0)).toEqual({ ...ID, first, count: 0, flags });
  for (const [count, more] of [
    [flags === RUN_TRIM ? RUN_TRIM_MOST + 1 : 1, 0],
    [0, RUN_SKIP],
    [0, RUN_DESCENDING],
  ] as const) {
    walErrorOf(() => encodeRun(bytes, 0, prefixOf(ID), first, count, flags | more), 'SHALE_INVALID_ARGUMENT');
    bytes[18] = flags | more;
    bytes[20] = count;
    expect(walErrorOf(() => decodeRun(bytes, 0), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'flags',
    });
  }
});

test('a trim deletes one by one no more sequences than there are up to its end, and no more than the limit', () => {
  const bytes = new Uint8Array(RUN_STRIDE);
  for (const [first, count] of [
    [0n, 1],
    [2n, 3],
    [U64_MAX, RUN_TRIM_MOST],
  ] as const) {
    encodeRun(bytes, 0, prefixOf(ID), first, count, RUN_TRIM);
    expect(decodeRun(bytes, 0)).toEqual({ ...ID, first, count, flags: RUN_TRIM });
    const more = count + 1;
    walErrorOf(() => encodeRun(bytes, 0, prefixOf(ID), first, more, RUN_TRIM), 'SHALE_INVALID_ARGUMENT');
    bytes[20] = more;
    expect(walErrorOf(() => decodeRun(bytes, 0), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'flags',
    });
  }
});

describe('damage is located', () => {
  test.each([
    ['namespace', 0, 2],
    ['version', 17, 1],
    ['flags', 18, 8],
    ['reserved', 19, 9],
  ])('%s at %i', (field, at, value) => {
    const bytes = new Uint8Array(8 + RUN_STRIDE);
    encodeRun(bytes, 8, prefixOf(ID), 1n, 1);
    bytes[8 + at] = value;
    const error = walErrorOf(() => decodeRun(bytes, 8), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field, offset: 8 + at, actual: value });
  });

  test.each([-1, 1, RUN_STRIDE, Number.NaN])('nothing is there at offset %s', (offset) => {
    const bytes = new Uint8Array(RUN_STRIDE);
    encodeRun(bytes, 0, prefixOf(ID), 1n, 1);
    expect(walErrorOf(() => decodeRun(bytes, offset), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'length',
    });
  });
});

test('misuse is refused before a byte is written', () => {
  const bytes = new Uint8Array(RUN_STRIDE);
  const prefix = prefixOf(ID);
  for (const run of [
    () => encodeRun(bytes, 1, prefix, 1n, 1),
    () => encodeRun(bytes, 0, prefix.subarray(1), 1n, 1),
    () => encodeRun(bytes, 0, prefix, -1n, 1),
    () => encodeRun(bytes, 0, prefix, 1n, 2 ** 32),
    () => encodeRun(bytes, 0, prefix, 1n, 0.5),
    () => encodeRun(bytes, 0, prefix, 1n, 1, 4 | RUN_SKIP),
  ]) {
    walErrorOf(run, 'SHALE_INVALID_ARGUMENT');
  }
  expect(bytes.every((byte) => byte === 0)).toBe(true);
});
