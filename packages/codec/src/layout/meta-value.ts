import { requireRoom } from '../errors/refuse.js';
import { checkByte, checkLength } from './field-checks.js';
import { FORMAT_VERSION } from './instance.js';
import { readU64BE, requireU64, writeU64BE } from './u64.js';

/** Bytes of a meta value: version u8 · largest sequence u64. */
export const META_VALUE_LENGTH = 9;

const MAX_SEQUENCE_AT = 1;

/** Writes a meta value into `target` and returns the offset after it. */
export function encodeMetaValue(target: Uint8Array, offset: number, maxSequence: bigint): number {
  requireRoom('a meta value', target, offset, META_VALUE_LENGTH);
  requireU64('maxSequence', maxSequence);
  target[offset] = FORMAT_VERSION;
  writeU64BE(target, offset + MAX_SEQUENCE_AT, maxSequence);
  return offset + META_VALUE_LENGTH;
}

/** The largest sequence in a meta value, which must be all of `source`. Throws SHALE_CORRUPT (`length`, `version`). */
export function decodeMetaValue(source: Uint8Array): bigint {
  checkLength('a meta value', source, META_VALUE_LENGTH);
  checkByte('a meta value', 'version', source, 0, FORMAT_VERSION);
  return readU64BE(source, MAX_SEQUENCE_AT);
}
