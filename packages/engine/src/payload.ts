import { type PayloadCodec, WalError } from '@shale/codec';
import { show } from './ids.js';

/** The bytes of a value. Throws SHALE_PAYLOAD. */
export function encodeWith<T>(codec: PayloadCodec<T>, value: T): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = codec.encode(value);
  } catch (cause) {
    throw failed(codec, 'encode', cause);
  }
  if (bytes instanceof Uint8Array) return bytes;
  throw failed(codec, 'encode', new TypeError(`it returned ${show(bytes)} instead of a Uint8Array`));
}

/** The value of bytes. Throws SHALE_PAYLOAD. */
export function decodeWith<T>(codec: PayloadCodec<T>, bytes: Uint8Array): T {
  try {
    return codec.decode(bytes);
  } catch (cause) {
    throw failed(codec, 'decode', cause);
  }
}

function failed(codec: { readonly name: string }, step: 'encode' | 'decode', cause: unknown): WalError {
  if (cause instanceof WalError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new WalError('SHALE_PAYLOAD', `the ${codec.name} codec cannot ${step} this payload: ${reason}`, {
    cause,
    details: { codec: codec.name, step },
  });
}
