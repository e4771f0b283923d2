import { type Wal, WalError } from '@shale/engine';
import { requireEqual } from './compare.js';
import { type TableKey, tableOf } from './tables.js';
import type { WalModel } from './wal-model.js';

/** Compares a table's first and last sequence with the model's. */
export async function compareEnds(wal: Wal, table: TableKey, model: WalModel): Promise<void> {
  const handle = tableOf(wal, table);
  const [first, last] = await Promise.all([handle.firstSequence(), handle.lastSequence()]);
  requireEqual(
    `the ends of ${table}`,
    { first, last },
    { first: model.first(table), last: model.last(table) },
  );
}

/** Compares the list of tables with the model's. */
export async function compareTables(wal: Wal, model: WalModel): Promise<void> {
  const listed = (await all(wal.tables())).map(({ id, name, first, last, entries }) => ({
    table: name ?? (id.region === null ? String(id.table) : `${id.region}/${id.table}`),
    first,
    last,
    entries,
  }));
  const byTable = (a: { table: string }, b: { table: string }) => (a.table < b.table ? -1 : 1);
  requireEqual('tables()', listed.sort(byTable), model.tables().sort(byTable));
}

/** All of an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Reads to the end, or until the WAL is closed. */
export async function readUntilClosed(read: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of read);
  } catch (error) {
    requireEqual('a read when the WAL is closed', error instanceof WalError && error.code, 'SHALE_CLOSED');
  }
}
