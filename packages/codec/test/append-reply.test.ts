import {
  type AppendError,
  AppendFrameWriter,
  decodeAppendReply,
  encodeAppendReply,
  errorFromData,
  errorToData,
  U64_MAX,
  WalError,
} from '@shale/codec';
import fc from 'fast-check';
import { pack, unpack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { u64 } from './support/arbitraries.js';
import { walErrorOf } from './support/errors.js';

const mismatch: AppendError = {
  append: 1,
  error: errorToData(
    new WalError('SHALE_SEQUENCE_MISMATCH', 'expected 5, and the next is 7', {
      table: { region: 1n, table: U64_MAX },
      tableName: 'orders',
      details: { expected: 5n, actual: 7n, name: 'rows', retried: false, shard: 3 },
    }),
  ),
};

test('sequences and errors arrive as they were sent', () => {
  fc.assert(
    fc.property(fc.array(u64, { minLength: 2, maxLength: 20 }), fc.nat(400), (firsts, capacity) => {
      const sent = BigUint64Array.from(firsts);
      const trims = sent.subarray(0, firsts.length & ~1);
      const reply = decodeAppendReply(encodeAppendReply(new ArrayBuffer(capacity), sent, [mismatch], trims));
      expect([...reply.firsts]).toEqual(firsts);
      expect([...reply.trims]).toEqual([...trims]);
      expect(reply.errors).toEqual([mismatch]);
    }),
  );
});

test('an error is a WalError again on the other side', () => {
  const reply = decodeAppendReply(
    encodeAppendReply(new ArrayBuffer(0), BigUint64Array.of(1n, 2n), [mismatch]),
  );
  const data = reply.errors[0]?.error;
  if (data === undefined) throw new Error('the error is missing');
  expect(errorFromData(data)).toMatchObject({
    code: 'SHALE_SEQUENCE_MISMATCH',
    table: { region: 1n, table: U64_MAX },
    tableName: 'orders',
    details: { expected: 5n, actual: 7n },
  });
});

test('a reply is one msgpack message', () => {
  const bytes = encodeAppendReply(new ArrayBuffer(100), BigUint64Array.of(1n, U64_MAX), []);
  expect(unpack(Uint8Array.from(bytes))).toEqual([
    1,
    new Uint8Array(BigUint64Array.of(1n, U64_MAX).buffer),
    new Uint8Array(),
    [],
  ]);
});

describe("the frame's own buffer", () => {
  test('always has room for the sequences of its appends', () => {
    for (let appends = 0; appends < 40; appends++) {
      const writer = new AppendFrameWriter(new ArrayBuffer(AppendFrameWriter.sizeFor(0, 0, 1, appends)));
      writer.addTable(Uint8Array.of(1, ...new Uint8Array(16)));
      for (let i = 0; i < appends; i++) writer.beginAppend(0);
      const tight = new ArrayBuffer(writer.seal({ sync: true }).length);
      expect(encodeAppendReply(tight, new BigUint64Array(appends), []).buffer).toBe(tight);
    }
  });

  test('is left alone when the errors do not fit', () => {
    const into = new ArrayBuffer(40);
    const bytes = encodeAppendReply(into, BigUint64Array.of(1n, 2n), [mismatch]);
    expect(bytes.buffer).not.toBe(into);
    expect(bytes.byteLength).toBe(bytes.buffer.byteLength);
    expect(new Uint8Array(into).every((byte) => byte === 0)).toBe(true);
  });

  test('is read in place', () => {
    const into = new ArrayBuffer(100);
    const reply = decodeAppendReply(encodeAppendReply(into, BigUint64Array.of(3n), []));
    expect(reply.firsts.buffer).toBe(into);
  });

  test('may be the one from which the sequences were copied', () => {
    const bytes = encodeAppendReply(new ArrayBuffer(100), BigUint64Array.of(3n, 4n), []);
    for (let shift = 0; shift < 8; shift++) {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      expect([...decodeAppendReply(moved).firsts]).toEqual([3n, 4n]);
    }
  });
});

describe('a damaged reply is refused', () => {
  const firsts = Buffer.alloc(8);
  const NONE = Buffer.alloc(0);
  test.each<[string, unknown]>([
    ['version', [2, firsts, NONE, []]],
    ['elements', [1, firsts]],
    ['firsts', [1, Buffer.alloc(7), NONE, []]],
    ['firsts', [1, 'text', NONE, []]],
    ['trims', [1, firsts, Buffer.alloc(8), []]],
    ['errors', [1, firsts, NONE, {}]],
    ['errors', [1, firsts, NONE, [1]]],
    ['errors', [1, firsts, NONE, [{ append: 1, error: mismatch.error }]]],
    ['errors', [1, firsts, NONE, [{ append: 0.5, error: mismatch.error }]]],
    ['errors', [1, firsts, NONE, [{ append: 0, error: { code: 'X' } }]]],
    ['errors', [1, firsts, NONE, [{ append: 0, error: { code: 'X', message: 'm', details: { deep: {} } } }]]],
    [
      'errors',
      [1, firsts, NONE, [{ append: 0, error: { code: 'X', message: 'm', table: { region: 1, table: 2 } } }]],
    ],
    ['errors', [1, firsts, NONE, [{ append: 0, error: { code: 'X', message: 'm', cause: 'c' } }]]],
  ])('%s (%#)', (field, message) => {
    const bytes = Uint8Array.from(pack(message));
    expect(walErrorOf(() => decodeAppendReply(bytes), 'SHALE_CORRUPT').details).toMatchObject({ field });
  });

  test('when it is cut or has bytes to spare', () => {
    const bytes = encodeAppendReply(new ArrayBuffer(0), BigUint64Array.of(1n, 2n), [mismatch]);
    for (let length = 0; length < bytes.length; length++) {
      walErrorOf(() => decodeAppendReply(bytes.subarray(0, length)), 'SHALE_CORRUPT');
    }
    walErrorOf(() => decodeAppendReply(Uint8Array.of(...bytes, 0)), 'SHALE_CORRUPT');
  });

  test('whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        for (const bytes of [noise, Uint8Array.of(0x94, 1, 0xc4, 0, 0xc4, 0, ...noise)]) {
          try {
            decodeAppendReply(bytes);
          } catch {
            walErrorOf(() => decodeAppendReply(bytes), 'SHALE_CORRUPT');
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
