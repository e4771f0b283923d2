import { corrupt, invalidArgument } from '../errors/refuse.js';
import { show } from '../errors/show.js';
import { decodeTableName, encodeTableName } from '../table-name.js';
import { checkByte, checkLength } from './field-checks.js';
import { CATALOG_INSTANCE, FORMAT_VERSION, metaNamespace } from './instance.js';
import { type KeyRange, startingWith } from './ranges.js';
import { readU64BE, requireU64, writeU64BE } from './u64.js';

/*
 * A consumer of instance i, in the metadata namespace of instance 127:
 *
 *   key    namespace u8 (254) · key type u8 (7) · i u8 · name in UTF-8
 *   value  version u8 · consumer u64 · epoch u64
 *
 * Key and value together are never as long as a metadata record.
 */

const NAMESPACE = metaNamespace(CATALOG_INSTANCE);
const KEY_TYPE = 7;
const NAME_AT = 3;
const VALUE_LENGTH = 17;

/** What is known of a consumer by its name. */
export interface ConsumerRecord {
  /** Its id, by which its positions go: not 0. */
  readonly consumer: bigint;
  /** How often it was opened: a position of a later opening keeps an earlier one from writing. */
  readonly epoch: bigint;
}

/** The key of a consumer. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE for too long a name. */
export function consumerKey(instance: number, name: string): Uint8Array {
  const bytes = encodeTableName(name, 'the name of a consumer');
  const key = new Uint8Array(NAME_AT + bytes.length);
  key.set(prefixOf(instance));
  key.set(bytes, NAME_AT);
  return key;
}

/** The name in a {@link consumerKey}. Throws SHALE_CORRUPT with `details.field`. */
export function decodeConsumerKey(source: Uint8Array, instance: number): string {
  const what = 'the key of a consumer';
  checkByte(what, 'namespace', source, 0, NAMESPACE);
  checkByte(what, 'keyType', source, 1, KEY_TYPE);
  checkByte(what, 'instance', source, 2, instance);
  return decodeTableName(what, source, NAME_AT);
}

/** Every consumer of an instance, in the order of the names' bytes. */
export function consumerRange(instance: number): KeyRange {
  return startingWith(prefixOf(instance));
}

/** The value of a consumer. Throws SHALE_INVALID_ARGUMENT. */
export function encodeConsumer({ consumer, epoch }: ConsumerRecord): Uint8Array {
  requireU64('consumer', consumer);
  requireU64('epoch', epoch);
  const value = new Uint8Array(VALUE_LENGTH);
  value[0] = FORMAT_VERSION;
  writeU64BE(value, 1, consumer);
  writeU64BE(value, 9, epoch);
  return value;
}

/** Reads the value of a consumer. Throws SHALE_CORRUPT (`length`, `version`, `consumer`). */
export function decodeConsumer(source: Uint8Array): ConsumerRecord {
  checkLength('a consumer', source, VALUE_LENGTH);
  checkByte('a consumer', 'version', source, 0, FORMAT_VERSION);
  const consumer = readU64BE(source, 1);
  if (consumer === 0n) throw corrupt('a consumer has the id 0', { field: 'consumer', offset: 1 });
  return { consumer, epoch: readU64BE(source, 9) };
}

function prefixOf(instance: number): Uint8Array {
  if (!Number.isInteger(instance) || instance < 0 || instance >= CATALOG_INSTANCE) {
    throw invalidArgument(
      `the instance of a consumer must be an integer from 0 to ${CATALOG_INSTANCE - 1}, got ${show(instance)}`,
      { field: 'instance' },
    );
  }
  return Uint8Array.of(NAMESPACE, KEY_TYPE, instance);
}
