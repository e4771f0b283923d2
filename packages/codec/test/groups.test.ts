import {
  decodeGroup,
  encodeGroup,
  encodeLogKeyPrefix,
  GROUP_DESCENDING,
  GROUP_DROP,
  GROUP_FLOOR,
  GROUP_SKIP,
  GROUP_STRIDE,
  GROUP_TRIM,
  GROUP_TRIM_MOST,
  LOG_KEY_PREFIX_LENGTH,
  type LogKeyPrefix,
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

test('a group has its key prefix, version, flags, count and first sequence where format.md says', () => {
  const bytes = new Uint8Array(GROUP_STRIDE);
  expect(encodeGroup(bytes, 0, prefixOf(ID), 1000n, 3, GROUP_DESCENDING)).toBe(GROUP_STRIDE);
  expect(hexOf(bytes)).toBe('0100000000000004d200000000000022ce000200' + '03000000' + 'e803000000000000');
});

test('groups decode to what was encoded', () => {
  const count = fc.oneof(fc.nat(5), fc.constant(2 ** 32 - 1), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
  fc.assert(
    fc.property(logKeyPrefix, u64, count, fc.nat(3), fc.nat(40), (id, first, n, flags, offset) => {
      const room = (flags & GROUP_DESCENDING) === 0 ? U64_MAX - first : first;
      fc.pre(n === 0 || BigInt(n - 1) <= room);
      const bytes = new Uint8Array(offset + GROUP_STRIDE).fill(0xaa);
      encodeGroup(bytes, offset, prefixOf(id), first, n, flags);
      expect(decodeGroup(bytes, offset)).toEqual({ ...id, first, count: n, flags });
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
    [0n, 1, GROUP_DESCENDING, true],
    [0n, 2, GROUP_DESCENDING, false],
    [2n ** 32n - 2n, 2 ** 32 - 1, GROUP_DESCENDING, true],
    [2n ** 32n - 3n, 2 ** 32 - 1, GROUP_DESCENDING, false],
    [2n ** 32n, 2 ** 32 - 1, GROUP_DESCENDING, true],
    [0n, 0, GROUP_DESCENDING, true],
    [U64_MAX, 0, 0, true],
  ])('first %s, count %i, flags %i: %s', (first, count, flags, allowed) => {
    const bytes = new Uint8Array(GROUP_STRIDE);
    encodeGroup(bytes, 0, prefixOf(ID), first, count, flags);
    if (allowed) expect(decodeGroup(bytes, 0)).toMatchObject({ first, count });
    else
      expect(walErrorOf(() => decodeGroup(bytes, 0), 'SHALE_CORRUPT').details).toMatchObject({
        field: 'count',
      });
  });
});

test.each([
  [GROUP_TRIM, U64_MAX],
  [GROUP_FLOOR, 7n],
  [GROUP_DROP, 0n],
])('a removal, flags %i, has a sequence or none, and no entries', (flags, first) => {
  const bytes = new Uint8Array(GROUP_STRIDE);
  encodeGroup(bytes, 0, prefixOf(ID), first, 0, flags);
  expect(decodeGroup(bytes, 0)).toEqual({ ...ID, first, count: 0, flags });
  for (const [count, more] of [
    [flags === GROUP_TRIM ? GROUP_TRIM_MOST + 1 : 1, 0],
    [0, GROUP_SKIP],
    [0, GROUP_DESCENDING],
  ] as const) {
    walErrorOf(
      () => encodeGroup(bytes, 0, prefixOf(ID), first, count, flags | more),
      'SHALE_INVALID_ARGUMENT',
    );
    bytes[18] = flags | more;
    bytes[20] = count;
    expect(walErrorOf(() => decodeGroup(bytes, 0), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'flags',
    });
  }
});

test('a trim deletes one by one no more sequences than there are up to its end, and no more than the limit', () => {
  const bytes = new Uint8Array(GROUP_STRIDE);
  for (const [first, count] of [
    [0n, 1],
    [2n, 3],
    [U64_MAX, GROUP_TRIM_MOST],
  ] as const) {
    encodeGroup(bytes, 0, prefixOf(ID), first, count, GROUP_TRIM);
    expect(decodeGroup(bytes, 0)).toEqual({ ...ID, first, count, flags: GROUP_TRIM });
    const more = count + 1;
    walErrorOf(() => encodeGroup(bytes, 0, prefixOf(ID), first, more, GROUP_TRIM), 'SHALE_INVALID_ARGUMENT');
    bytes[20] = more;
    expect(walErrorOf(() => decodeGroup(bytes, 0), 'SHALE_CORRUPT').details).toMatchObject({
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
    const bytes = new Uint8Array(8 + GROUP_STRIDE);
    encodeGroup(bytes, 8, prefixOf(ID), 1n, 1);
    bytes[8 + at] = value;
    const error = walErrorOf(() => decodeGroup(bytes, 8), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field, offset: 8 + at, actual: value });
  });

  test.each([-1, 1, GROUP_STRIDE, Number.NaN])('nothing is there at offset %s', (offset) => {
    const bytes = new Uint8Array(GROUP_STRIDE);
    encodeGroup(bytes, 0, prefixOf(ID), 1n, 1);
    expect(walErrorOf(() => decodeGroup(bytes, offset), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'length',
    });
  });
});

test('misuse is refused before a byte is written', () => {
  const bytes = new Uint8Array(GROUP_STRIDE);
  const prefix = prefixOf(ID);
  for (const run of [
    () => encodeGroup(bytes, 1, prefix, 1n, 1),
    () => encodeGroup(bytes, 0, prefix.subarray(1), 1n, 1),
    () => encodeGroup(bytes, 0, prefix, -1n, 1),
    () => encodeGroup(bytes, 0, prefix, 1n, 2 ** 32),
    () => encodeGroup(bytes, 0, prefix, 1n, 0.5),
    () => encodeGroup(bytes, 0, prefix, 1n, 1, 4 | GROUP_SKIP),
  ]) {
    walErrorOf(run, 'SHALE_INVALID_ARGUMENT');
  }
  expect(bytes.every((byte) => byte === 0)).toBe(true);
});
