import type { TableId } from '@shale/codec';
import type { FilePlace } from '../damage/file-place.js';

/**
 * What a repair could not save.
 *
 * - `'middle'`: entries are missing before others of the same table.
 * - `'tail'`: entries may be missing after the last one that was saved; their sequences are not given out again.
 * - `'file'`: a file is damaged or missing, or RocksDB could not read all of it. What that means for tables is told
 *   besides.
 * - `'foreign'`: a key or value is not of this format; it was left out.
 * - `'trim'`: entries that were trimmed may be back, for the record of the trim is lost.
 * - `'name'`: a table has lost its name and got a new one.
 * - `'consumer'`: positions of consumers are lost, or may be: they get entries again.
 * - `'id'`: ids of appends are lost, or may be, or are of entries that are: repeated, such an append is written again.
 * - `'retention'`: the record of what is retained of tables, or of when they had come how far, is lost.
 */
export type RepairLossKind =
  | 'middle'
  | 'tail'
  | 'file'
  | 'foreign'
  | 'trim'
  | 'name'
  | 'consumer'
  | 'id'
  | 'retention';

/** One thing that a repair could not save. */
export interface RepairLoss {
  /** Tells the kinds of events apart. */
  readonly type: 'loss';
  /** What kind of loss it is. */
  readonly kind: RepairLossKind;
  /** Which WAL of the database, for what concerns one. */
  readonly instance?: number;
  /** The table concerned, where that can be told. */
  readonly id?: TableId;
  /** The name of the table concerned, where it has one and that is known. One that was lost is the new one. */
  readonly name?: string;
  /**
   * The sequences concerned, both included. Of a tail, `to` is the largest that may have been given out: the next entry
   * gets one more.
   */
  readonly sequences?: {
    /** The first one. */
    readonly from: bigint;
    /** The last one. */
    readonly to: bigint;
  };
  /** The damaged file, where it can be told. */
  readonly file?: FilePlace;
  /** What is lost, for people. */
  readonly message: string;
}

/** How far it has got. */
export interface RepairProgress {
  /** Tells the kinds of events apart. */
  readonly type: 'progress';
  /** `files` are read one by one, then RocksDB does `rebuild` a database of them, then `entries` are copied. */
  readonly step: 'files' | 'rebuild' | 'entries';
  /** While files are read. */
  readonly files: {
    /** Files that are done. */
    readonly done: number;
    /** Files that there are. */
    readonly total: number;
  };
  /** Entries copied so far, in all instances together. */
  readonly entries: bigint;
  /** Tables copied so far. */
  readonly tables: number;
}

/** The last event: the new database is in its place. */
export interface RepairTotals {
  /** Tells the kinds of events apart. */
  readonly type: 'totals';
  /** Whether CURRENT leads to a manifest that can be read to its end; if not, all table and log files were taken. */
  readonly opened: boolean;
  /** Entries saved, in all instances together. */
  readonly entries: bigint;
  /** Tables with entries. */
  readonly tables: number;
  /** Payload bytes saved; with `keepFiles` only of the tables that were looked through. */
  readonly payloadBytes: bigint;
  /** Losses that were reported. */
  readonly losses: number;
  /** What it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** One event of `repairDatabase`. */
export type RepairEvent = RepairLoss | RepairProgress | RepairTotals;
