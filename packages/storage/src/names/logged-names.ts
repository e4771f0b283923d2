import type { TableId, WalError } from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import type { TableHome } from '../tables/table-state.js';
import { catalogPages } from './catalog-log.js';

/** The names that a log comes to. */
export interface LoggedNames {
  readonly byName: ReadonlyMap<string, TableId>;
  readonly byTable: ReadonlyMap<bigint, string>;
}

/** Reads the log of names to its end, in steps. Options as for {@link catalogPages}. */
export function* readLoggedNames(
  home: TableHome,
  snapshot?: Snapshot,
  onProblem?: (problem: WalError) => void,
): Generator<void, LoggedNames, undefined> {
  const byName = new Map<string, TableId>();
  const byTable = new Map<bigint, string>();
  for (const records of catalogPages(home, snapshot, onProblem)) {
    for (const { kind, id, name } of records) {
      const before = byName.get(name);
      if (kind === 'name') {
        if (before !== undefined) byTable.delete(before.table);
        byName.set(name, id);
        byTable.set(id.table, name);
      } else if (before?.table === id.table) {
        byName.delete(name);
        byTable.delete(id.table);
      }
    }
    yield;
  }
  return { byName, byTable };
}
