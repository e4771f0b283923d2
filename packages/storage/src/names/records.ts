import {
  decodeNameValue,
  decodeTableNameValue,
  encodeNameValue,
  encodeTableNameValue,
  isNamedTable,
  nameKey,
  type TableId,
  tableNameKey,
} from '@shale/codec';
import type { RecordChange, Snapshot } from '@shale/rocksdb';
import { decoded, native } from '../errors.js';
import type { TableHome } from '../tables/table-state.js';

/** The table of a name; null when there is none of that name. Throws SHALE_CORRUPT. */
export function findName(home: TableHome, name: string, snapshot?: Snapshot): TableId | null {
  return look(home, nameKey(home.instance, name), decodeNameValue, snapshot);
}

/** The name of a table; null when it has none. Throws SHALE_CORRUPT. */
export function nameOfTable(home: TableHome, id: TableId, snapshot?: Snapshot): string | null {
  return look(home, tableNameKey(home.instance, id), decodeTableNameValue, snapshot);
}

/** Reads what the drop of a table has to know of its name. Throws what keeps it from being read. */
export function readNameOfTable(home: TableHome, id: TableId): void {
  const name = isNamedTable(id) ? nameOfTable(home, id) : null;
  if (name !== null) findName(home, name);
}

/** What makes a name stand for a table. */
export function naming(instance: number, name: string, id: TableId): RecordChange[] {
  return [
    { put: nameKey(instance, name), value: encodeNameValue(id) },
    { put: tableNameKey(instance, id), value: encodeTableNameValue(name) },
  ];
}

function look<T>(
  { db, path }: TableHome,
  key: Uint8Array,
  decode: (value: Uint8Array) => T,
  snapshot: Snapshot | undefined,
): T | null {
  const value = native({ path }, () => db.get(key, snapshot === undefined ? {} : { snapshot }));
  if (value === null) return null;
  return decoded(key, { path }, () => decode(value));
}
