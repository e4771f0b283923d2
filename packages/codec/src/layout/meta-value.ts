import { requireRoom } from '../errors/refuse.js';
import { checkByte, checkLength } from './field-checks.js';
import { FORMAT_VERSION } from './instance.js';
import { readU64BE, requireU64, writeU64BE } from './u64.js';

/** Bytes of a meta value: version u8 · floor u64, the sequence up to which none is given out again. */
export const META_VALUE_LENGTH = 9;

const FLOOR_AT = 1;

/** Writes a meta value into `target` and returns the offset after it. */
export function encodeMetaValue(target: Uint8Array, offset: number, floor: bigint): number {
  requireRoom('a meta value', target, offset, META_VALUE_LENGTH);
  requireU64('floor', floor);
  target[offset] = FORMAT_VERSION;
  writeU64BE(target, offset + FLOOR_AT, floor);
  return offset + META_VALUE_LENGTH;
}

/** The floor in a meta value, which must be all of `source`. Throws SHALE_CORRUPT (`length`, `version`). */
export function decodeMetaValue(source: Uint8Array): bigint {
  checkLength('a meta value', source, META_VALUE_LENGTH);
  checkByte('a meta value', 'version', source, 0, FORMAT_VERSION);
  return readU64BE(source, FLOOR_AT);
}
