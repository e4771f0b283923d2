import { corrupt, requireRoom } from '../errors/refuse.js';
import { checkByte } from './field-checks.js';
import { FORMAT_VERSION } from './instance.js';

/** Bytes of a log value before its payload: version u8. */
export const LOG_VALUE_HEADER_LENGTH = 1;

/** Writes the version and the payload into `target` and returns the offset after them. */
export function encodeLogValue(target: Uint8Array, offset: number, payload: Uint8Array): number {
  requireRoom('a log value', target, offset, LOG_VALUE_HEADER_LENGTH + payload.length);
  target[offset] = FORMAT_VERSION;
  target.set(payload, offset + LOG_VALUE_HEADER_LENGTH);
  return offset + LOG_VALUE_HEADER_LENGTH + payload.length;
}

/**
 * The payload of a log value: a view of `source`, not a copy. Throws SHALE_CORRUPT when there is no version byte
 * (`details.field` is `length`) or another version (`version`).
 */
export function decodeLogValue(source: Uint8Array): Uint8Array {
  if (source.length < LOG_VALUE_HEADER_LENGTH) {
    throw corrupt('a log value is empty: even its version byte is missing', {
      field: 'length',
      offset: 0,
      expected: LOG_VALUE_HEADER_LENGTH,
      actual: 0,
    });
  }
  checkByte('a log value', 'version', source, 0, FORMAT_VERSION);
  return source.subarray(LOG_VALUE_HEADER_LENGTH);
}
