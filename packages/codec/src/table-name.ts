import { corrupt, hex, invalidArgument } from './errors/refuse.js';
import { WalError } from './errors/wal-error.js';
import { isWellFormed } from './payload/utf8.js';

/** The longest table name, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 512;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A name as UTF-8. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE for too long a name.
 *
 * @param what whose name it is, for the message
 */
export function encodeTableName(name: string, what = 'a table name'): Uint8Array {
  if (typeof name !== 'string' || name.length === 0 || !isWellFormed(name)) {
    throw invalidArgument(`${what} must be a string of at least one character, without lone surrogates`);
  }
  const bytes = encoder.encode(name);
  if (bytes.length > MAX_NAME_BYTES) {
    throw new WalError(
      'SHALE_TOO_LARGE',
      `${what} must have at most ${MAX_NAME_BYTES} bytes of UTF-8, got ${bytes.length}`,
      { details: { length: bytes.length, limit: MAX_NAME_BYTES } },
    );
  }
  return bytes;
}

/**
 * The name in `source` from `offset` to its end. Throws SHALE_CORRUPT (`length` of the whole, `name`).
 *
 * @param what what `source` is, for the message
 */
export function decodeTableName(what: string, source: Uint8Array, offset: number): string {
  const length = source.length - offset;
  if (length < 1 || length > MAX_NAME_BYTES) {
    throw corrupt(
      `${what} has ${offset + 1} to ${offset + MAX_NAME_BYTES} bytes, ` +
        `but this one has ${source.length}: ${hex(source)}`,
      { field: 'length', offset: 0, actual: source.length },
    );
  }
  const bytes = source.subarray(offset);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw corrupt(
      `${what} has a name that is not UTF-8: ${hex(bytes)}`,
      { field: 'name', offset, bytes: hex(source) },
      cause,
    );
  }
}
