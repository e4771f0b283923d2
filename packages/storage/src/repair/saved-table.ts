import type { TableId } from '@shale/codec';

/** A table that has entries in the new database. */
export interface SavedTable {
  readonly id: TableId;
  readonly first: bigint;
  last: bigint;
}
