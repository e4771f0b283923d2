import { type PayloadCodec, payloadStep } from './payload-codec.js';

const encoder = new TextEncoder();
// ignoreBOM keeps a leading U+FEFF, which is part of the string that was written.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const UTF8: PayloadCodec<string> = {
  name: 'utf8',
  encode(value) {
    return payloadStep('utf8', 'encode', () => {
      if (typeof value !== 'string') throw new TypeError(`a string is needed, and got ${typeof value}`);
      if (!isWellFormed(value)) throw new TypeError('the string has half of a surrogate pair');
      return encoder.encode(value);
    });
  },
  decode(bytes) {
    return payloadStep('utf8', 'decode', () => decoder.decode(bytes));
  },
};

/** Strings as UTF-8. What cannot come back the same is refused: unpaired surrogates, bytes that are not UTF-8. */
export function utf8Codec(): PayloadCodec<string> {
  return UTF8;
}

/** Whether UTF-8 can hold the string. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
