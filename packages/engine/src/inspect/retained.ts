import { mustBe, type TableId, toU64 } from '@shale/codec';
import { invalid, readBag } from '@shale/storage';
import { toName } from '../ids.js';
import { limitOf, type RetainOptions, readRetainOptions } from '../retention/limits.js';
import type { RetainedTables, RetainTarget } from '../retention/retain.js';
import type { Table } from '../table.js';
import type { Wal } from '../wal.js';
import type { Retained } from './wire.js';

const TARGET = ['region', 'table', 'name', 'prefix'] as const;

/** Which tables are meant, as it is sent. Throws SHALE_INVALID_ARGUMENT, SHALE_TOO_LARGE. */
export function readRetained(target: 'all' | RetainedTables): Retained {
  if (target === 'all') return target;
  const { region, table, name, prefix } = readBag('target', target, TARGET);
  const told = [region, name, prefix].filter((each) => each !== undefined);
  if (told.length !== 1 || (table !== undefined && region === undefined))
    throw invalid('target', "a target is 'all', or has a region, a region and a table, a name, or a prefix");
  if (name !== undefined) return { name: nameIn('name', name) };
  if (prefix !== undefined) return { prefix: nameIn('prefix', prefix) };
  const inRegion = toU64('region', region as bigint);
  return table === undefined
    ? { region: inRegion }
    : { region: inRegion, table: toU64('table', table as bigint) };
}

/** What is to be retained, as it is sent. Throws SHALE_INVALID_ARGUMENT. */
export function readRetention(options: RetainOptions | null): RetainOptions | null {
  if (options === null) return null;
  const { keep, atMost, yieldsToDisk } = readRetainOptions(options);
  const most = yieldsToDisk ? 'disk' : limitOf(atMost);
  const least = limitOf(keep);
  return { ...(least === null ? {} : { keep: least }), ...(most === null ? {} : { atMost: most }) };
}

/** The tables that were sent, in a WAL. Throws SHALE_INVALID_ARGUMENT. */
export function retainedIn(wal: Wal, target: Retained): RetainTarget {
  if (target === 'all') return target;
  if ('name' in target) return tableIn(wal, nameIn('name', target.name));
  if ('prefix' in target) return target;
  return 'table' in target ? tableIn(wal, target) : wal.region(target.region);
}

function tableIn(wal: Wal, which: string | TableId): RetainTarget {
  const table: unknown = typeof which === 'string' ? wal.table(which) : wal.table(which);
  // Whatever it takes and gives.
  return table as Table<unknown, never>;
}

function nameIn(field: string, name: unknown): string {
  if (typeof name !== 'string') throw mustBe(field, 'a string', name);
  return toName(name);
}
