import { mustBe, type TableId, toU64, WalError } from '@shale/codec';
import { invalid, readBag } from '@shale/storage';
import type { Engine } from '../engine.js';
import type { FollowPosition } from '../follow/follow-options.js';
import { type TableIdInput, toTableId } from '../ids.js';
import type { Table } from '../table.js';
import { addressOf } from '../table-ref.js';
import { isTable } from '../write-parts.js';
import type { Target } from './target.js';

/** A table of a consumer: its ids, as a batch tells them, or what `wal.table` gives. */
export type ConsumedTable = TableIdInput | Pick<Table<unknown, never>, 'id'>;

/** Where a consumer is to go on in a table: at its first entry, behind its last one, or behind a sequence. */
export type SeekTo = 'start' | 'end' | FollowPosition;

/** Where a consumer is to go in which table. */
export interface Seek {
  readonly id: TableId;
  /** The last sequence that counts as done with then. */
  readonly after: bigint;
  /** The last sequence of the table. */
  readonly last: bigint;
}

/**
 * Where a consumer is to go. Throws SHALE_INVALID_ARGUMENT, and SHALE_NOT_FOUND for a name that no table has.
 *
 * @param target what it is of; null for whatever there is
 */
export async function readSeek(
  engine: Engine,
  target: Target | null,
  table: ConsumedTable,
  to: SeekTo,
): Promise<Seek> {
  if (isTable(table)) await lookUp(engine, table);
  const id = idOf(table);
  if (id === null) throw noTable(table);
  if (target !== null && !(await isOf(engine, target, id)))
    throw invalid('table', 'this table is none of the consumer');
  const { first, last } = await engine.ends(addressOf(id, engine.routing));
  if (to === 'start') return { id, after: first === 0n ? 0n : first - 1n, last };
  if (to === 'end') return { id, after: last, last };
  if (typeof to !== 'object' || to === null) throw mustBe('to', "'start', 'end' or { after }", to);
  const { after } = readBag('to', to, ['after']);
  return { id, after: toU64('after', after), last };
}

/** The ids of a table; null for a name that does not exist yet. Throws SHALE_INVALID_ARGUMENT. */
export function idOf(table: ConsumedTable): TableId | null {
  if (typeof table !== 'object' || table === null) throw mustBe('table', 'a table, or its ids', table);
  if (!('id' in table)) return toTableId(table);
  return table.id === null ? null : toTableId(table.id);
}

/** Says that no table has the name yet. */
function noTable(table: ConsumedTable): WalError {
  const name = isTable(table) ? table.name : null;
  return new WalError(
    'SHALE_NOT_FOUND',
    name === null
      ? 'there is no table of this name yet'
      : `there is no table named ${JSON.stringify(name)} yet`,
    name === null ? {} : { tableName: name },
  );
}

/** Looks up which table has the name, if it has one: it may not have been used yet. */
async function lookUp(engine: Engine, table: Table<unknown, unknown>): Promise<void> {
  if (!table.isOf(engine)) throw invalid('table', 'it must be a table of the same Wal');
  const { ref } = table.place();
  if (ref.address === null && ref.name !== null) await engine.catalog.find(ref);
}

/** Whether a consumer is of a table. */
export async function isOf(engine: Engine, target: Target, id: TableId): Promise<boolean> {
  if (target.is === 'many') {
    const { region, prefix, has } = target;
    if ((region !== null && region !== id.region) || !has(id)) return false;
    return prefix === null || (await engine.catalog.nameOf(id))?.startsWith(prefix) === true;
  }
  const own = target.ref.address?.id;
  return own?.region === id.region && own.table === id.table;
}
