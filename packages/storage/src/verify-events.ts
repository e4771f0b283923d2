import type { TableId } from '@shale/codec';
import type { FilePlace } from './file-place.js';

/** What kind of thing a finding is about. */
export type FindingKind =
  /** Sequences are missing between two entries. Shale leaves no holes; HoraeDB leaves one after a failed write. */
  | 'hole'
  /** A key or value that is not of this format. */
  | 'foreign'
  /** RocksDB cannot read what is there: a checksum does not fit, or the disk fails. */
  | 'unreadable'
  /** A file of the database is damaged or missing, whatever the tables look like. */
  | 'file'
  /** Seeking to a table's ends finds something else than scanning it. */
  | 'bounds'
  /** The metadata record does not account for what was trimmed. */
  | 'floor'
  /** The records of tables' names cannot be read, or do not agree. */
  | 'name';

/** Something that is not as it should be. */
export interface VerifyFinding {
  readonly type: 'finding';
  /** `error`: entries are lost or cannot be read. `warning`: no entry is affected. */
  readonly severity: 'error' | 'warning';
  readonly kind: FindingKind;
  readonly id?: TableId;
  /** The name of the table concerned, for one that has a name. */
  readonly name?: string;
  /** The sequences concerned, both included. */
  readonly sequences?: { readonly from: bigint; readonly to: bigint };
  /** The file in which the damage is, where that can be told. */
  readonly file?: FilePlace;
  /** The key concerned, in hexadecimal digits. */
  readonly key?: string;
  readonly message: string;
}

/** How far it has got. */
export interface VerifyProgress {
  readonly type: 'progress';
  readonly entries: bigint;
  readonly tables: number;
  /** The table that is being looked at; null while the metadata records are. */
  readonly at: TableId | null;
  /** Entries in the whole database as RocksDB estimates them: to show how much is done. */
  readonly estimatedEntries: number;
  /** While files are checked, which comes last: how many are done, and how many there are. */
  readonly files?: { readonly checked: number; readonly total: number };
}

/** The last event. */
export interface VerifyTotals {
  readonly type: 'totals';
  readonly entries: bigint;
  readonly tables: number;
  readonly floors: number;
  readonly payloadBytes: bigint;
  readonly errors: number;
  readonly warnings: number;
  readonly elapsedMs: number;
}

/** One event of `Log.verify`. */
export type VerifyEvent = VerifyFinding | VerifyProgress | VerifyTotals;
