import { types } from 'node:util';
import { WalError } from '../errors/wal-error.js';

/** Bytes that are appended: those that an array or a view shows, or all of a buffer. They may be of another realm. */
export type BytesInput = Uint8Array | ArrayBuffer | DataView;

// The JavaScript engine's own getters, whatever properties the array or its class has: a payload is measured once, and
// exactly that much is copied.
const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const kindOf = getterOf(typedArray, Symbol.toStringTag);
const lengthOf = getterOf(typedArray, 'length');
const { at } = Uint8Array.prototype;
const bufferOf = getterOf(DataView.prototype, 'buffer');
const offsetOf = getterOf(DataView.prototype, 'byteOffset');
const byteLengthOf = getterOf(DataView.prototype, 'byteLength');

/**
 * What is given as the bytes of a payload, as an array: an array itself, or one over the memory of an ArrayBuffer or a
 * DataView. Never runs code of the caller. Throws SHALE_PAYLOAD for anything else, and for what has lost its bytes.
 */
export function asBytes(payload: unknown): Uint8Array {
  if (isBytes(payload)) return payload;
  try {
    if (types.isArrayBuffer(payload)) return new Uint8Array(payload);
    if (types.isDataView(payload)) {
      // The getters throw for a view that is out of the bounds of its buffer.
      const length = byteLengthOf.call(payload) as number;
      return new Uint8Array(bufferOf.call(payload) as ArrayBuffer, offsetOf.call(payload) as number, length);
    }
  } catch (cause) {
    throw lost(cause);
  }
  throw notBytes(payload);
}

/**
 * The number of bytes of a payload. Never runs code of the caller, whatever it is given. Throws SHALE_PAYLOAD for
 * anything but a Uint8Array (a Node Buffer is one), and for one whose buffer is detached or has become too small.
 */
export function measurePayload(payload: unknown): number {
  const length = lengthOfBytes(payload);
  if (length < 0) throw notBytes(payload);
  return length;
}

/** The same, but -1 for anything but a Uint8Array. */
export function lengthOfBytes(payload: unknown): number {
  if (!isBytes(payload)) return -1;
  const length = lengthOf.call(payload) as number;
  if (length === 0) requireInBounds(payload);
  return length;
}

function isBytes(payload: unknown): payload is Uint8Array {
  return kindOf.call(payload) === 'Uint8Array';
}

/** An array of length 0 may be one that has lost its bytes. */
function requireInBounds(payload: unknown): void {
  try {
    at.call(payload as Uint8Array, 0);
  } catch (cause) {
    throw lost(cause);
  }
}

function lost(cause: unknown): WalError {
  return new WalError(
    'SHALE_PAYLOAD',
    'the buffer of a payload was detached or made too small for it: a transferred payload can no longer be appended',
    { cause, details: { field: 'payload' } },
  );
}

function notBytes(payload: unknown): WalError {
  return new WalError(
    'SHALE_PAYLOAD',
    `the bytes of a payload must be a Uint8Array, ArrayBuffer or DataView, got ${kindOf.call(payload) ?? typeof payload}: choose another codec for the table`,
    { details: { codec: 'bytes', step: 'encode' } },
  );
}

function getterOf(owner: object, key: string | symbol): () => unknown {
  const getter = Object.getOwnPropertyDescriptor(owner, key)?.get;
  if (getter === undefined)
    throw new WalError('SHALE_UNSUPPORTED', `typed arrays have no ${String(key)} here`);
  return getter;
}
