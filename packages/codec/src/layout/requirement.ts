import { corrupt, hex, mustBe } from '../errors/refuse.js';
import { checkByte } from './field-checks.js';
import { CATALOG_INSTANCE, FORMAT_VERSION, metaNamespace } from './instance.js';
import { type KeyRange, startingWith } from './ranges.js';

/*
 * A requirement: something in the database that a version of Shale must know, in the metadata namespace of instance 127:
 *
 *   key    namespace u8 (254) · key type u8 (6) · name, 1 to 64 characters a-z, 0-9 and -
 *   value  version u8 · who u8 (1: who writes; 2: who reads, too) · the first version of Shale that knows it, u16 × 3
 *
 * Key and value together are never as long as a metadata record, so none can be mistaken for one.
 */

const NAMESPACE = metaNamespace(CATALOG_INSTANCE);
const KEY_TYPE = 6;
const NAME_AT = 2;
const NAME = /^[a-z0-9-]{1,64}$/;

const VALUE_LENGTH = 8;
const WRITERS = 1;
const READERS = 2;

/** What a version of Shale must know to use a database. */
export interface Requirement {
  /** What it is about, as messages name it. */
  readonly name: string;
  /** A version that does not know it must not even read; otherwise it may read. */
  readonly forReading: boolean;
  /** The first version of Shale that knows it, such as `'1.2.0'`; null when this version cannot tell. */
  readonly since: string | null;
}

/** The key of a requirement. Throws SHALE_INVALID_ARGUMENT. */
export function requirementKey(name: string): Uint8Array {
  if (!NAME.test(name)) throw mustBe('name', '1 to 64 of a-z, 0-9 and -', name, 'the name of a requirement');
  const key = new Uint8Array(NAME_AT + name.length);
  key[0] = NAMESPACE;
  key[1] = KEY_TYPE;
  new TextEncoder().encodeInto(name, key.subarray(NAME_AT));
  return key;
}

/** Every key of a requirement. */
export function requirementRange(): KeyRange {
  return startingWith(Uint8Array.of(NAMESPACE, KEY_TYPE));
}

/** The value of a requirement. Throws SHALE_INVALID_ARGUMENT. */
export function encodeRequirementValue(forReading: boolean, since: string): Uint8Array {
  const numbers = /^(\d+)\.(\d+)\.(\d+)$/.exec(since)?.slice(1).map(Number);
  if (numbers === undefined || numbers.some((number) => number > 0xffff)) {
    throw mustBe('since', 'a version of three numbers below 65,536', since);
  }
  const value = new Uint8Array(VALUE_LENGTH);
  const view = new DataView(value.buffer);
  value[0] = FORMAT_VERSION;
  value[1] = forReading ? READERS : WRITERS;
  for (const [i, number] of numbers.entries()) view.setUint16(2 + 2 * i, number);
  return value;
}

/**
 * Reads a requirement. A value of a shape that this version does not know is one for reading.
 *
 * Throws SHALE_CORRUPT for a key that is none of a requirement (`namespace`, `keyType`, `name`).
 */
export function decodeRequirement(key: Uint8Array, value: Uint8Array): Requirement {
  const what = 'the key of a requirement';
  checkByte(what, 'namespace', key, 0, NAMESPACE);
  checkByte(what, 'keyType', key, 1, KEY_TYPE);
  const name = String.fromCharCode(...key.subarray(NAME_AT));
  if (!NAME.test(name)) {
    throw corrupt(`${what} has a name of other characters than a-z, 0-9 and -, or none: ${hex(key)}`, {
      field: 'name',
      offset: NAME_AT,
      bytes: hex(key),
    });
  }
  const [version, who] = value;
  const isKnown = value.length === VALUE_LENGTH && version === FORMAT_VERSION;
  if (!isKnown || (who !== WRITERS && who !== READERS)) return { name, forReading: true, since: null };
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const since = [2, 4, 6].map((at) => view.getUint16(at)).join('.');
  return { name, forReading: who === READERS, since };
}
