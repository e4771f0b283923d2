import type { TableId } from '@shale/codec';
import type { FilePlace } from '../file-place.js';

/** What a repair could not save. */
export type RepairLossKind =
  /** Entries are missing before others of the same table. */
  | 'middle'
  /** Entries may be missing after the last one that was saved; their sequences are not given out again. */
  | 'tail'
  /** A file is damaged or missing, or RocksDB could not read all of it. What that means for tables is told besides. */
  | 'file'
  /** A key or value is not of this format; it was left out. */
  | 'foreign'
  /** Entries that were trimmed may be back, for the record of the trim is lost. */
  | 'trim'
  /** A table has lost its name and got a new one. */
  | 'name';

/** One thing that a repair could not save. */
export interface RepairLoss {
  readonly type: 'loss';
  readonly kind: RepairLossKind;
  /** Which WAL of the database, for what concerns one. */
  readonly instance?: number;
  readonly id?: TableId;
  /**
   * The sequences concerned, both included. Of a tail, `to` is the largest that may have been given out: the next entry
   * gets one more.
   */
  readonly sequences?: { readonly from: bigint; readonly to: bigint };
  /** The damaged file, where it can be told. */
  readonly file?: FilePlace;
  readonly message: string;
}

/** How far it has got. */
export interface RepairProgress {
  readonly type: 'progress';
  /** `files` are read one by one, then RocksDB does `rebuild` a database of them, then `entries` are copied. */
  readonly step: 'files' | 'rebuild' | 'entries';
  readonly files: { readonly done: number; readonly total: number };
  readonly entries: bigint;
  readonly tables: number;
}

/** The last event: the new database is in its place. */
export interface RepairTotals {
  readonly type: 'totals';
  /** Whether RocksDB could open the old database; if not, its table and log files were read one by one. */
  readonly opened: boolean;
  /** Saved, in all instances together. */
  readonly entries: bigint;
  readonly tables: number;
  readonly payloadBytes: bigint;
  readonly losses: number;
  readonly elapsedMs: number;
}

/** One event of `repairDatabase`. */
export type RepairEvent = RepairLoss | RepairProgress | RepairTotals;
