import { mustBe, type PayloadCodec, type RecordTarget, type TableId } from '@shale/codec';
import { invalid, readBag } from '@shale/storage';
import type { Engine } from '../engine.js';
import { NAMED_REGION, readPrefix } from '../follow/name-prefix.js';
import { Region } from '../region/region.js';
import { shardOf } from '../routing.js';
import type { TableRef } from '../table-ref.js';
import { isTable } from '../write-parts.js';
import type { ConsumerPartition } from './consumer-options.js';

/** All tables of a region, or of all, or those whose names begin alike, or a part of them. */
export interface ManyTarget {
  readonly is: 'many';
  /** Null for all. */
  readonly region: bigint | null;
  /** What the names of the tables begin with; null for all tables. */
  readonly prefix: string | null;
  readonly has: (id: TableId) => boolean;
}

/** What a consumer is of. */
export type Target =
  | { readonly is: 'table'; readonly ref: TableRef; readonly codec: PayloadCodec<unknown, never> }
  | ManyTarget;

/** What the option `tables` names. Throws SHALE_INVALID_ARGUMENT. */
export function readTarget(engine: Engine, tables: unknown, partition: ConsumerPartition | null): Target {
  const has = partOf(partition);
  if (tables === 'all') return { is: 'many', region: null, prefix: null, has };
  if (isTable(tables)) {
    if (!tables.isOf(engine)) throw invalid('tables', 'a consumer must be of a table of the same Wal');
    if (partition !== null) throw invalid('partition', 'one table has no parts: consume a region, or all');
    return { is: 'table', ...tables.place() };
  }
  if (typeof tables !== 'object' || tables === null || Array.isArray(tables)) {
    throw mustBe('tables', "a table of wal.table(), a region of wal.region(), { prefix } or 'all'", tables);
  }
  if (Region.isOf(tables, engine)) return { is: 'many', region: tables.id, prefix: null, has };
  const { prefix } = readBag('tables', tables, ['prefix']);
  return { is: 'many', region: NAMED_REGION, prefix: readPrefix(prefix), has };
}

/** What the log keeps of a consumer's target, for retention to wait for it: of all its parts, for they share its name. */
export function subscriptionOf(target: Target): RecordTarget {
  if (target.is === 'table') {
    const { name, address } = target.ref;
    if (name !== null) return { is: 'name', name };
    if (address !== null) return { is: 'table', ...address.id };
  }
  if (target.is === 'many' && target.prefix !== null) return { is: 'prefix', prefix: target.prefix };
  const region = target.is === 'many' ? target.region : null;
  return region === null ? { is: 'all' } : { is: 'region', region };
}

function partOf(partition: ConsumerPartition | null): (id: TableId) => boolean {
  if (partition === null) return () => true;
  const { index, of } = partition;
  return ({ region, table }) => shardOf(region, table, of, 'table') === index;
}
