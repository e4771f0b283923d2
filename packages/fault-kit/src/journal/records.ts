import type { Durability, ErrorCode } from '@shale/engine';

/** A 64-bit number in a journal: decimal digits, because JSON has no number that wide. */
export type U64Text = string;

/** Entries of one append that go to one table. Their bytes follow from the part: see `payloadOf`. */
export interface PartRecord {
  /** The table's region, for a table that is used by its ids. */
  readonly region?: U64Text;
  /** The table's id, for a table that is used by its ids. */
  readonly table?: U64Text;
  /** The table's name, for a table that has one; region and table are left out then. */
  readonly name?: string;
  /** Entries, 0 to 2^32-1. */
  readonly count: number;
  /** 0 to 2^53-1, and never the same for two parts of all journals of a directory: it names the part on the disk. */
  readonly seed: number;
  /** The smallest and the largest payload in bytes; default {@link DEFAULT_SIZES}. */
  readonly bytes?: readonly [min: number, max: number];
}

/** Which table a record is about. */
export type TableRecord = Pick<PartRecord, 'region' | 'table' | 'name'>;

interface Submitted {
  readonly op: 'submit';
  /** Unique in its journal, and growing. */
  readonly id: number;
}

/** An append, a batch or an atomic write, before it is handed to Shale. */
export interface SubmitAppend extends Submitted {
  readonly kind: 'append';
  readonly parts: readonly PartRecord[];
  readonly durability: Durability;
}

/** A trim, before it is handed to Shale. */
export interface SubmitTrim extends Submitted, TableRecord {
  readonly kind: 'trim';
  readonly upTo: U64Text;
  /** Default `'sync'`. */
  readonly durability?: Durability;
}

/** A drop, before it is handed to Shale. Nothing else of its table may be under way. */
export interface SubmitDrop extends Submitted, TableRecord {
  readonly kind: 'drop';
}

/** `wal.sync()`, `openWal` or `wal.close()`, before the call. */
export interface SubmitCall extends Submitted {
  readonly kind: 'sync' | 'open' | 'close';
}

/** Whatever was about to be asked of Shale. */
export type SubmitRecord = SubmitAppend | SubmitTrim | SubmitDrop | SubmitCall;

/** The promise of a submit has resolved. */
export interface AckRecord {
  readonly op: 'ack';
  readonly id: number;
  /** Of an append: where its parts are, in the order of the submit. */
  readonly parts?: readonly { readonly first: U64Text; readonly last: U64Text }[];
  /** Of a trim: the table's first sequence afterwards. */
  readonly first?: U64Text;
  /** Of a trim: the table's last sequence. */
  readonly last?: U64Text;
}

/** The promise of a submit has rejected. */
export interface NackRecord {
  readonly op: 'nack';
  readonly id: number;
  /** The code of the `WalError`, or the name of another error. */
  readonly code: ErrorCode | (string & {});
  /** What the error said, for people. */
  readonly message?: string;
}

/**
 * Something was about to be broken in the process that writes the journal, such as a thread ended. From there on its
 * appends need not be a prefix of what was submitted: those that the fault took may be missing from the middle.
 */
export interface FaultRecord {
  readonly op: 'fault';
  /** What was broken, for people. */
  readonly kind: string;
}

/** A follower that is given only what is on stable storage was given entries of a table. */
export interface SeenRecord extends TableRecord {
  readonly op: 'seen';
  /** The sequence of the last one. */
  readonly upTo: U64Text;
}

/** One line of a journal. */
export type JournalRecord = SubmitRecord | AckRecord | NackRecord | FaultRecord | SeenRecord;

/** Payload sizes of a part that does not say. */
export const DEFAULT_SIZES: readonly [min: number, max: number] = [16, 256];
