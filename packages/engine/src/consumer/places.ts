import type { TableId } from '@shale/codec';

/** Where a consumer is in its tables, whoever keeps that. */
export interface Places {
  /** Finds out where it is in tables; without it that is known. */
  prepare?(ids: readonly TableId[]): Promise<void>;
  /** The last sequence of a table that is done with; null when there is none. */
  positionIn(id: TableId): bigint | null;
  /** Tables in which it may be before the last sequence. */
  unfinished(): Iterable<TableId>;
  /** The table was dropped, and its positions with it. */
  forget(id: TableId): void;
}
