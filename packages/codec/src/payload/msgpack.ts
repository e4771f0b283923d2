import { Packr } from 'msgpackr';
import { type PayloadCodec, payloadStep } from './payload-codec.js';

// No records: they need definitions from earlier messages, and an entry has to be readable by itself.
// copyBuffers: a decoded binary must not point into a buffer that is used again.
// Integers of 64 bits stay bigint, so that a bigint comes back as one whatever its value.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  copyBuffers: true,
  structuredClone: false,
});

/**
 * Plain data as msgpack: what JSON can say, and besides bigint (of 64 bits), Uint8Array, Date, NaN and undefined.
 * Anything else comes back simpler than it was: a Map as an object, a Set as an array, -0 as 0. Each entry stands for
 * itself, and any msgpack reader can read it.
 *
 * `T` is what the caller vouches for: nothing checks a decoded value against it. Decode only what your own programs
 * wrote: msgpackr sets no limit to the depth or size of a message.
 */
export function msgpackCodec<T>(): PayloadCodec<T> {
  return {
    name: 'msgpack',
    encode(value) {
      // A view of an arena that msgpackr shares; the log copies it and never hands its buffer to anyone.
      return payloadStep('msgpack', 'encode', () => packr.pack(value));
    },
    decode(bytes) {
      return payloadStep('msgpack', 'decode', () => {
        // A plain Uint8Array of its own: msgpackr leaves a property on what it is given.
        const value: T = packr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        return value;
      });
    },
  };
}
