import { mustBe, type PayloadCodec, type TableId } from '@shale/codec';
import { invalid } from '@shale/storage';
import type { Engine } from '../engine.js';
import { Region } from '../region/region.js';
import { shardOf } from '../routing.js';
import type { TableRef } from '../table-ref.js';
import { isTable } from '../write-parts.js';
import type { ConsumerPartition } from './consumer-options.js';

/** What a consumer is of. */
export type Target =
  | { readonly is: 'table'; readonly ref: TableRef; readonly codec: PayloadCodec<unknown, never> }
  | { readonly is: 'many'; readonly region: bigint | null; has(id: TableId): boolean };

/** What the option `tables` names. Throws SHALE_INVALID_ARGUMENT. */
export function readTarget(engine: Engine, tables: unknown, partition: ConsumerPartition | null): Target {
  if (tables === 'all') return { is: 'many', region: null, has: partOf(partition) };
  if (isTable(tables)) {
    if (!tables.isOf(engine)) throw invalid('tables', 'a consumer must be of a table of the same Wal');
    if (partition !== null) throw invalid('partition', 'one table has no parts: consume a region, or all');
    return { is: 'table', ...tables.place() };
  }
  if (typeof tables === 'object' && tables !== null && Region.isOf(tables, engine)) {
    return { is: 'many', region: tables.id, has: partOf(partition) };
  }
  throw mustBe('tables', "a table of wal.table(), a region of wal.region() or 'all'", tables);
}

function partOf(partition: ConsumerPartition | null): (id: TableId) => boolean {
  if (partition === null) return () => true;
  const { index, of } = partition;
  return ({ region, table }) => shardOf(region, table, of, 'table') === index;
}
