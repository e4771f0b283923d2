import { asBytes, type BytesInput } from './measure.js';
import type { PayloadCodec } from './payload-codec.js';

const BYTES: PayloadCodec<Uint8Array, BytesInput> = {
  name: 'bytes',
  encode(value) {
    return asBytes(value);
  },
  decode(bytes) {
    return bytes;
  },
};

/**
 * Bytes in, bytes out: what is appended may be a Uint8Array, an ArrayBuffer or a DataView, and is read as a Uint8Array.
 * Nothing is copied: `decode` returns the view it is given, which shares its buffer with neighbouring entries. Copy it
 * (`bytes.slice()`) to keep it longer than them, or to transfer it.
 */
export function bytesCodec(): PayloadCodec<Uint8Array, BytesInput> {
  return BYTES;
}
