import type { Table, Wal } from '@shale/engine';
import type { TableRecord } from '../journal/records.js';
import { tableOf } from '../table-key.js';

/** A table as the workload uses it. */
export interface WorkTable {
  readonly record: TableRecord;
  readonly table: Table;
  /** The largest sequence acknowledged or found so far. */
  last: bigint;
  /** Operations on it that are not answered yet. */
  underWay: number;
  /** A drop is under way, or of unknown outcome: nothing else may be done to it. */
  blocked: boolean;
}

/** The tables of a workload, those with an id grouped by region: each id is used in one region only. */
export function makeTables(
  wal: Wal,
  counts: {
    readonly regions: number;
    readonly tables: number;
    readonly named: number;
    readonly firstName: number;
  },
): { readonly all: readonly WorkTable[]; readonly groups: readonly (readonly WorkTable[])[] } {
  const work = (record: TableRecord): WorkTable => ({
    record,
    table: tableOf(wal, record),
    last: 0n,
    underWay: 0,
    blocked: false,
  });
  const groups = Array.from({ length: counts.regions }, (_, region) =>
    Array.from({ length: counts.tables }, (_, table) =>
      work({ region: String(region + 1), table: String((region + 1) * 1000 + table) }),
    ),
  );
  const named = Array.from({ length: counts.named }, (_, index) =>
    work({ name: `named-${counts.firstName + index}` }),
  );
  return { all: [...groups.flat(), ...named], groups };
}
