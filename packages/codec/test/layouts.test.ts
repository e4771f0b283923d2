import {
  decodeLogKey,
  decodeLogKeyPrefix,
  decodeLogValue,
  decodeMetaKey,
  decodeMetaValue,
  encodeLogKey,
  encodeLogKeyPrefix,
  encodeLogValue,
  encodeMetaKey,
  encodeMetaValue,
  LOG_KEY_LENGTH,
  LOG_KEY_PREFIX_LENGTH,
  logKey,
  logNamespace,
  META_KEY_LENGTH,
  META_VALUE_LENGTH,
  metaKey,
  metaNamespace,
  namespaceOf,
  U64_MAX,
} from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instance, logKeyFields, U64_EDGES, u64 } from './support/arbitraries.js';
import { bytesOf, hexOf } from './support/bytes.js';
import { walErrorOf } from './support/errors.js';

const ID = { instance: 0, region: 1234n, table: 8910n };

describe('the vectors of docs/format.md', () => {
  test('a log key is namespace, region, table, sequence, version', () => {
    expect(hexOf(logKey(ID, 1000n))).toBe('0100000000000004d200000000000022ce00000000000003e800');
    expect(decodeLogKey(bytesOf('01 00000000000004d2 00000000000022ce 00000000000003e8 00'))).toEqual({
      ...ID,
      sequence: 1000n,
    });
  });

  test("a table's last key has all ones for its sequence", () => {
    expect(hexOf(logKey(ID, U64_MAX))).toBe('0100000000000004d200000000000022ceffffffffffffffff00');
  });

  test('a log value is a version and the payload', () => {
    const value = new Uint8Array(5);
    expect(encodeLogValue(value, 0, bytesOf('0000002a'))).toBe(5);
    expect(hexOf(value)).toBe('000000002a');
    expect(hexOf(decodeLogValue(value))).toBe('0000002a');
  });

  test('a meta key is namespace, key type, table, version, without a region', () => {
    expect(hexOf(metaKey(0, 8910n))).toBe('000000000000000022ce00');
    expect(decodeMetaKey(bytesOf('00 00 00000000000022ce 00'))).toEqual({ instance: 0, table: 8910n });
  });

  test('a meta value is a version and a sequence', () => {
    const value = new Uint8Array(META_VALUE_LENGTH);
    expect(encodeMetaValue(value, 0, 1003n)).toBe(META_VALUE_LENGTH);
    expect(hexOf(value)).toBe('0000000000000003eb');
    expect(decodeMetaValue(value)).toBe(1003n);
  });
});

describe('namespaces', () => {
  test('every byte stands for exactly one instance and kind', () => {
    for (let byte = 0; byte < 256; byte++) {
      const { instance: i, kind } = namespaceOf(byte);
      expect(kind === 'log' ? logNamespace(i) : metaNamespace(i)).toBe(byte);
    }
  });

  test('instance 0 is the layout of the reference', () => {
    expect([metaNamespace(0), logNamespace(0)]).toEqual([0, 1]);
  });

  test.each([-1, 128, 0.5, Number.NaN])('instance %s is refused', (bad) => {
    walErrorOf(() => logNamespace(bad), 'SHALE_INVALID_ARGUMENT');
    walErrorOf(() => metaNamespace(bad), 'SHALE_INVALID_ARGUMENT');
  });

  test.each([-1, 256, 1.5])('namespace %s is refused', (bad) => {
    walErrorOf(() => namespaceOf(bad), 'SHALE_INVALID_ARGUMENT');
  });
});

describe('what is encoded decodes to the same', () => {
  test('log keys, at any offset and without touching their neighbours', () => {
    fc.assert(
      fc.property(logKeyFields, fc.nat(9), (key, offset) => {
        const target = new Uint8Array(offset + LOG_KEY_LENGTH + 3).fill(0xaa);
        expect(encodeLogKey(target, offset, key)).toBe(offset + LOG_KEY_LENGTH);
        expect(target.subarray(0, offset).every((byte) => byte === 0xaa)).toBe(true);
        expect(target.subarray(offset + LOG_KEY_LENGTH).every((byte) => byte === 0xaa)).toBe(true);
        const encoded = target.subarray(offset, offset + LOG_KEY_LENGTH);
        expect(decodeLogKey(encoded)).toEqual(key);
        expect(decodeLogKey(encoded, key.instance)).toEqual(key);
        const { sequence: _, ...prefix } = key;
        expect(decodeLogKeyPrefix(target, offset)).toEqual(prefix);
      }),
    );
  });

  test('meta keys and meta values', () => {
    fc.assert(
      fc.property(instance, u64, u64, (i, table, floor) => {
        expect(decodeMetaKey(metaKey(i, table), i)).toEqual({ instance: i, table });
        const value = new Uint8Array(META_VALUE_LENGTH);
        encodeMetaValue(value, 0, floor);
        expect(decodeMetaValue(value)).toBe(floor);
      }),
    );
  });

  test.each(U64_EDGES)('%s in every field', (edge) => {
    const key = { instance: 127, region: edge, table: edge, sequence: edge };
    const target = new Uint8Array(LOG_KEY_LENGTH);
    encodeLogKey(target, 0, key);
    expect(decodeLogKey(target)).toEqual(key);
    // An independent encoding of the same bytes, so that encoder and decoder cannot share a mistake.
    const view = new DataView(target.buffer);
    expect([view.getBigUint64(1), view.getBigUint64(9), view.getBigUint64(17)]).toEqual([edge, edge, edge]);
  });

  test('log values, whose payload is a view and not a copy', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (payload) => {
        const value = new Uint8Array(payload.length + 1);
        encodeLogValue(value, 0, payload);
        const decoded = decodeLogValue(value);
        expect(decoded).toEqual(payload);
        expect(decoded.buffer).toBe(value.buffer);
      }),
    );
  });
});

test('bytewise order of keys is the order of (instance, region, table, sequence)', () => {
  const close = fc.tuple(logKeyFields, logKeyFields, fc.nat(3)).map(([a, b, shared]) => {
    // Keys that share their first fields are the interesting ones.
    return [
      a,
      {
        instance: shared > 0 ? a.instance : b.instance,
        region: shared > 1 ? a.region : b.region,
        table: shared > 2 ? a.table : b.table,
        sequence: b.sequence,
      },
    ] as const;
  });
  fc.assert(
    fc.property(close, ([a, b]) => {
      const bytewise = Buffer.compare(logKey(a, a.sequence), logKey(b, b.sequence));
      const byTuple =
        a.instance - b.instance ||
        order(a.region, b.region) ||
        order(a.table, b.table) ||
        order(a.sequence, b.sequence);
      expect(bytewise).toBe(Math.sign(byTuple));
    }),
    { numRuns: 1000 },
  );
});

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

describe('damage is located', () => {
  const good = '01 00000000000004d2 00000000000022ce 00000000000003e8 00';

  test.each([
    ['length', 0, 26, 25, good.slice(0, -3)],
    ['length', 0, 26, 27, `${good}00`],
    ['length', 0, 26, 0, ''],
    ['namespace', 0, 'odd', 2, good.replace('01', '02')],
    ['version', 25, 0, 7, `${good.slice(0, -2)}07`],
  ])('log key: %s at %i', (field, offset, expected, actual, hex) => {
    const error = walErrorOf(() => decodeLogKey(bytesOf(hex)), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field, offset, expected, actual });
  });

  test('log key: the namespace of another instance', () => {
    const error = walErrorOf(() => decodeLogKey(bytesOf(good), 3), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field: 'namespace', offset: 0, expected: 7, actual: 1 });
  });

  test.each([
    ['length', 0, 11, 10, '00 00 00000000000022ce'],
    ['namespace', 0, 'even', 1, '01 00 00000000000022ce 00'],
    ['keyType', 1, 0, 1, '00 01 00000000000022ce 00'],
    ['version', 10, 0, 1, '00 00 00000000000022ce 01'],
  ])('meta key: %s at %i', (field, offset, expected, actual, hex) => {
    const error = walErrorOf(() => decodeMetaKey(bytesOf(hex)), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field, offset, expected, actual });
    expect(error.message).toContain(field === 'length' ? 'bytes' : field);
  });

  test.each([
    ['length', '00 00000000000003'],
    ['version', '01 00000000000003eb'],
  ])('meta value: %s', (field, hex) => {
    const error = walErrorOf(() => decodeMetaValue(bytesOf(hex)), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field, offset: 0 });
  });

  test('log value: empty, or of another version', () => {
    expect(walErrorOf(() => decodeLogValue(new Uint8Array()), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'length',
    });
    expect(walErrorOf(() => decodeLogValue(bytesOf('0500')), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'version',
      actual: 5,
    });
  });

  test('log key prefix: too short, or beyond the end', () => {
    const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
    encodeLogKeyPrefix(prefix, 0, ID);
    expect(decodeLogKeyPrefix(prefix)).toEqual(ID);
    for (const offset of [1, -1, 17, Number.NaN]) {
      walErrorOf(() => decodeLogKeyPrefix(prefix, offset), 'SHALE_CORRUPT');
    }
  });

  test('any bytes at all decode or are refused as corrupt', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        for (const decode of [decodeLogKey, decodeMetaKey, decodeMetaValue, decodeLogValue]) {
          try {
            decode(bytes);
          } catch {
            walErrorOf(() => decode(bytes), 'SHALE_CORRUPT');
          }
        }
      }),
    );
  });
});

describe('misuse is refused before a byte is written', () => {
  test.each([-1n, U64_MAX + 1n])('%s is no id and no sequence', (bad) => {
    const target = new Uint8Array(64);
    for (const field of ['region', 'table', 'sequence']) {
      const key = { ...ID, sequence: 1n, [field]: bad };
      const error = walErrorOf(() => encodeLogKey(target, 0, key), 'SHALE_INVALID_ARGUMENT');
      expect(error.message).toContain(field);
    }
    walErrorOf(() => encodeMetaKey(target, 0, { instance: 0, table: bad }), 'SHALE_INVALID_ARGUMENT');
    walErrorOf(() => encodeMetaValue(target, 0, bad), 'SHALE_INVALID_ARGUMENT');
    expect(target.every((byte) => byte === 0)).toBe(true);
  });

  test('a number is not taken for a bigint', () => {
    // @ts-expect-error what a program without types might pass
    walErrorOf(() => logKey(ID, 1), 'SHALE_INVALID_ARGUMENT');
  });

  test.each([1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('no room at offset %s', (offset) => {
    const key = { ...ID, sequence: 1n };
    walErrorOf(() => encodeLogKey(new Uint8Array(LOG_KEY_LENGTH), offset, key), 'SHALE_INVALID_ARGUMENT');
    walErrorOf(() => encodeMetaKey(new Uint8Array(META_KEY_LENGTH), offset, ID), 'SHALE_INVALID_ARGUMENT');
    walErrorOf(
      () => encodeMetaValue(new Uint8Array(META_VALUE_LENGTH), offset, 1n),
      'SHALE_INVALID_ARGUMENT',
    );
    walErrorOf(() => encodeLogValue(new Uint8Array(3), offset, new Uint8Array(2)), 'SHALE_INVALID_ARGUMENT');
  });
});
