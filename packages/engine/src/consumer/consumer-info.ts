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
  /**
   * About when the oldest entry behind its positions was appended, in milliseconds since 1970, as the time marks of tables
   * that are retained by age tell, to an interval of these; one from before all marks of its table is older. Null when
   * no such table has any, or it was not asked for.
   */
  readonly oldestMs: number | null;
}

/** What to tell of consumers. */
export interface ConsumersOptions {
  /**
   * Whether to tell `oldestMs`: the time marks of each table are read for it.
   *
   * @defaultValue false
   */
  readonly ages?: boolean | undefined;
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
  /** The same as of a consumer, for this table. */
  readonly oldestMs: number | null;
}

/** Which positions of a consumer to list. */
export interface ConsumerPositionsOptions {
  /** The table to begin with, in the order of (region, table); it need not be there. Default: the first. */
  readonly from?: TableIdInput | undefined;
  /**
   * Whether to tell `oldestMs`: the time marks of each table are read for it.
   *
   * @defaultValue false
   */
  readonly ages?: boolean | undefined;
}
