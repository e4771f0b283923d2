import { corrupt, hex, invalidArgument } from './errors/refuse.js';
import { type TableId, WalError } from './errors/wal-error.js';
import { checkByte } from './layout/field-checks.js';
import { FORMAT_VERSION } from './layout/instance.js';
import { readU64BE, requireU64, writeU64BE } from './layout/u64.js';
import { isWellFormed } from './payload/utf8.js';

/*
 * The catalog is a log like any other (instance 127) whose payloads are these records:
 *
 *   version u8 (0) · kind u8 (1 name, 2 dropped) · region u64 BE · table u64 BE · name in UTF-8, 1 to 512 bytes
 */

/** What happened to a table name. */
export interface CatalogRecord {
  /** `name`: the name now stands for the table. `dropped`: it does not any more. */
  readonly kind: 'name' | 'dropped';
  readonly id: TableId;
  /** 1 to 512 bytes of UTF-8. */
  readonly name: string;
}

/** The longest table name, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 512;

const KIND_AT = 1;
const REGION_AT = 2;
const TABLE_AT = 10;
const NAME_AT = 18;
const KIND_NAME = 1;
const KIND_DROPPED = 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The payload of a catalog record. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE for too long a name. */
export function encodeCatalogRecord(record: CatalogRecord): Uint8Array {
  requireU64('region', record.id.region);
  requireU64('table', record.id.table);
  if (record.kind !== 'name' && record.kind !== 'dropped') {
    throw invalidArgument(`a catalog record is of kind 'name' or 'dropped', and got ${String(record.kind)}`);
  }
  const name = encodeName(record.name);
  const bytes = new Uint8Array(NAME_AT + name.length);
  bytes[0] = FORMAT_VERSION;
  bytes[KIND_AT] = record.kind === 'name' ? KIND_NAME : KIND_DROPPED;
  writeU64BE(bytes, REGION_AT, record.id.region);
  writeU64BE(bytes, TABLE_AT, record.id.table);
  bytes.set(name, NAME_AT);
  return bytes;
}

/** Reads a catalog record, which must be all of `source`. Throws SHALE_CORRUPT with `details.field`. */
export function decodeCatalogRecord(source: Uint8Array): CatalogRecord {
  const nameLength = source.length - NAME_AT;
  if (nameLength < 1 || nameLength > MAX_NAME_BYTES) {
    throw corrupt(
      `a catalog record has ${NAME_AT + 1} to ${NAME_AT + MAX_NAME_BYTES} bytes, and this one has ${source.length}: ${hex(source)}`,
      { field: 'length', offset: 0, actual: source.length },
    );
  }
  checkByte('a catalog record', 'version', source, 0, FORMAT_VERSION);
  const kind = source[KIND_AT];
  if (kind !== KIND_DROPPED) checkByte('a catalog record', 'kind', source, KIND_AT, KIND_NAME);
  return {
    kind: kind === KIND_NAME ? 'name' : 'dropped',
    id: { region: readU64BE(source, REGION_AT), table: readU64BE(source, TABLE_AT) },
    name: decodeName(source.subarray(NAME_AT)),
  };
}

function encodeName(name: string): Uint8Array {
  if (typeof name !== 'string' || name.length === 0 || !isWellFormed(name)) {
    throw invalidArgument(
      'a table name must be a string of at least one character, without half surrogate pairs',
    );
  }
  const bytes = encoder.encode(name);
  if (bytes.length > MAX_NAME_BYTES) {
    throw new WalError(
      'SHALE_TOO_LARGE',
      `a table name takes at most ${MAX_NAME_BYTES} bytes of UTF-8, and this one takes ${bytes.length}`,
      { details: { length: bytes.length, limit: MAX_NAME_BYTES } },
    );
  }
  return bytes;
}

function decodeName(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw corrupt(
      `a catalog record has a name that is not UTF-8: ${hex(bytes)}`,
      { field: 'name', offset: NAME_AT },
      cause,
    );
  }
}
