import { instanceRange, tableRange, type WalError } from '@shale/codec';
import type { LogContext } from './context.js';
import { native } from './errors.js';
import { floors } from './floors.js';
import { heads } from './heads.js';

/** A table as the list of tables shows it. */
export interface TableInfo {
  /** `region` is null when only the metadata record is left, which does not say its region. */
  readonly id: { readonly region: bigint | null; readonly table: bigint };
  /** The smallest readable sequence; `last + 1n` when only the metadata record is left. */
  readonly first: bigint;
  /** The largest sequence that has an entry, or of the metadata record when only that is left. */
  readonly last: bigint;
  /** `last - first + 1`; more than there are where another system left holes. */
  readonly entries: bigint;
  /** Bytes on disk and in memory as RocksDB estimates them; coarse for small tables. */
  readonly bytes: number;
}

/** Lists every table that has entries, by (region, table), and then those of which only the metadata record is left. */
export function* tables(
  context: LogContext,
  onProblem?: (problem: WalError) => void,
): Generator<TableInfo, void, undefined> {
  const listed = new Set<bigint>();
  for (const { id, first, last } of heads(context, instanceRange(context.instance), onProblem)) {
    listed.add(id.table);
    const { lower, upper } = tableRange(context.instance, id);
    const bytes = native({ path: context.path, table: id }, () => context.db.approximateSize(lower, upper));
    yield { id, first, last, entries: last - first + 1n, bytes };
  }
  for (const { table, maxSequence } of floors(context, onProblem)) {
    if (listed.has(table)) continue;
    yield { id: { region: null, table }, first: maxSequence + 1n, last: maxSequence, entries: 0n, bytes: 0 };
  }
}
