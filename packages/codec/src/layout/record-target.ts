import { corrupt, hex } from '../errors/refuse.js';
import { decodeTableName, encodeTableName } from '../table-name.js';
import { readU64BE, requireU64, writeU64BE } from './u64.js';

/*
 * Which tables a record is about:
 *
 *   all     0
 *   region  1 · region u64
 *   table   2 · region u64 · table u64
 *   prefix  3 · what names begin with, 1 to 512 bytes of UTF-8
 *   name    4 · a name, 1 to 512 bytes of UTF-8
 */

const ALL = 0;
const REGION = 1;
const TABLE = 2;
const PREFIX = 3;
const NAME = 4;

/** Which tables a record is about, those that come into being later included. */
export type RecordTarget =
  | { readonly is: 'all' }
  | { readonly is: 'region'; readonly region: bigint }
  | { readonly is: 'table'; readonly region: bigint; readonly table: bigint }
  | { readonly is: 'prefix'; readonly prefix: string }
  | { readonly is: 'name'; readonly name: string };

/** The bytes of a target. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE for too long a name. */
export function encodeTarget(target: RecordTarget): Uint8Array {
  switch (target.is) {
    case 'all':
      return Uint8Array.of(ALL);
    case 'region':
      return withIds(REGION, target.region);
    case 'table':
      return withIds(TABLE, target.region, target.table);
    case 'prefix':
      return withText(PREFIX, encodeTableName(target.prefix, 'a prefix of table names'));
    case 'name':
      return withText(NAME, encodeTableName(target.name));
  }
}

/** Reads a target, which goes from `offset` to the end. Throws SHALE_CORRUPT (`length`, `kind`, `name`). */
export function decodeTarget(what: string, source: Uint8Array, offset: number): RecordTarget {
  const kind = source[offset] ?? -1;
  const length = source.length - offset;
  const requireLength = (expected: number): void => {
    if (length === expected) return;
    throw corrupt(`${what} has ${length} bytes of a target instead of ${expected}: ${hex(source)}`, {
      field: 'length',
      offset,
      expected,
      actual: length,
    });
  };
  switch (kind) {
    case ALL:
      requireLength(1);
      return { is: 'all' };
    case REGION:
      requireLength(9);
      return { is: 'region', region: readU64BE(source, offset + 1) };
    case TABLE:
      requireLength(17);
      return {
        is: 'table',
        region: readU64BE(source, offset + 1),
        table: readU64BE(source, offset + 9),
      };
    case PREFIX:
      return { is: 'prefix', prefix: decodeTableName(what, source, offset + 1) };
    case NAME:
      return { is: 'name', name: decodeTableName(what, source, offset + 1) };
    default:
      throw corrupt(`${what} has a target of the unknown kind ${kind}: ${hex(source)}`, {
        field: 'kind',
        offset,
        actual: kind,
      });
  }
}

function withIds(kind: number, ...ids: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(1 + ids.length * 8);
  bytes[0] = kind;
  for (const [i, id] of ids.entries()) {
    requireU64(i === 0 ? 'region' : 'table', id);
    writeU64BE(bytes, 1 + i * 8, id);
  }
  return bytes;
}

function withText(kind: number, text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + text.length);
  bytes[0] = kind;
  bytes.set(text, 1);
  return bytes;
}
