import { requireRoom } from '../errors/refuse.js';
import { checkByte, checkLength, checkNamespace } from './field-checks.js';
import { FORMAT_VERSION, metaNamespace } from './instance.js';
import { readU64BE, requireU64, writeU64BE } from './u64.js';

/** Bytes of a meta key: namespace u8 · key type u8 · table u64 · version u8. It has no region. */
export const META_KEY_LENGTH = 11;
/** The key type of a floor, the largest sequence ever assigned. Types 1 and 2 are reserved. */
export const MAX_SEQUENCE_KEY_TYPE = 0;

const KEY_TYPE_AT = 1;
const TABLE_AT = 2;
const VERSION_AT = 10;

/** The table id that a metadata record is about, in any region. */
export interface MetaKey {
  /** 0 to 127. */
  readonly instance: number;
  readonly table: bigint;
}

/** Writes a meta key into `target` and returns the offset after it. */
export function encodeMetaKey(target: Uint8Array, offset: number, key: MetaKey): number {
  requireRoom('a meta key', target, offset, META_KEY_LENGTH);
  requireU64('table', key.table);
  target[offset] = metaNamespace(key.instance);
  target[offset + KEY_TYPE_AT] = MAX_SEQUENCE_KEY_TYPE;
  writeU64BE(target, offset + TABLE_AT, key.table);
  target[offset + VERSION_AT] = FORMAT_VERSION;
  return offset + META_KEY_LENGTH;
}

/**
 * Reads a meta key, which must be all of `source`. Throws SHALE_CORRUPT with `details.field` (`length`, `namespace`,
 * `keyType` or `version`), `offset`, `expected` and `actual`.
 *
 * @param expectInstance the instance it must belong to; any if omitted
 */
export function decodeMetaKey(source: Uint8Array, expectInstance?: number): MetaKey {
  checkLength('a meta key', source, META_KEY_LENGTH);
  const instance = checkNamespace('a meta key', 'meta', source, 0, expectInstance);
  checkByte('a meta key', 'keyType', source, KEY_TYPE_AT, MAX_SEQUENCE_KEY_TYPE);
  checkByte('a meta key', 'version', source, VERSION_AT, FORMAT_VERSION);
  return { instance, table: readU64BE(source, TABLE_AT) };
}
