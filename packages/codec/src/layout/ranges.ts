import { invalidArgument } from '../errors/refuse.js';
import type { TableId } from '../errors/wal-error.js';
import { logNamespace, metaNamespace } from './instance.js';
import {
  encodeLogKey,
  encodeLogKeyPrefix,
  LOG_KEY_LENGTH,
  LOG_KEY_PREFIX_LENGTH,
  type LogKeyPrefix,
} from './log-key.js';
import { encodeMetaKey, MAX_SEQUENCE_KEY_TYPE, META_KEY_LENGTH } from './meta-key.js';
import { requireU64, U64_MAX, writeU64BE } from './u64.js';

/** A range of keys in bytewise order. Both ends are newly allocated. */
export interface KeyRange {
  /** Inclusive. */
  readonly lower: Uint8Array;
  /** Exclusive. */
  readonly upper: Uint8Array;
}

/** The key of one entry. */
export function logKey(id: LogKeyPrefix, sequence: bigint): Uint8Array {
  const key = new Uint8Array(LOG_KEY_LENGTH);
  encodeLogKey(key, 0, { instance: id.instance, region: id.region, table: id.table, sequence });
  return key;
}

/** The key of the metadata record with the floor of a table id. */
export function metaKey(instance: number, table: bigint): Uint8Array {
  const key = new Uint8Array(META_KEY_LENGTH);
  encodeMetaKey(key, 0, { instance, table });
  return key;
}

/** Every key that begins with a table's 17-byte prefix: its entries, and foreign keys among them. */
export function tableRange(instance: number, id: TableId): KeyRange {
  return startingWith(tablePrefix(instance, id));
}

/** From the table's start to just after `sequence`: what an inclusive trim deletes. */
export function tableRangeUpTo(instance: number, id: TableId, sequence: bigint): KeyRange {
  return { lower: tablePrefix(instance, id), upper: afterSequence(instance, id, sequence) };
}

/** From sequence `from` to sequence `toInclusive`. Throws SHALE_INVALID_ARGUMENT when they are reversed. */
export function sequenceRange(instance: number, id: TableId, from: bigint, toInclusive: bigint): KeyRange {
  if (from > toInclusive) {
    throw invalidArgument(`a key range cannot go from sequence ${from} back to ${toInclusive}`, {
      from,
      to: toInclusive,
    });
  }
  return {
    lower: logKey({ instance, region: id.region, table: id.table }, from),
    upper: afterSequence(instance, id, toInclusive),
  };
}

/** Every log key of a region. */
export function regionRange(instance: number, region: bigint): KeyRange {
  requireU64('region', region);
  const prefix = new Uint8Array(9);
  prefix[0] = logNamespace(instance);
  writeU64BE(prefix, 1, region);
  return startingWith(prefix);
}

/** Every log key of an instance. */
export function instanceRange(instance: number): KeyRange {
  return startingWith(Uint8Array.of(logNamespace(instance)));
}

/** Everything in the namespace of an instance's metadata: floors, and records of other types. */
export function metaRange(instance: number): KeyRange {
  return startingWith(Uint8Array.of(metaNamespace(instance)));
}

/** Every meta key of an instance. */
export function floorRange(instance: number): KeyRange {
  return startingWith(Uint8Array.of(metaNamespace(instance), MAX_SEQUENCE_KEY_TYPE));
}

/** The next possible key in bytewise order: the key and a zero byte. */
export function keySuccessor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** The smallest key above everything that begins with `prefix`; null if there is none (it is empty, or all 0xff). */
export function prefixSuccessor(prefix: Uint8Array): Uint8Array | null {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end--;
  if (end === 0) return null;
  const next = prefix.slice(0, end);
  next[end - 1] = (next[end - 1] ?? 0) + 1;
  return next;
}

function tablePrefix(instance: number, id: TableId): Uint8Array {
  const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
  encodeLogKeyPrefix(prefix, 0, { instance, region: id.region, table: id.table });
  return prefix;
}

function afterSequence(instance: number, id: TableId, sequence: bigint): Uint8Array {
  return sequence === U64_MAX
    ? tableRange(instance, id).upper
    : logKey({ instance, region: id.region, table: id.table }, sequence + 1n);
}

/** Above every key of this format: a key that begins with 0xff is at most 26 bytes long and ends in version 0. */
const AFTER_ALL_KEYS_LENGTH = LOG_KEY_LENGTH + 1;

/** Every key that begins with `prefix`. */
export function startingWith(prefix: Uint8Array): KeyRange {
  const upper = prefixSuccessor(prefix) ?? new Uint8Array(AFTER_ALL_KEYS_LENGTH).fill(0xff);
  return { lower: prefix, upper };
}
