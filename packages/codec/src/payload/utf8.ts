import { type PayloadCodec, payloadStep } from './payload-codec.js';

const encoder = new TextEncoder();
// ignoreBOM keeps a leading U+FEFF, which is part of the written string.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const UTF8: PayloadCodec<string> = {
  name: 'utf8',
  encode(value) {
    return payloadStep('utf8', 'encode', () => {
      if (typeof value !== 'string') throw new TypeError(`expected a string, got ${typeof value}`);
      if (!isWellFormed(value)) throw new TypeError('the string has a lone surrogate');
      return encoder.encode(value);
    });
  },
  decode(bytes) {
    return payloadStep('utf8', 'decode', () => decoder.decode(bytes));
  },
};

/** Strings as UTF-8. What would not round-trip is refused: lone surrogates, bytes that are not UTF-8. */
export function utf8Codec(): PayloadCodec<string> {
  return UTF8;
}

/** Whether the string can be encoded as UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
