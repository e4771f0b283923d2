import { Packr } from 'msgpackr';
import { type PayloadCodec, payloadStep } from './payload-codec.js';

// No records: they need definitions from earlier messages, and each entry must be readable by itself.
// copyBuffers: a decoded binary must not point into a buffer that is reused.
// 64-bit integers decode as bigint, so that a bigint comes back as one whatever its value.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  copyBuffers: true,
  structuredClone: false,
});

/**
 * Plain data as msgpack: what JSON can represent, and also bigint (of 64 bits), Uint8Array, Date, NaN and undefined.
 * Anything else comes back simplified: a Map as an object, a Set as an array, -0 as 0. Each entry is self-contained,
 * and any msgpack reader can read it.
 *
 * The caller vouches for `T`: decoded values are not checked against it. Decode only what your own programs wrote:
 * msgpackr does not limit the depth or size of a message.
 */
export function msgpackCodec<T>(): PayloadCodec<T> {
  return {
    name: 'msgpack',
    encode(value) {
      // A view of msgpackr's shared arena; the log copies it and never gives its buffer away.
      return payloadStep('msgpack', 'encode', () => packr.pack(value));
    },
    decode(bytes) {
      return payloadStep('msgpack', 'decode', () => {
        // A separate plain Uint8Array: msgpackr adds a property to its argument.
        const value: T = packr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        return value;
      });
    },
  };
}
