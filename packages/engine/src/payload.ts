import { bytesCodec, measurePayload, type PayloadCodec, WalError } from '@shale/codec';
import { isPayloadError, reasonOf } from '@shale/storage';

/** Whether a codec hands out the very arrays it is given, so that there is nothing to call it for. */
export function isBytesCodec(codec: unknown): boolean {
  return codec === bytesCodec();
}

/** The bytes of a value. Runs the codec's code. Throws SHALE_PAYLOAD, with what the codec threw as its cause. */
export function encodeWith<Input>(codec: PayloadCodec<unknown, Input>, value: Input): Uint8Array {
  try {
    return codec.encode(value);
  } catch (cause) {
    throw isPayloadError(cause) ? cause : failed(codec, 'encode', cause);
  }
}

/** The length of what `encodeWith` gave, in bytes. Runs no code of the caller. Throws SHALE_PAYLOAD. */
export function measureEncoded(codec: { readonly name: string }, bytes: Uint8Array): number {
  try {
    return measurePayload(bytes);
  } catch (cause) {
    throw isBytesCodec(codec) ? cause : failed(codec, 'encode', cause);
  }
}

/** The value of bytes. Runs the codec's code. Throws SHALE_PAYLOAD, with what the codec threw as its cause. */
export function decodeWith<T>(codec: PayloadCodec<T, never>, bytes: Uint8Array): T {
  try {
    return codec.decode(bytes);
  } catch (cause) {
    throw isPayloadError(cause) ? cause : failed(codec, 'decode', cause);
  }
}

function failed(codec: { readonly name: string }, step: 'encode' | 'decode', cause: unknown): WalError {
  const name = nameOf(codec);
  return new WalError('SHALE_PAYLOAD', `the ${name} codec cannot ${step} this payload: ${reasonOf(cause)}`, {
    cause,
    details: { codec: name, step },
  });
}

function nameOf(codec: { readonly name: string }): string {
  try {
    return String(codec.name);
  } catch {
    return 'nameless';
  }
}
