import { corrupt, hex, invalidArgument, mustBe } from '../errors/refuse.js';
import { show } from '../errors/show.js';
import { type TableId, WalError } from '../errors/wal-error.js';
import { asBytes, lengthOfBytes } from '../payload/measure.js';
import { isWellFormed } from '../payload/utf8.js';
import { checkByte, checkLength } from './field-checks.js';
import { CATALOG_INSTANCE, FORMAT_VERSION, metaNamespace } from './instance.js';
import { type KeyRange, startingWith } from './ranges.js';
import { readU32BE, readU64BE, requireU64, U64_MAX, writeU32BE, writeU64BE } from './u64.js';

/*
 * The id that a producer has given an append to a table of instance i, in the metadata namespace of instance 127:
 *
 *   key    namespace u8 (254) · key type u8 (9) · i u8 · region u64 · table u64 · first sequence u64 · version u8
 *   value  version u8 (0) · entries u32 · milliseconds u64 · id
 *
 * or of several appends of one write, where the key has the sequence of the first of them:
 *
 *   value  version u8 (1) · milliseconds u64, and for each: after u32 · entries u32 · later u32 · length u8 · id
 *
 * The sequence stands in the key and not the id: so the ids of a table are in the order in which they are forgotten, and
 * those that are forgotten are one range. No key is as long as a log key, and key and value together are longer than a
 * metadata record.
 */

const NAMESPACE = metaNamespace(CATALOG_INSTANCE);
const KEY_TYPE = 9;

const encoder = new TextEncoder();

const KEY_TYPE_AT = 1;
const INSTANCE_AT = 2;
const REGION_AT = 3;
const TABLE_AT = 11;
const FIRST_AT = 19;
const VERSION_AT = 27;
/** Bytes of the key of an append's id. */
export const APPEND_ID_KEY_LENGTH = 28;

const ENTRIES_AT = 1;
const TIME_AT = 5;
/** Bytes of the value of an append's id before the id: version u8 · entries u32 · milliseconds u64. */
export const APPEND_ID_HEADER_LENGTH = 13;
/** Bytes of the value of several ids before the first of them: version u8 · milliseconds u64. */
export const APPEND_IDS_HEADER_LENGTH = 9;
/** Bytes before each of several ids: after u32 · entries u32 · later u32 · length u8. */
export const APPEND_IDS_ITEM_LENGTH = 13;
/** The version of the value of several ids. */
const SEVERAL = 1;
/** The longest id of an append, in bytes. */
export const MAX_APPEND_ID_BYTES = 255;

/** Which append of which table. */
export interface AppendIdKey extends TableId {
  /** The sequence of its first entry. */
  readonly first: bigint;
}

/** What is kept of an append that has an id. */
export interface AppendId {
  /** How many entries it has: 1 or more. */
  readonly entries: number;
  /** When it was made, in milliseconds since 1970. */
  readonly time: number;
  /** 1 to {@link MAX_APPEND_ID_BYTES} bytes. */
  readonly id: Uint8Array;
}

/**
 * An id as a caller gives it, checked: a string of ASCII as it is, which nobody can change, and anything else as bytes, in
 * memory of their own. Throws SHALE_INVALID_ARGUMENT.
 */
export function checkAppendId(id: unknown): Uint8Array | string {
  if (typeof id !== 'string' || !isAscii(id)) return toAppendId(id);
  requireLength(id.length);
  return id;
}

/** The bytes of an id as a caller gives it, in memory of their own. Throws SHALE_INVALID_ARGUMENT. */
export function toAppendId(id: unknown): Uint8Array {
  if (typeof id === 'string') return bytesOfText(id);
  const { bytes, length } = measured(id);
  requireLength(length);
  const copy = new Uint8Array(length);
  copy.set(bytes);
  return copy;
}

/** The key of an append's id. Throws SHALE_INVALID_ARGUMENT. */
export function appendIdKey(instance: number, { region, table, first }: AppendIdKey): Uint8Array {
  requireU64('first', first);
  const key = new Uint8Array(APPEND_ID_KEY_LENGTH);
  key.set(tablePrefix(instance, { region, table }));
  writeU64BE(key, FIRST_AT, first);
  key[VERSION_AT] = FORMAT_VERSION;
  return key;
}

/** Reads an {@link appendIdKey}. Throws SHALE_CORRUPT with `details.field`. */
export function decodeAppendIdKey(source: Uint8Array, instance: number): AppendIdKey {
  const what = "the key of an append's id";
  checkLength(what, source, APPEND_ID_KEY_LENGTH);
  checkByte(what, 'namespace', source, 0, NAMESPACE);
  checkByte(what, 'keyType', source, KEY_TYPE_AT, KEY_TYPE);
  checkByte(what, 'instance', source, INSTANCE_AT, instance);
  checkByte(what, 'version', source, VERSION_AT, FORMAT_VERSION);
  return {
    region: readU64BE(source, REGION_AT),
    table: readU64BE(source, TABLE_AT),
    first: readU64BE(source, FIRST_AT),
  };
}

/** The ids of all appends to an instance's tables, by (region, table, first sequence). */
export function appendIdRange(instance: number): KeyRange {
  requireInstance(instance);
  return startingWith(Uint8Array.of(NAMESPACE, KEY_TYPE, instance));
}

/** The ids of the appends to a table, by their first sequence. */
export function appendIdRangeOfTable(instance: number, id: TableId): KeyRange {
  return startingWith(tablePrefix(instance, id));
}

/** The value of an append's id. Throws SHALE_INVALID_ARGUMENT. */
export function encodeAppendId({ entries, time, id }: AppendId): Uint8Array {
  const value = new Uint8Array(APPEND_ID_HEADER_LENGTH + id.length);
  requireEntries(entries);
  requireTime(time);
  requireLength(id.length);
  value[0] = FORMAT_VERSION;
  writeU32BE(value, ENTRIES_AT, entries);
  writeTime(value, TIME_AT, time);
  value.set(id, APPEND_ID_HEADER_LENGTH);
  return value;
}

/** Begins the value of several ids, which {@link writeAppendIdItem} goes on with; returns where. There must be room. */
export function beginAppendIds(target: Uint8Array, time: number): number {
  requireTime(time);
  target[0] = SEVERAL;
  writeTime(target, 1, time);
  return APPEND_IDS_HEADER_LENGTH;
}

/**
 * Writes what is before one of several ids; returns where the id goes. There must be room.
 *
 * @param after how many sequences after that of the key it begins: 0 for the first one
 * @param later how many milliseconds after that of the header it was made
 */
export function writeAppendIdItem(
  target: Uint8Array,
  offset: number,
  after: number,
  entries: number,
  later: number,
  length: number,
): number {
  writeU32BE(target, offset, after);
  writeU32BE(target, offset + 4, entries);
  writeU32BE(target, offset + 8, later);
  target[offset + 12] = length;
  return offset + APPEND_IDS_ITEM_LENGTH;
}

/**
 * Reads the ids of a record, be they one or several; ids are views. They are in the order of their sequences, and none
 * begins before the one before it ends. Throws SHALE_CORRUPT with `details.field`.
 */
export function decodeAppendIds(
  { first }: Pick<AppendIdKey, 'first'>,
  source: Uint8Array,
): (AppendId & Pick<AppendIdKey, 'first'>)[] {
  if (source[0] !== SEVERAL) return [{ first, ...decodeAppendId(source) }];
  const what = 'the ids of appends';
  const time = source.length < APPEND_IDS_HEADER_LENGTH ? Number.NaN : readTime(source, 1);
  const ids: (AppendId & Pick<AppendIdKey, 'first'>)[] = [];
  let least = 0;
  let at = APPEND_IDS_HEADER_LENGTH;
  do {
    const idAt = at + APPEND_IDS_ITEM_LENGTH;
    const length = source[idAt - 1] ?? 0;
    if (length === 0 || idAt + length > source.length) {
      throw corrupt(`${what} end inside of one, at byte ${source.length}`, {
        field: 'length',
        offset: at,
        actual: source.length,
      });
    }
    const after = readU32BE(source, at);
    const entries = readU32BE(source, at + 4);
    const madeAt = time + readU32BE(source, at + 8);
    if (ids.length === 0 ? after !== 0 : after < least)
      throw corrupt(`${what} are not in order`, { field: 'after', offset: at, actual: after });
    if (entries === 0) throw corrupt(`${what} have one of no entry`, { field: 'entries', offset: at + 4 });
    if (!Number.isSafeInteger(madeAt))
      throw corrupt(`${what} have one of a time beyond the years`, { field: 'time', offset: at + 8 });
    ids.push({
      first: first + BigInt(after),
      entries,
      time: madeAt,
      id: source.subarray(idAt, idAt + length),
    });
    least = after + entries;
    at = idAt + length;
  } while (at < source.length);
  if (first + BigInt(least) - 1n > U64_MAX)
    throw corrupt(`${what} run out of sequences`, { field: 'after', offset: 0 });
  return ids;
}

/** The value of one id, or of several, the first of which is of the sequence of the key. Throws SHALE_INVALID_ARGUMENT. */
export function encodeAppendIds(ids: readonly (AppendId & Pick<AppendIdKey, 'first'>)[]): Uint8Array {
  const [one] = ids;
  if (one === undefined) throw invalidArgument('a record of ids must have one', { field: 'id' });
  if (ids.length === 1) return encodeAppendId(one);
  const time = Math.min(...ids.map((each) => each.time));
  const bytes = ids.reduce((sum, { id }) => sum + APPEND_IDS_ITEM_LENGTH + id.length, 0);
  const value = new Uint8Array(APPEND_IDS_HEADER_LENGTH + bytes);
  let at = beginAppendIds(value, time);
  for (const { first, entries, time: madeAt, id } of ids) {
    requireEntries(entries);
    requireLength(id.length);
    const after = requireU32('first', Number(first - one.first));
    const later = requireU32('time', madeAt - time);
    at = writeAppendIdItem(value, at, after, entries, later, id.length);
    value.set(id, at);
    at += id.length;
  }
  return value;
}

/** Reads the value of an append's id; the id is a view. Throws SHALE_CORRUPT (`length`, `version`, `entries`, `time`). */
export function decodeAppendId(source: Uint8Array): AppendId {
  const least = APPEND_ID_HEADER_LENGTH + 1;
  const most = APPEND_ID_HEADER_LENGTH + MAX_APPEND_ID_BYTES;
  if (source.length < least || source.length > most) {
    throw corrupt(
      `the id of an append takes ${least} to ${most} bytes, but this one ${source.length}: ${hex(source)}`,
      { field: 'length', offset: 0, actual: source.length },
    );
  }
  checkByte('the id of an append', 'version', source, 0, FORMAT_VERSION);
  const entries = readU32BE(source, ENTRIES_AT);
  if (entries === 0)
    throw corrupt('the id of an append is of no entry', { field: 'entries', offset: ENTRIES_AT });
  const time = readTime(source, TIME_AT);
  if (!Number.isSafeInteger(time))
    throw corrupt('the id of an append is of a time beyond the years', { field: 'time', offset: TIME_AT });
  return { entries, time, id: source.subarray(APPEND_ID_HEADER_LENGTH) };
}

function bytesOfText(id: string): Uint8Array {
  if (id.length > MAX_APPEND_ID_BYTES) throw tooLong(id.length);
  if (!isWellFormed(id)) {
    throw invalidArgument('the id of an append must be a string without lone surrogates, or bytes', {
      field: 'id',
    });
  }
  const bytes = encoder.encode(id);
  requireLength(bytes.length);
  return bytes;
}

function measured(id: unknown): { readonly bytes: Uint8Array; readonly length: number } {
  try {
    const bytes = asBytes(id);
    return { bytes, length: lengthOfBytes(bytes) };
  } catch (cause) {
    throw new WalError(
      'SHALE_INVALID_ARGUMENT',
      `the id of an append must be a string, a Uint8Array, an ArrayBuffer or a DataView, got ${show(id)}`,
      { cause, details: { field: 'id' } },
    );
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function readTime(source: Uint8Array, at: number): number {
  return readU32BE(source, at) * 2 ** 32 + readU32BE(source, at + 4);
}

function writeTime(target: Uint8Array, at: number, time: number): void {
  writeU32BE(target, at, Math.floor(time / 2 ** 32));
  writeU32BE(target, at + 4, time >>> 0);
}

function requireTime(time: number): void {
  if (!Number.isSafeInteger(time) || time < 0)
    throw mustBe('time', 'milliseconds since 1970, as an integer', time);
}

function requireEntries(entries: number): void {
  if (!Number.isInteger(entries) || entries < 1 || entries >= 2 ** 32)
    throw mustBe('entries', 'an integer from 1 to 4294967295', entries);
}

function requireU32(field: string, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32)
    throw mustBe(field, 'at most 4294967295 behind the first one', value);
  return value;
}

function requireLength(length: number): void {
  if (length < 1 || length > MAX_APPEND_ID_BYTES) throw tooLong(length);
}

function tooLong(length: number): WalError {
  return invalidArgument(`the id of an append must have 1 to ${MAX_APPEND_ID_BYTES} bytes, got ${length}`, {
    field: 'id',
  });
}

function tablePrefix(instance: number, { region, table }: TableId): Uint8Array {
  requireInstance(instance);
  requireU64('region', region);
  requireU64('table', table);
  const prefix = new Uint8Array(FIRST_AT);
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
      `the instance of an append's id must be an integer from 0 to ${CATALOG_INSTANCE - 1}, got ${show(instance)}`,
      { field: 'instance' },
    );
  }
}
