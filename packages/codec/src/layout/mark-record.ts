import { invalidArgument } from '../errors/refuse.js';
import { show } from '../errors/show.js';
import type { TableId } from '../errors/wal-error.js';
import { checkByte, checkLength } from './field-checks.js';
import { CATALOG_INSTANCE, FORMAT_VERSION, metaNamespace } from './instance.js';
import { type KeyRange, startingWith } from './ranges.js';
import { readU64BE, requireU64, writeU64BE } from './u64.js';

/*
 * A time mark of a table of instance i, in the metadata namespace of instance 127:
 *
 *   key    namespace u8 (254) · key type u8 (2) · i u8 · region u64 · table u64 · milliseconds since 1970 u64 · version u8
 *   value  version u8 · sequence u64
 *
 * No key is as long as a log key, and key and value together are longer than a metadata record.
 */

const NAMESPACE = metaNamespace(CATALOG_INSTANCE);
const KEY_TYPE = 2;

const KEY_TYPE_AT = 1;
const INSTANCE_AT = 2;
const REGION_AT = 3;
const TABLE_AT = 11;
const MS_AT = 19;
const VERSION_AT = 27;
/** Bytes of the key of a time mark. */
export const MARK_KEY_LENGTH = 28;
/** Bytes of the value of a time mark. */
export const MARK_VALUE_LENGTH = 9;

const SEQUENCE_AT = 1;

/** When a table had come how far: every entry before `sequence` was appended before `ms`. */
export interface TimeMark {
  /** Milliseconds since 1970. */
  readonly ms: bigint;
  readonly sequence: bigint;
}

/** A time mark of a table. */
export interface MarkKey extends TableId {
  /** Milliseconds since 1970. */
  readonly ms: bigint;
}

/** The key of a time mark. Throws SHALE_INVALID_ARGUMENT. */
export function markKey(instance: number, { region, table, ms }: MarkKey): Uint8Array {
  requireU64('ms', ms);
  const key = new Uint8Array(MARK_KEY_LENGTH);
  key.set(tablePrefix(instance, { region, table }));
  writeU64BE(key, MS_AT, ms);
  key[VERSION_AT] = FORMAT_VERSION;
  return key;
}

/** Reads the key of a time mark. Throws SHALE_CORRUPT with `details.field`. */
export function decodeMarkKey(source: Uint8Array, instance: number): MarkKey {
  const what = 'the key of a time mark';
  checkLength(what, source, MARK_KEY_LENGTH);
  checkByte(what, 'namespace', source, 0, NAMESPACE);
  checkByte(what, 'keyType', source, KEY_TYPE_AT, KEY_TYPE);
  checkByte(what, 'instance', source, INSTANCE_AT, instance);
  checkByte(what, 'version', source, VERSION_AT, FORMAT_VERSION);
  return {
    region: readU64BE(source, REGION_AT),
    table: readU64BE(source, TABLE_AT),
    ms: readU64BE(source, MS_AT),
  };
}

/** Every time mark of an instance's tables, by (region, table, time). */
export function markRange(instance: number): KeyRange {
  requireInstance(instance);
  return startingWith(Uint8Array.of(NAMESPACE, KEY_TYPE, instance));
}

/** Every time mark of a table, by time. */
export function markRangeOfTable(instance: number, id: TableId): KeyRange {
  return startingWith(tablePrefix(instance, id));
}

/** The value of a time mark. Throws SHALE_INVALID_ARGUMENT. */
export function encodeMark(sequence: bigint): Uint8Array {
  requireU64('sequence', sequence);
  const value = new Uint8Array(MARK_VALUE_LENGTH);
  value[0] = FORMAT_VERSION;
  writeU64BE(value, SEQUENCE_AT, sequence);
  return value;
}

/** The sequence in the value of a time mark. Throws SHALE_CORRUPT (`length`, `version`). */
export function decodeMark(source: Uint8Array): bigint {
  checkLength('a time mark', source, MARK_VALUE_LENGTH);
  checkByte('a time mark', 'version', source, 0, FORMAT_VERSION);
  return readU64BE(source, SEQUENCE_AT);
}

function tablePrefix(instance: number, { region, table }: TableId): Uint8Array {
  requireInstance(instance);
  requireU64('region', region);
  requireU64('table', table);
  const prefix = new Uint8Array(MS_AT);
  prefix[0] = NAMESPACE;
  prefix[KEY_TYPE_AT] = KEY_TYPE;
  prefix[INSTANCE_AT] = instance;
  writeU64BE(prefix, REGION_AT, region);
  writeU64BE(prefix, TABLE_AT, table);
  return prefix;
}

function requireInstance(instance: number): void {
  if (!Number.isInteger(instance) || instance < 0 || instance >= CATALOG_INSTANCE) {
    throw invalidArgument(
      `the instance of a time mark must be an integer from 0 to ${CATALOG_INSTANCE - 1}, got ${show(instance)}`,
      { field: 'instance' },
    );
  }
}
