import type { TableId } from '@shale/codec';
import type { TableIdInput } from '../ids.js';

/** A consumer, and how far it is behind. */
export interface ConsumerInfo {
  /** The name that it was opened with. */
  readonly name: string;
  /** Whether it is open now, by this process. */
  readonly isOpen: boolean;
  /** How often it was opened. */
  readonly epoch: bigint;
  /** In how many tables it has a position. */
  readonly tables: number;
  /** In how many of these there are entries behind its position. */
  readonly behind: number;
  /**
   * In how many of these entries behind its position were trimmed before it was given them, as by `atMost` of
   * `wal.retain`: it gets SHALE_TRIMMED there, or a `gap`.
   */
  readonly overrun: number;
  /** How many sequences of these tables are behind its positions, trimmed ones included. */
  readonly lag: bigint;
}

/** How far a consumer has come in a table. */
export interface ConsumerPosition {
  /** The ids of the table. */
  readonly table: TableId;
  /** The table's name; null when it has none. */
  readonly name: string | null;
  /** The last sequence that is stored as done with; 0n for none. */
  readonly position: bigint;
  /** The largest sequence that the table has given out; 0n for none. */
  readonly last: bigint;
  /** How many sequences are behind the position, trimmed ones included. */
  readonly lag: bigint;
}

/** Which positions of a consumer to list. */
export interface ConsumerPositionsOptions {
  /** The table to begin with, in the order of (region, table); it need not be there. Default: the first. */
  readonly from?: TableIdInput | undefined;
}
