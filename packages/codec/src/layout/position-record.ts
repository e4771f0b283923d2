import { corrupt, hex, invalidArgument, requireRoom } from '../errors/refuse.js';
import { show } from '../errors/show.js';
import type { TableId } from '../errors/wal-error.js';
import { checkByte, checkLength } from './field-checks.js';
import { CATALOG_INSTANCE, FORMAT_VERSION, metaNamespace } from './instance.js';
import { type KeyRange, startingWith } from './ranges.js';
import { readU64BE, requireU64, writeU64BE } from './u64.js';

/*
 * How far a consumer has come in a table of instance i, in the metadata namespace of instance 127:
 *
 *   key    namespace u8 (254) · key type u8 (1) · i u8 · region u64 · table u64 · consumer u64 · version u8
 *   value  version u8 · position u64 · epoch u64 · state
 *
 * The table stands before the consumer, so that all that a table has of this is one range. No key is as long as a log
 * key, and key and value together are longer than a metadata record.
 */

const NAMESPACE = metaNamespace(CATALOG_INSTANCE);
const KEY_TYPE = 1;

const KEY_TYPE_AT = 1;
const INSTANCE_AT = 2;
const REGION_AT = 3;
const TABLE_AT = 11;
const CONSUMER_AT = 19;
const VERSION_AT = 27;
/** Bytes of the key of a position. */
export const POSITION_KEY_LENGTH = 28;

const POSITION_AT = 1;
const EPOCH_AT = 9;
/** Bytes of the value of a position before its state: version u8 · position u64 · epoch u64. */
export const POSITION_VALUE_HEADER_LENGTH = 17;

/** Which position of which table. */
export interface PositionKey extends TableId {
  /** The id of the consumer. */
  readonly consumer: bigint;
}

/** How far a consumer has come in a table. */
export interface Position {
  /** The last sequence that is done with; 0n for none. */
  readonly position: bigint;
  /** Which opening of the consumer has written it. */
  readonly epoch: bigint;
  /** What the consumer keeps beside it; may be empty. */
  readonly state: Uint8Array;
}

/** The key of a position. Throws SHALE_INVALID_ARGUMENT. */
export function positionKey(instance: number, { region, table, consumer }: PositionKey): Uint8Array {
  requireU64('consumer', consumer);
  const key = new Uint8Array(POSITION_KEY_LENGTH);
  key.set(tablePrefix(instance, { region, table }));
  writeU64BE(key, CONSUMER_AT, consumer);
  key[VERSION_AT] = FORMAT_VERSION;
  return key;
}

/** Reads a {@link positionKey}. Throws SHALE_CORRUPT with `details.field`. */
export function decodePositionKey(source: Uint8Array, instance: number): PositionKey {
  const what = 'the key of a position';
  checkLength(what, source, POSITION_KEY_LENGTH);
  checkByte(what, 'namespace', source, 0, NAMESPACE);
  checkByte(what, 'keyType', source, KEY_TYPE_AT, KEY_TYPE);
  checkByte(what, 'instance', source, INSTANCE_AT, instance);
  checkByte(what, 'version', source, VERSION_AT, FORMAT_VERSION);
  return {
    region: readU64BE(source, REGION_AT),
    table: readU64BE(source, TABLE_AT),
    consumer: readU64BE(source, CONSUMER_AT),
  };
}

/** Every position of an instance's tables, by (region, table, consumer). */
export function positionRange(instance: number): KeyRange {
  requireInstance(instance);
  return startingWith(Uint8Array.of(NAMESPACE, KEY_TYPE, instance));
}

/** Every position of the tables of a region. */
export function positionRangeOfRegion(instance: number, region: bigint): KeyRange {
  return startingWith(tablePrefix(instance, { region, table: 0n }).subarray(0, TABLE_AT));
}

/** Every position of a table. */
export function positionRangeOfTable(instance: number, id: TableId): KeyRange {
  return startingWith(tablePrefix(instance, id));
}

/** Writes the value of a position into `target` and returns the offset after it. Throws SHALE_INVALID_ARGUMENT. */
export function encodePositionInto(
  target: Uint8Array,
  offset: number,
  { position, epoch, state }: Position,
): number {
  requireRoom('a position', target, offset, POSITION_VALUE_HEADER_LENGTH + state.length);
  requireU64('position', position);
  requireU64('epoch', epoch);
  target[offset] = FORMAT_VERSION;
  writeU64BE(target, offset + POSITION_AT, position);
  writeU64BE(target, offset + EPOCH_AT, epoch);
  target.set(state, offset + POSITION_VALUE_HEADER_LENGTH);
  return offset + POSITION_VALUE_HEADER_LENGTH + state.length;
}

/** The value of a position. Throws SHALE_INVALID_ARGUMENT. */
export function encodePosition(position: Position): Uint8Array {
  const value = new Uint8Array(POSITION_VALUE_HEADER_LENGTH + position.state.length);
  encodePositionInto(value, 0, position);
  return value;
}

/** Reads the value of a position; its state is a view. Throws SHALE_CORRUPT (`length`, `version`). */
export function decodePosition(source: Uint8Array): Position {
  if (source.length < POSITION_VALUE_HEADER_LENGTH) {
    throw corrupt(
      `a position has at least ${POSITION_VALUE_HEADER_LENGTH} bytes, but this one has ${source.length}: ${hex(source)}`,
      { field: 'length', offset: 0, actual: source.length },
    );
  }
  checkByte('a position', 'version', source, 0, FORMAT_VERSION);
  return {
    position: readU64BE(source, POSITION_AT),
    epoch: readU64BE(source, EPOCH_AT),
    state: source.subarray(POSITION_VALUE_HEADER_LENGTH),
  };
}

function tablePrefix(instance: number, { region, table }: TableId): Uint8Array {
  requireInstance(instance);
  requireU64('region', region);
  requireU64('table', table);
  const prefix = new Uint8Array(CONSUMER_AT);
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
      `the instance of a consumer must be an integer from 0 to ${CATALOG_INSTANCE - 1}, got ${show(instance)}`,
      { field: 'instance' },
    );
  }
}
