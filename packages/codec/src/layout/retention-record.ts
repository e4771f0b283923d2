import { corrupt, hex, invalidArgument } from '../errors/refuse.js';
import { show } from '../errors/show.js';
import { checkByte, checkLength } from './field-checks.js';
import { CATALOG_INSTANCE, FORMAT_VERSION, metaNamespace } from './instance.js';
import { type KeyRange, startingWith } from './ranges.js';
import { decodeTarget, encodeTarget, type RecordTarget } from './record-target.js';
import { readU64BE, requireU64, U64_MAX, writeU64BE } from './u64.js';

/*
 * A retention of tables of instance i, in the metadata namespace of instance 127:
 *
 *   key    namespace u8 (254) · key type u8 (8) · i u8 · target
 *   value  version u8 · flags u8 · keep: entries u64 · bytes u64 · milliseconds u64 · at most: the same
 *
 * and what a consumer is for, which retention waits for in tables that it has no position in yet:
 *
 *   key    namespace u8 (254) · key type u8 (10) · i u8 · consumer u64 · version u8
 *   value  version u8 · target
 *
 * A limit of 2^64-1 is none. Flag 1 of a retention: the oldest entries may go when the disk budget is used up.
 */

const NAMESPACE = metaNamespace(CATALOG_INSTANCE);
const RETENTION = 8;
const SUBSCRIPTION = 10;

const BODY_AT = 3;
const FLAGS_AT = 1;
const LIMITS_AT = 2;
const LIMIT_LENGTH = 24;
const RETENTION_LENGTH = LIMITS_AT + 2 * LIMIT_LENGTH;
const YIELDS_TO_DISK = 1;
const SUBSCRIPTION_KEY_LENGTH = BODY_AT + 9;

/** What of a table is kept, by any of these; null for no limit. */
export interface RecordLimit {
  readonly entries: bigint | null;
  /** As they are stored. */
  readonly bytes: bigint | null;
  readonly ageMs: bigint | null;
}

/** A retention as it is stored. */
export interface RetentionRecord {
  /** What is beyond it goes once no consumer needs it. */
  readonly keep: RecordLimit;
  /** What is beyond it goes. */
  readonly atMost: RecordLimit;
  /** The oldest entries may go when the disk budget is used up. */
  readonly yieldsToDisk: boolean;
}

/** No limit. */
export const NO_LIMIT: RecordLimit = { entries: null, bytes: null, ageMs: null };

/** The key of a retention. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE for too long a name. */
export function retentionKey(instance: number, target: RecordTarget): Uint8Array {
  return keyOf(RETENTION, instance, encodeTarget(target));
}

/** The target in a {@link retentionKey}. Throws SHALE_CORRUPT with `details.field`. */
export function decodeRetentionKey(source: Uint8Array, instance: number): RecordTarget {
  const what = 'the key of a retention';
  checkKey(what, source, RETENTION, instance);
  return decodeTarget(what, source, BODY_AT);
}

/** Every retention of an instance. */
export function retentionRange(instance: number): KeyRange {
  return startingWith(keyOf(RETENTION, instance, new Uint8Array(0)));
}

/** The value of a retention. Throws SHALE_INVALID_ARGUMENT. */
export function encodeRetention({ keep, atMost, yieldsToDisk }: RetentionRecord): Uint8Array {
  const value = new Uint8Array(RETENTION_LENGTH);
  value[0] = FORMAT_VERSION;
  value[FLAGS_AT] = yieldsToDisk ? YIELDS_TO_DISK : 0;
  writeLimit(value, LIMITS_AT, keep);
  writeLimit(value, LIMITS_AT + LIMIT_LENGTH, atMost);
  return value;
}

/** Reads the value of a retention. Throws SHALE_CORRUPT (`length`, `version`, `flags`). */
export function decodeRetention(source: Uint8Array): RetentionRecord {
  checkLength('a retention', source, RETENTION_LENGTH);
  checkByte('a retention', 'version', source, 0, FORMAT_VERSION);
  const flags = source[FLAGS_AT] ?? 0;
  if ((flags & ~YIELDS_TO_DISK) !== 0) {
    throw corrupt(`a retention has the unknown flags ${flags}: ${hex(source)}`, {
      field: 'flags',
      offset: FLAGS_AT,
      actual: flags,
    });
  }
  return {
    keep: readLimit(source, LIMITS_AT),
    atMost: readLimit(source, LIMITS_AT + LIMIT_LENGTH),
    yieldsToDisk: flags === YIELDS_TO_DISK,
  };
}

/** The key of what a consumer is for. Throws SHALE_INVALID_ARGUMENT. */
export function subscriptionKey(instance: number, consumer: bigint): Uint8Array {
  requireU64('consumer', consumer);
  const body = new Uint8Array(9);
  writeU64BE(body, 0, consumer);
  body[8] = FORMAT_VERSION;
  return keyOf(SUBSCRIPTION, instance, body);
}

/** The consumer in a {@link subscriptionKey}. Throws SHALE_CORRUPT with `details.field`. */
export function decodeSubscriptionKey(source: Uint8Array, instance: number): bigint {
  const what = 'the key of what a consumer is for';
  checkLength(what, source, SUBSCRIPTION_KEY_LENGTH);
  checkKey(what, source, SUBSCRIPTION, instance);
  checkByte(what, 'version', source, SUBSCRIPTION_KEY_LENGTH - 1, FORMAT_VERSION);
  return readU64BE(source, BODY_AT);
}

/** What every consumer of an instance is for. */
export function subscriptionRange(instance: number): KeyRange {
  return startingWith(keyOf(SUBSCRIPTION, instance, new Uint8Array(0)));
}

/** What a consumer is for. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE for too long a name. */
export function encodeSubscription(target: RecordTarget): Uint8Array {
  const encoded = encodeTarget(target);
  const value = new Uint8Array(1 + encoded.length);
  value[0] = FORMAT_VERSION;
  value.set(encoded, 1);
  return value;
}

/** Reads what a consumer is for. Throws SHALE_CORRUPT with `details.field`. */
export function decodeSubscription(source: Uint8Array): RecordTarget {
  const what = 'what a consumer is for';
  checkByte(what, 'version', source, 0, FORMAT_VERSION);
  return decodeTarget(what, source, 1);
}

function writeLimit(target: Uint8Array, offset: number, { entries, bytes, ageMs }: RecordLimit): void {
  for (const [i, limit] of [entries, bytes, ageMs].entries()) {
    const value = limit ?? U64_MAX;
    requireU64('limit', value);
    writeU64BE(target, offset + i * 8, value);
  }
}

function readLimit(source: Uint8Array, offset: number): RecordLimit {
  const limitAt = (at: number): bigint | null => {
    const value = readU64BE(source, at);
    return value === U64_MAX ? null : value;
  };
  return { entries: limitAt(offset), bytes: limitAt(offset + 8), ageMs: limitAt(offset + 16) };
}

function checkKey(what: string, source: Uint8Array, type: number, instance: number): void {
  checkByte(what, 'namespace', source, 0, NAMESPACE);
  checkByte(what, 'keyType', source, 1, type);
  checkByte(what, 'instance', source, 2, instance);
}

function keyOf(type: number, instance: number, body: Uint8Array): Uint8Array {
  if (!Number.isInteger(instance) || instance < 0 || instance >= CATALOG_INSTANCE) {
    throw invalidArgument(
      `the instance of a retention must be an integer from 0 to ${CATALOG_INSTANCE - 1}, got ${show(instance)}`,
      { field: 'instance' },
    );
  }
  const key = new Uint8Array(BODY_AT + body.length);
  key[0] = NAMESPACE;
  key[1] = type;
  key[2] = instance;
  key.set(body, BODY_AT);
  return key;
}
