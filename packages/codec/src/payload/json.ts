import { type PayloadCodec, payloadStep } from './payload-codec.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Values as JSON in UTF-8. What JSON cannot say at all (undefined, functions, bigint) is refused; what it says in its
 * own way (dates, NaN) comes back as JSON has it.
 *
 * `T` is what the caller vouches for: nothing checks a decoded value against it.
 */
export function jsonCodec<T>(): PayloadCodec<T> {
  return {
    name: 'json',
    encode(value) {
      return payloadStep('json', 'encode', () => {
        const text: string | undefined = JSON.stringify(value);
        if (text === undefined) throw new TypeError(`JSON has nothing for ${typeof value}`);
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
