import { corrupt, hex, invalidArgument } from '../errors/refuse.js';
import { show } from '../errors/show.js';
import type { TableId } from '../errors/wal-error.js';
import { decodeTableName, encodeTableName, MAX_NAME_BYTES } from '../table-name.js';
import { checkByte, checkLength } from './field-checks.js';
import { CATALOG_INSTANCE, FORMAT_VERSION, metaNamespace } from './instance.js';
import { type KeyRange, startingWith } from './ranges.js';
import { readU64BE, requireU64, writeU64BE } from './u64.js';

/*
 * The records of named tables of instance i, in the metadata namespace of instance 127:
 *
 *   name record     key    namespace u8 (254) · key type u8 (3) · i u8 · name in UTF-8
 *                   value  version u8 · region u64 · table u64
 *   table record    key    namespace u8 (254) · key type u8 (4) · i u8 · region u64 · table u64 · version u8
 *                   value  version u8 · name in UTF-8
 *   counter record  key    namespace u8 (254) · key type u8 (5) · i u8 · version u8
 *                   value  version u8 · next table id u64
 *
 * None of them, key and value together, is as long as a metadata record, so none can be mistaken for one.
 */

const NAMESPACE = metaNamespace(CATALOG_INSTANCE);
const NAME_KEY_TYPE = 3;
const TABLE_KEY_TYPE = 4;
const COUNTER_KEY_TYPE = 5;

const KEY_TYPE_AT = 1;
const INSTANCE_AT = 2;
const FIELDS_AT = 3;
const TABLE_KEY_LENGTH = FIELDS_AT + 17;
const COUNTER_KEY_LENGTH = FIELDS_AT + 1;
const NAME_VALUE_LENGTH = 17;
const COUNTER_VALUE_LENGTH = 9;

/** Named tables have ids from here on, in region 0. */
export const FIRST_NAMED_TABLE: bigint = 2n ** 63n;

/** Whether an id is in the range reserved for named tables. */
export function isNamedTable(id: TableId): boolean {
  return id.region === 0n && id.table >= FIRST_NAMED_TABLE;
}

/** The key of the record that maps a name to its table. Throws as `encodeTableName`. */
export function nameKey(instance: number, name: string): Uint8Array {
  const bytes = encodeTableName(name);
  const key = new Uint8Array(FIELDS_AT + bytes.length);
  beginKey(key, NAME_KEY_TYPE, instance);
  key.set(bytes, FIELDS_AT);
  return key;
}

/** The name in a {@link nameKey}. Throws SHALE_CORRUPT with `details.field`. */
export function decodeNameKey(source: Uint8Array, instance: number): string {
  checkKey('the key of a name', source, NAME_KEY_TYPE, instance);
  return decodeTableName('the key of a name', source, FIELDS_AT);
}

/** Every {@link nameKey} of an instance, in the order of the names' bytes. */
export function nameRange(instance: number): KeyRange {
  return rangeOf(NAME_KEY_TYPE, instance);
}

/** The value of a name record. */
export function encodeNameValue(id: TableId): Uint8Array {
  requireU64('region', id.region);
  requireU64('table', id.table);
  const value = new Uint8Array(NAME_VALUE_LENGTH);
  value[0] = FORMAT_VERSION;
  writeU64BE(value, 1, id.region);
  writeU64BE(value, 9, id.table);
  return value;
}

/** The table in the value of a name record. Throws SHALE_CORRUPT (`length`, `version`). */
export function decodeNameValue(source: Uint8Array): TableId {
  checkLength('the record of a name', source, NAME_VALUE_LENGTH);
  checkByte('the record of a name', 'version', source, 0, FORMAT_VERSION);
  return { region: readU64BE(source, 1), table: readU64BE(source, 9) };
}

/** The key of the record that maps a table to its name. */
export function tableNameKey(instance: number, id: TableId): Uint8Array {
  requireU64('region', id.region);
  requireU64('table', id.table);
  const key = new Uint8Array(TABLE_KEY_LENGTH);
  beginKey(key, TABLE_KEY_TYPE, instance);
  writeU64BE(key, FIELDS_AT, id.region);
  writeU64BE(key, FIELDS_AT + 8, id.table);
  key[TABLE_KEY_LENGTH - 1] = FORMAT_VERSION;
  return key;
}

/** The table in a {@link tableNameKey}. Throws SHALE_CORRUPT with `details.field`. */
export function decodeTableNameKey(source: Uint8Array, instance: number): TableId {
  const what = "the key of a table's name";
  checkLength(what, source, TABLE_KEY_LENGTH);
  checkKey(what, source, TABLE_KEY_TYPE, instance);
  checkByte(what, 'version', source, TABLE_KEY_LENGTH - 1, FORMAT_VERSION);
  return { region: readU64BE(source, FIELDS_AT), table: readU64BE(source, FIELDS_AT + 8) };
}

/** Every {@link tableNameKey} of an instance, by (region, table). */
export function tableNameRange(instance: number): KeyRange {
  return rangeOf(TABLE_KEY_TYPE, instance);
}

/** The value of a table record. Throws as `encodeTableName`. */
export function encodeTableNameValue(name: string): Uint8Array {
  const bytes = encodeTableName(name);
  const value = new Uint8Array(1 + bytes.length);
  value[0] = FORMAT_VERSION;
  value.set(bytes, 1);
  return value;
}

/** The name in the value of a table record. Throws SHALE_CORRUPT (`length`, `version`, `name`). */
export function decodeTableNameValue(source: Uint8Array): string {
  const what = "the record of a table's name";
  if (source.length < 2 || source.length > 1 + MAX_NAME_BYTES) {
    throw corrupt(
      `${what} has 2 to ${1 + MAX_NAME_BYTES} bytes, but this one has ${source.length}: ${hex(source)}`,
      { field: 'length', offset: 0, actual: source.length },
    );
  }
  checkByte(what, 'version', source, 0, FORMAT_VERSION);
  return decodeTableName(what, source, 1);
}

/** The key of the record with the id for the next new name, unless another record already uses that id. */
export function nameCounterKey(instance: number): Uint8Array {
  const key = new Uint8Array(COUNTER_KEY_LENGTH);
  beginKey(key, COUNTER_KEY_TYPE, instance);
  key[COUNTER_KEY_LENGTH - 1] = FORMAT_VERSION;
  return key;
}

/** The value of the counter record. */
export function encodeNameCounter(nextTable: bigint): Uint8Array {
  requireU64('nextTable', nextTable);
  const value = new Uint8Array(COUNTER_VALUE_LENGTH);
  value[0] = FORMAT_VERSION;
  writeU64BE(value, 1, nextTable);
  return value;
}

/** The id in the counter record. Throws SHALE_CORRUPT (`length`, `version`). */
export function decodeNameCounter(source: Uint8Array): bigint {
  checkLength('the counter of names', source, COUNTER_VALUE_LENGTH);
  checkByte('the counter of names', 'version', source, 0, FORMAT_VERSION);
  return readU64BE(source, 1);
}

function rangeOf(keyType: number, instance: number): KeyRange {
  const prefix = new Uint8Array(FIELDS_AT);
  beginKey(prefix, keyType, instance);
  return startingWith(prefix);
}

function beginKey(key: Uint8Array, keyType: number, instance: number): void {
  if (!Number.isInteger(instance) || instance < 0 || instance >= CATALOG_INSTANCE) {
    throw invalidArgument(
      `the instance of a named table must be an integer from 0 to ${CATALOG_INSTANCE - 1}, got ${show(instance)}`,
      { field: 'instance' },
    );
  }
  key[0] = NAMESPACE;
  key[KEY_TYPE_AT] = keyType;
  key[INSTANCE_AT] = instance;
}

function checkKey(what: string, source: Uint8Array, keyType: number, instance: number): void {
  checkByte(what, 'namespace', source, 0, NAMESPACE);
  checkByte(what, 'keyType', source, KEY_TYPE_AT, keyType);
  checkByte(what, 'instance', source, INSTANCE_AT, instance);
}
