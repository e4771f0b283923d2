import { WalError } from '../errors/wal-error.js';

// The JavaScript engine's own getters, whatever properties the array or its class has: a payload is measured once, and
// exactly that much is copied.
const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const kindOf = getterOf(typedArray, Symbol.toStringTag);
const lengthOf = getterOf(typedArray, 'length');
const { at } = Uint8Array.prototype;

/**
 * The number of bytes of a payload. Never runs code of the caller, whatever it is given. Throws SHALE_PAYLOAD for
 * anything but a Uint8Array (a Node Buffer is one), and for one whose buffer is detached or has become too small.
 */
export function measurePayload(payload: unknown): number {
  if (kindOf.call(payload) !== 'Uint8Array') throw notBytes(payload);
  const length = lengthOf.call(payload) as number;
  if (length === 0) requireInBounds(payload);
  return length;
}

/** An array of length 0 may be one that has lost its bytes. */
function requireInBounds(payload: unknown): void {
  try {
    at.call(payload as Uint8Array, 0);
  } catch (cause) {
    throw new WalError(
      'SHALE_PAYLOAD',
      'the buffer of a payload was detached or made too small for it: a transferred payload can no longer be appended',
      { cause, details: { field: 'payload' } },
    );
  }
}

function notBytes(payload: unknown): WalError {
  return new WalError(
    'SHALE_PAYLOAD',
    `the bytes of a payload must be a Uint8Array, got ${typeof payload}: choose another codec for the table`,
    { details: { codec: 'bytes', step: 'encode' } },
  );
}

function getterOf(owner: object, key: string | symbol): () => unknown {
  const getter = Object.getOwnPropertyDescriptor(owner, key)?.get;
  if (getter === undefined)
    throw new WalError('SHALE_UNSUPPORTED', `typed arrays have no ${String(key)} here`);
  return getter;
}
