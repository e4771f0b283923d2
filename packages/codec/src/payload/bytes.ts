import { WalError } from '../errors/wal-error.js';
import type { PayloadCodec } from './payload-codec.js';

const BYTES: PayloadCodec<Uint8Array> = {
  name: 'bytes',
  encode(value) {
    if (!(value instanceof Uint8Array)) {
      throw new WalError(
        'SHALE_PAYLOAD',
        `the bytes codec takes a Uint8Array, got ${typeof value}: choose another codec for the table`,
        { details: { codec: 'bytes', step: 'encode' } },
      );
    }
    return value;
  },
  decode(bytes) {
    return bytes;
  },
};

/**
 * Bytes in, bytes out. Nothing is copied: `decode` returns the view it is given, which shares its buffer with
 * neighbouring entries. Copy it (`bytes.slice()`) to keep it longer than them, or to transfer it.
 */
export function bytesCodec(): PayloadCodec<Uint8Array> {
  return BYTES;
}
