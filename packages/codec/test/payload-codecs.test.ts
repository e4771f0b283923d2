import { bytesCodec, jsonCodec, msgpackCodec, type PayloadCodec, utf8Codec } from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { u64 } from './support/arbitraries.js';
import { bytesOf } from './support/bytes.js';
import { walErrorOf } from './support/errors.js';

function there<T>(codec: PayloadCodec<T>, value: T): T {
  // A copy at an unaligned offset, as payloads in a chunk are.
  const encoded = codec.encode(value);
  const place = new Uint8Array(encoded.length + 3);
  place.set(encoded, 1);
  return codec.decode(place.subarray(1, 1 + encoded.length));
}

describe('bytes', () => {
  test('are the given view itself, both ways', () => {
    const payload = new Uint8Array(3);
    expect(bytesCodec().encode(payload)).toBe(payload);
    expect(bytesCodec().decode(payload)).toBe(payload);
  });

  test('are refused as anything else but bytes', () => {
    // @ts-expect-error a program without types might pass it
    walErrorOf(() => bytesCodec().encode('text'), 'SHALE_PAYLOAD');
  });
});

describe('utf8', () => {
  test('round-trips strings', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(there(utf8Codec(), text)).toBe(text);
      }),
    );
    expect(there(utf8Codec(), '\uFEFFmark')).toBe('\uFEFFmark');
  });

  test.each(['\ud800', 'a\udc00b'])('refuses a lone surrogate', (text) => {
    expect(walErrorOf(() => utf8Codec().encode(text), 'SHALE_PAYLOAD').cause).toBeInstanceOf(TypeError);
  });

  test('refuses bytes that are not UTF-8, and says so', () => {
    const error = walErrorOf(() => utf8Codec().decode(bytesOf('61ff')), 'SHALE_PAYLOAD');
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.details).toEqual({ codec: 'utf8', step: 'decode' });
  });
});

describe('json', () => {
  test('round-trips what JSON can represent', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(there(jsonCodec(), value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a bigint', 1n],
  ])('refuses %s', (_, value) => {
    expect(walErrorOf(() => jsonCodec().encode(value), 'SHALE_PAYLOAD').cause).toBeInstanceOf(TypeError);
  });

  test.each(['', '7b', 'ff', '227b'])('refuses the bytes %s', (hex) => {
    const error = walErrorOf(() => jsonCodec().decode(bytesOf(hex)), 'SHALE_PAYLOAD');
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe('msgpack', () => {
  test('round-trips values, 64-bit integers as bigint', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.double().filter((value) => !Object.is(value, -0)),
        fc.boolean(),
        fc.constant(null),
        u64,
        fc.bigInt({ min: -(2n ** 63n), max: -1n }),
        fc.uint8Array(),
        fc.date({ noInvalidDate: true }),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          tie('any'),
          {
            maxKeys: 4,
            noNullPrototype: true,
          },
        ),
      ),
    })).any;
    fc.assert(
      fc.property(value, (one) => {
        expect(there(msgpackCodec(), one)).toEqual(one);
      }),
    );
  });

  test('is self-contained: no entry needs another one', () => {
    const codec = msgpackCodec<{ host: string; value: number }>();
    codec.encode({ host: 'a', value: 1 });
    const second = codec.encode({ host: 'b', value: 2 });
    expect(Buffer.from(second).toString('hex')).toBe('82a4686f7374a162a576616c756502');
  });

  test('decodes binaries as copies, not as views of a buffer that is reused', () => {
    const codec = msgpackCodec<{ blob: Uint8Array }>();
    const payload = Uint8Array.from(codec.encode({ blob: Uint8Array.of(1, 2, 3) }));
    const { blob } = codec.decode(payload);
    payload.fill(0);
    expect([...blob]).toEqual([1, 2, 3]);
  });

  test('refuses an integer of more than 64 bits', () => {
    walErrorOf(() => msgpackCodec<bigint>().encode(2n ** 64n), 'SHALE_PAYLOAD');
  });

  test.each(['', '91', 'c4ff', '0101', 'dfffffffff', 'ddffffffff'])('refuses the bytes %s', (hex) => {
    const error = walErrorOf(() => msgpackCodec().decode(bytesOf(hex)), 'SHALE_PAYLOAD');
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('whatever the bytes are, it decodes or refuses, and no prototype changes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        try {
          msgpackCodec().decode(noise);
        } catch {
          walErrorOf(() => msgpackCodec().decode(noise), 'SHALE_PAYLOAD');
        }
      }),
      { numRuns: 1000 },
    );
    const polluting = [0x81, 0xa9, ...Buffer.from('__proto__'), 0x81, 0xa3, ...Buffer.from('bad'), 0xc3];
    msgpackCodec().decode(Uint8Array.from(polluting));
    expect('bad' in {}).toBe(false);
  });

  test('refuses excessive depth', () => {
    walErrorOf(() => msgpackCodec().decode(new Uint8Array(1_000_000).fill(0x91)), 'SHALE_PAYLOAD');
  });
});
