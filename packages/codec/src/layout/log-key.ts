import { corrupt, hex, requireRoom } from '../errors/refuse.js';
import type { TableId } from '../errors/wal-error.js';
import { checkByte, checkLength, checkNamespace } from './field-checks.js';
import { FORMAT_VERSION, logNamespace } from './instance.js';
import { readU64BE, requireU64, writeU64BE } from './u64.js';

/** Bytes of a log key: namespace u8 · region u64 · table u64 · sequence u64 · version u8. */
export const LOG_KEY_LENGTH = 26;
/** Bytes of the common prefix of a table's log keys: namespace u8 · region u64 · table u64. */
export const LOG_KEY_PREFIX_LENGTH = 17;

const REGION_AT = 1;
const TABLE_AT = 9;
const SEQUENCE_AT = 17;
const VERSION_AT = 25;

/** One table's log in one instance. */
export interface LogKeyPrefix extends TableId {
  /** Which WAL of the database: 0 to 126, or 127 for the catalog of names. */
  readonly instance: number;
}

/** One entry of one table. */
export interface LogKey extends LogKeyPrefix {
  readonly sequence: bigint;
}

/**
 * Writes a log key into `target` and returns the offset after it.
 * Throws SHALE_INVALID_ARGUMENT when a field is out of range or `target` is too small.
 */
export function encodeLogKey(target: Uint8Array, offset: number, key: LogKey): number {
  requireRoom('a log key', target, offset, LOG_KEY_LENGTH);
  requireU64('sequence', key.sequence);
  encodeLogKeyPrefix(target, offset, key);
  writeU64BE(target, offset + SEQUENCE_AT, key.sequence);
  target[offset + VERSION_AT] = FORMAT_VERSION;
  return offset + LOG_KEY_LENGTH;
}

/**
 * Reads a log key, which must be all of `source`. Throws SHALE_CORRUPT with `details.field` (`length`, `namespace`
 * or `version`), `offset`, `expected` and `actual`.
 *
 * @param expectInstance the instance it must belong to; any if omitted
 */
export function decodeLogKey(source: Uint8Array, expectInstance?: number): LogKey {
  checkLength('a log key', source, LOG_KEY_LENGTH);
  const instance = checkNamespace('a log key', 'log', source, 0, expectInstance);
  checkByte('a log key', 'version', source, VERSION_AT, FORMAT_VERSION);
  return {
    instance,
    region: readU64BE(source, REGION_AT),
    table: readU64BE(source, TABLE_AT),
    sequence: readU64BE(source, SEQUENCE_AT),
  };
}

/** Writes the common prefix of a table's log keys; otherwise as {@link encodeLogKey}. */
export function encodeLogKeyPrefix(target: Uint8Array, offset: number, prefix: LogKeyPrefix): number {
  requireRoom('a log key prefix', target, offset, LOG_KEY_PREFIX_LENGTH);
  requireU64('region', prefix.region);
  requireU64('table', prefix.table);
  target[offset] = logNamespace(prefix.instance);
  writeU64BE(target, offset + REGION_AT, prefix.region);
  writeU64BE(target, offset + TABLE_AT, prefix.table);
  return offset + LOG_KEY_PREFIX_LENGTH;
}

/** Reads the first 17 bytes of a log key of any length and version. Throws SHALE_CORRUPT as {@link decodeLogKey}. */
export function decodeLogKeyPrefix(source: Uint8Array, offset = 0): LogKeyPrefix {
  if (!(offset >= 0 && offset + LOG_KEY_PREFIX_LENGTH <= source.length)) {
    throw corrupt(
      `a log key prefix takes ${LOG_KEY_PREFIX_LENGTH} bytes at offset ${offset}, ` +
        `but there are only ${source.length} in all: ${hex(source)}`,
      {
        field: 'length',
        offset,
        expected: LOG_KEY_PREFIX_LENGTH,
        actual: Math.max(0, source.length - offset),
      },
    );
  }
  const instance = checkNamespace('a log key prefix', 'log', source, offset, undefined);
  return {
    instance,
    region: readU64BE(source, offset + REGION_AT),
    table: readU64BE(source, offset + TABLE_AT),
  };
}
