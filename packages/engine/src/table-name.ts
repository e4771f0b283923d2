import { type TableId, tableInWords, WalError } from '@shale/codec';
import type { TableRef } from './table-ref.js';

/**
 * What a shard says of a table, with the name that the caller knows it by: shards know ids. An error about no table, or
 * about another one than these, stays as it is.
 */
export function withName(error: WalError, refs: readonly Pick<TableRef, 'name' | 'address'>[]): WalError {
  const { table } = error;
  if (table === undefined) return error;
  const name = refs.find(({ address }) => address !== null && isSame(address.id, table))?.name ?? null;
  if (name === null) return error;
  const { code, path, details, recovery, cause } = error;
  const options = { path, table, tableName: name, details, recovery };
  const message = inMessage(error.message, table, name);
  const named = new WalError(code, message, cause === undefined ? options : { ...options, cause });
  if (error.stack !== undefined) named.stack = error.stack.replace(error.message, () => message);
  return named;
}

function isSame(a: TableId, b: TableId): boolean {
  return a.table === b.table && a.region === b.region;
}

/** A message that does not say where it happened begins with the table. */
function inMessage(message: string, table: TableId, name: string): string {
  const named = tableInWords(table, name);
  const said = new RegExp(`${tableInWords(table)}(?!\\d)`);
  return said.test(message) ? message.replace(said, () => named) : `${named}: ${message}`;
}
