import { show } from './show.js';
import { type ErrorDetails, WalError } from './wal-error.js';

/**
 * The error for an argument that is not what it must be: the one form of words for it.
 *
 * @param what as the message goes on: `an integer from 1 to 5`
 * @param subject what the message calls it; default: the field
 */
export function mustBe(field: string, what: string, value: unknown, subject: string = field): WalError {
  return invalidArgument(`${subject} must be ${what}, got ${show(value)}`, { field });
}

/** The error for an invalid argument. */
export function invalidArgument(message: string, details?: ErrorDetails): WalError {
  return new WalError('SHALE_INVALID_ARGUMENT', message, { details });
}

/** The error for bytes that violate their layout. */
export function corrupt(message: string, details: ErrorDetails, cause?: unknown): WalError {
  return new WalError('SHALE_CORRUPT', message, cause === undefined ? { details } : { details, cause });
}

/** Throws unless `length` bytes fit into `target` at `offset`. */
export function requireRoom(what: string, target: Uint8Array, offset: number, length: number): void {
  if (!(offset >= 0 && Number.isInteger(offset) && offset + length <= target.length)) {
    throw invalidArgument(
      `${what} takes ${length} bytes, which do not fit at offset ${offset} of a buffer of ${target.length} bytes: ` +
        'pass a larger buffer',
      { offset, length, capacity: target.length },
    );
  }
}

/** Up to 64 bytes as hexadecimal digits, for messages. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  const shown = Math.min(bytes.length, 64);
  for (let i = 0; i < shown; i++) text += (bytes[i] ?? 0).toString(16).padStart(2, '0');
  return bytes.length > shown ? `${text}…` : text;
}
