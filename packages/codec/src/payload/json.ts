import { type PayloadCodec, payloadStep } from './payload-codec.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Values as JSON in UTF-8. A value that JSON cannot represent (undefined, functions, bigint) is refused; one that it
 * represents as something else (dates, NaN) comes back as that.
 *
 * The caller vouches for `T`: decoded values are not checked against it.
 */
export function jsonCodec<T>(): PayloadCodec<T> {
  return {
    name: 'json',
    encode(value) {
      return payloadStep('json', 'encode', () => {
        const text: string | undefined = JSON.stringify(value);
        if (text === undefined) throw new TypeError(`JSON has no representation for ${typeof value}`);
        return encoder.encode(text);
      });
    },
    decode(bytes) {
      return payloadStep('json', 'decode', () => {
        const value: T = JSON.parse(decoder.decode(bytes));
        return value;
      });
    },
  };
}
