import { WalError } from '../errors/wal-error.js';

/** Turns an application's values into payload bytes and back. */
export interface PayloadCodec<T> {
  /** For messages. */
  readonly name: string;
  /**
   * The bytes of a value. The log copies them before it asks for those of the next one, and before `append` returns: one
   * buffer will do for all.
   */
  encode(value: T): Uint8Array;
  /** The value of the bytes, which are a view that may be used again later: keep a copy, not the view. */
  decode(bytes: Uint8Array): T;
}

/** Runs one half of a codec; whatever it throws becomes SHALE_PAYLOAD with that as its cause. */
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
