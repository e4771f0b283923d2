import type { TableId } from '@shale/codec';
import type { FilePlace } from '../damage/file-place.js';

/**
 * What kind of thing a finding is about.
 *
 * - `'hole'`: sequences are missing between two entries. Shale leaves no holes; HoraeDB leaves one after a failed
 *   write.
 * - `'foreign'`: a key or value that is not of this format.
 * - `'unreadable'`: RocksDB cannot read what is there: a checksum does not fit, or the disk fails.
 * - `'file'`: a file of the database is damaged or missing, whatever the tables look like.
 * - `'unexamined'`: a log or manifest that another program has written so that the check of an opening vouches for
 *   nothing in it.
 * - `'bounds'`: seeking to a table's ends finds something else than scanning it.
 * - `'floor'`: the metadata record does not account for what was trimmed.
 * - `'name'`: the records of tables' names cannot be read, or do not agree.
 * - `'consumer'`: the records of consumers and their positions cannot be read, or do not agree with each other or with
 *   their tables.
 * - `'id'`: the id of an append cannot be read, or is of entries behind the end of its table.
 * - `'retention'`: the records of what is retained, or time marks, cannot be read, or marks do not follow each other.
 */
export type FindingKind =
  | 'hole'
  | 'foreign'
  | 'unreadable'
  | 'file'
  | 'unexamined'
  | 'bounds'
  | 'floor'
  | 'name'
  | 'consumer'
  | 'id'
  | 'retention';

/** A fault that verification found. */
export interface VerifyFinding {
  /** Tells the kinds of events apart. */
  readonly type: 'finding';
  /** `error`: entries are lost or cannot be read. `warning`: no entry is affected. */
  readonly severity: 'error' | 'warning';
  /** What kind of thing it is about. */
  readonly kind: FindingKind;
  /** The table concerned, where that can be told. */
  readonly id?: TableId;
  /** The name of the table concerned, for one that has a name. */
  readonly name?: string;
  /** The sequences concerned, both included. */
  readonly sequences?: {
    /** The first one. */
    readonly from: bigint;
    /** The last one. */
    readonly to: bigint;
  };
  /** The file in which the damage is, where that can be told. */
  readonly file?: FilePlace;
  /** The key concerned, in hexadecimal digits. */
  readonly key?: string;
  /** What is wrong, for people. */
  readonly message: string;
}

/** How far it has got. */
export interface VerifyProgress {
  /** Tells the kinds of events apart. */
  readonly type: 'progress';
  /** Entries read so far. */
  readonly entries: bigint;
  /** Tables looked at so far. */
  readonly tables: number;
  /** The table that is being looked at; null while the metadata records are. */
  readonly at: TableId | null;
  /** Entries in the whole database as RocksDB estimates them: to show how much is done. */
  readonly estimatedEntries: number;
  /** While files are checked, the last step: how many are done, and how many there are. */
  readonly files?: {
    /** Files that are done. */
    readonly checked: number;
    /** Files that there are. */
    readonly total: number;
  };
}

/** The last event. */
export interface VerifyTotals {
  /** Tells the kinds of events apart. */
  readonly type: 'totals';
  /** Entries read. */
  readonly entries: bigint;
  /** Tables with entries. */
  readonly tables: number;
  /** Metadata records read. */
  readonly floors: number;
  /** Payload bytes read. */
  readonly payloadBytes: bigint;
  /** Findings of severity `error`. */
  readonly errors: number;
  /** Findings of severity `warning`. */
  readonly warnings: number;
  /** What it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** One event of `verify`. */
export type VerifyEvent = VerifyFinding | VerifyProgress | VerifyTotals;
