import { WalError } from '../errors/wal-error.js';

/**
 * Turns an application's values into payload bytes and back.
 *
 * `Input` is what can be appended, where that is more than what is read.
 */
export interface PayloadCodec<T, Input = T> {
  /** Used in error messages. */
  readonly name: string;
  /**
   * The bytes of a value. The log copies them before it encodes the next value and before `append` returns, so one
   * buffer can serve all calls.
   */
  encode(value: Input): Uint8Array;
  /** The value of the bytes, which are a view of a buffer that may be reused: keep a copy, not the view. */
  decode(bytes: Uint8Array): T;
}

/** Runs one half of a codec; anything it throws becomes the cause of a SHALE_PAYLOAD. */
export function payloadStep<T>(codec: string, step: 'encode' | 'decode', run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof WalError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message =
      step === 'encode'
        ? `the ${codec} codec cannot encode this value: ${reason}`
        : `the ${codec} codec cannot decode this payload: ${reason}; was it written with another codec?`;
    throw new WalError('SHALE_PAYLOAD', message, { cause, details: { codec, step } });
  }
}
