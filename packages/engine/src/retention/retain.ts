import { mustBe, type RecordTarget } from '@shale/codec';
import { invalid, readBag, type StoredRetention } from '@shale/storage';
import type { Engine } from '../engine.js';
import { readPrefix } from '../follow/name-prefix.js';
import { Region } from '../region/region.js';
import type { Table } from '../table.js';
import type { TableRef } from '../table-ref.js';
import { isTable } from '../write-parts.js';
import { type Limit, limitOf, type RetainOptions, readRetainOptions } from './limits.js';

/** Which tables are retained, those that come into being later included: by what their names begin with. */
export interface PrefixTarget {
  /** 1 to 512 bytes of UTF-8. */
  readonly prefix: string;
}

/** Which tables are retained: one, a region's, those of a prefix, or all. */
export type RetainTarget = Table<unknown, never> | Region | PrefixTarget | 'all';

/** Tables that something is retained of: a region's, one by its ids or by its name, or those of a prefix. */
export interface RetainedTables {
  /** The region. */
  readonly region?: bigint;
  /** With `region`: the table's id. */
  readonly table?: bigint;
  /** The table's name. */
  readonly name?: string;
  /** What names begin with. */
  readonly prefix?: string;
}

/** What is retained of which tables. */
export interface RetentionInfo {
  /** Which tables: `'all'`, or those of which this is so. */
  readonly target: 'all' | RetainedTables;
  /** What is kept for consumers as long as they need it; null for everything. */
  readonly keep: Limit | null;
  /** What is kept at most; `'disk'` for what the disk budget has room for, null for no limit. */
  readonly atMost: Limit | 'disk' | null;
}

/** Sets what is retained of tables, or removes that. */
export async function retain(
  engine: Engine,
  target: RetainTarget,
  options: RetainOptions | null,
): Promise<void> {
  const of = readRetainTarget(engine, target);
  const record = options === null ? null : readRetainOptions(options);
  engine.requireWritable();
  await engine.retention.change(of, record);
}

/** Everything that is retained. */
export async function listRetentions(engine: Engine): Promise<readonly RetentionInfo[]> {
  const stored = await engine.nextShard().request<'retentionList'>({ kind: 'retentionList' }, 'insist');
  return stored.map(infoOf);
}

/** Which tables are meant. Throws SHALE_INVALID_ARGUMENT. */
export function readRetainTarget(engine: Engine, target: unknown): RecordTarget {
  if (target === 'all') return { is: 'all' };
  if (isTable(target)) {
    if (!target.isOf(engine)) throw invalid('target', 'a table must be one of the same Wal');
    return targetOfTable(target.place().ref);
  }
  if (typeof target === 'object' && target !== null) {
    if (Region.isOf(target, engine)) return { is: 'region', region: target.id };
    if ('prefix' in target) {
      const { prefix } = readBag('target', target, ['prefix']);
      return { is: 'prefix', prefix: readPrefix(prefix) };
    }
  }
  throw mustBe('target', "a table of wal.table(), a region of wal.region(), { prefix } or 'all'", target);
}

/** What records say of one table. Throws SHALE_INVALID_ARGUMENT for one of a name that was asked for by its id. */
export function targetOfTable({ name, address, isReserved }: TableRef): RecordTarget {
  if (name !== null) return { is: 'name', name };
  if (address === null || isReserved)
    throw invalid('target', 'the ids from 2^63 on of region 0 belong to tables with a name: use the name');
  return { is: 'table', ...address.id };
}

function infoOf({ target, keep, atMost, yieldsToDisk }: StoredRetention): RetentionInfo {
  const most = yieldsToDisk ? 'disk' : limitOf(atMost);
  return { target: targetInfo(target), keep: limitOf(keep), atMost: most };
}

function targetInfo(target: RecordTarget): RetentionInfo['target'] {
  switch (target.is) {
    case 'all':
      return 'all';
    case 'region':
      return { region: target.region };
    case 'table':
      return { region: target.region, table: target.table };
    case 'name':
      return { name: target.name };
    case 'prefix':
      return { prefix: target.prefix };
  }
}
