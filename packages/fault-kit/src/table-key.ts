import type { Table, Wal } from '@shale/engine';
import type { TableRecord } from './journal/records.js';

/** One string per table, for maps and for people: `1/42`, or the name in quotes. Throws a TypeError for neither. */
export function tableKey(table: TableRecord): string {
  if (table.name !== undefined) return JSON.stringify(table.name);
  if (table.region === undefined || table.table === undefined) {
    throw new TypeError(`a record names no table: ${JSON.stringify(table)}`);
  }
  return `${table.region}/${table.table}`;
}

/** The table of a record. */
export function tableOf(wal: Wal, table: TableRecord): Table {
  if (table.name !== undefined) return wal.table(table.name);
  return wal.table({ region: BigInt(table.region ?? 0), table: BigInt(table.table ?? 0) });
}
