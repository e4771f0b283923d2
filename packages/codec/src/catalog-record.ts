import { corrupt, hex, invalidArgument } from './errors/refuse.js';
import { show } from './errors/show.js';
import type { TableId } from './errors/wal-error.js';
import { checkByte } from './layout/field-checks.js';
import { FORMAT_VERSION } from './layout/instance.js';
import { readU64BE, requireU64, writeU64BE } from './layout/u64.js';
import { decodeTableName, encodeTableName, MAX_NAME_BYTES } from './table-name.js';

/*
 * Version 0.1 kept table names in a log of their own (instance 127), whose payloads are these records:
 *
 *   version u8 (0) · kind u8 (1 name, 2 dropped) · region u64 BE · table u64 BE · name in UTF-8, 1 to 512 bytes
 *
 * Names now have records of their own (layout/name-records.ts). The log is left with a single record, of a version
 * that makes software without knowledge of name records refuse the database.
 */

/** What happened to a table name. */
export interface CatalogRecord {
  /** `name`: the name now stands for the table. `dropped`: it no longer does. */
  readonly kind: 'name' | 'dropped';
  readonly id: TableId;
  /** 1 to 512 bytes of UTF-8. */
  readonly name: string;
}

const KIND_AT = 1;
const REGION_AT = 2;
const TABLE_AT = 10;
const NAME_AT = 18;
const KIND_NAME = 1;
const KIND_DROPPED = 2;
/** The version of the only record left in the catalog log once the names have moved. */
const MOVED_VERSION = 1;

/** The payload of a catalog record. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE for too long a name. */
export function encodeCatalogRecord(record: CatalogRecord): Uint8Array {
  requireU64('region', record.id.region);
  requireU64('table', record.id.table);
  if (record.kind !== 'name' && record.kind !== 'dropped') {
    throw invalidArgument(
      `the kind of a catalog record must be 'name' or 'dropped', got ${show(record.kind)}`,
    );
  }
  const name = encodeTableName(record.name);
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
      `a catalog record has ${NAME_AT + 1} to ${NAME_AT + MAX_NAME_BYTES} bytes, ` +
        `but this one has ${source.length}: ${hex(source)}`,
      { field: 'length', offset: 0, actual: source.length },
    );
  }
  checkByte('a catalog record', 'version', source, 0, FORMAT_VERSION);
  const kind = source[KIND_AT];
  if (kind !== KIND_DROPPED) checkByte('a catalog record', 'kind', source, KIND_AT, KIND_NAME);
  return {
    kind: kind === KIND_NAME ? 'name' : 'dropped',
    id: { region: readU64BE(source, REGION_AT), table: readU64BE(source, TABLE_AT) },
    name: decodeTableName('a catalog record', source, NAME_AT),
  };
}

/** The payload that marks the names as moved to records of their own. `decodeCatalogRecord` refuses it. */
export function catalogMovedMark(): Uint8Array {
  // As long as the shortest record, so that a decoder which expects one complains about the version.
  const bytes = new Uint8Array(NAME_AT + 1);
  bytes[0] = MOVED_VERSION;
  bytes[NAME_AT] = '-'.charCodeAt(0);
  return bytes;
}

/** Whether a payload of the log is {@link catalogMovedMark}. */
export function isCatalogMovedMark(source: Uint8Array): boolean {
  return source[0] === MOVED_VERSION;
}
