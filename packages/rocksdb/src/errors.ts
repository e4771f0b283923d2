import { describeMissing, parseRecoveryReport, type RecoveryReport } from '@shale/codec';

/**
 * Every code a {@link RocksDBError} can carry. The first block are RocksDB's own status codes, the second are this
 * package's.
 *
 * - `ROCKSDB_CLOSED`: the `Database` was closed, or `attachDatabase` found none open in this process.
 * - `ROCKSDB_LOCKED`: another process holds the database's lock; the message says which.
 * - `ROCKSDB_LOCKS_UNSUPPORTED`: the file system has no locks, so that no other process could be kept out.
 * - `ROCKSDB_NO_SPACE`: the disk is full. Reads go on, and trims and drops while the space reserve lasts; see
 *   `Database.resume`. A read has it only when RocksDB could not be reopened even for reading.
 * - `ROCKSDB_NO_RESOURCES`: no file descriptors or no memory were left to open a file with. Where it keeps RocksDB from
 *   writing, writes are refused with it until `Database.resume`; reads go on. Opening or reading can just be tried
 *   again.
 * - `ROCKSDB_EXPIRED`: a snapshot of before a `Database.resume` that reopened RocksDB.
 * - `ROCKSDB_POISONED`: a write or sync of the log failed, or something else that RocksDB takes to be fatal; nothing is
 *   written until every `Database` of the process has been closed.
 * - `ROCKSDB_READ_ONLY`: a write on a database opened with `readOnly: true`.
 * - `ROCKSDB_OPTIONS_MISMATCH`: the process has the database open with other options.
 * - `ROCKSDB_LIBRARY_MISSING`: the addon or librocksdb cannot be loaded; the message says what to run.
 */
export const ROCKSDB_ERROR_CODES = [
  'ROCKSDB_NOT_FOUND',
  'ROCKSDB_CORRUPTION',
  'ROCKSDB_NOT_SUPPORTED',
  'ROCKSDB_INVALID_ARGUMENT',
  'ROCKSDB_IO_ERROR',
  'ROCKSDB_INCOMPLETE',
  'ROCKSDB_SHUTDOWN_IN_PROGRESS',
  'ROCKSDB_TIMED_OUT',
  'ROCKSDB_ABORTED',
  'ROCKSDB_BUSY',
  'ROCKSDB_EXPIRED',
  'ROCKSDB_TRY_AGAIN',
  'ROCKSDB_COMPACTION_TOO_LARGE',
  'ROCKSDB_COLUMN_FAMILY_DROPPED',
  'ROCKSDB_UNKNOWN',

  'ROCKSDB_CLOSED',
  'ROCKSDB_LOCKED',
  'ROCKSDB_LOCKS_UNSUPPORTED',
  'ROCKSDB_NO_SPACE',
  'ROCKSDB_NO_RESOURCES',
  'ROCKSDB_POISONED',
  'ROCKSDB_READ_ONLY',
  'ROCKSDB_OPTIONS_MISMATCH',
  'ROCKSDB_LIBRARY_MISSING',
] as const;

/** One of `ROCKSDB_ERROR_CODES`. */
export type RocksDBErrorCode = (typeof ROCKSDB_ERROR_CODES)[number];

/**
 * A failure of the database. A caller's mistake (a wrong type, a number out of range) is a `TypeError` or a
 * `RangeError` instead, with the code `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE`.
 */
export class RocksDBError extends Error {
  override readonly name: string = 'RocksDBError';
  readonly code: RocksDBErrorCode;
  /** RocksDB's subcode: `'none'`, `'noSpace'`, `'pathNotFound'`, `'manualCompactionPaused'`, … */
  readonly subcode: string;
  /** How bad RocksDB takes it to be: `'none'`, `'soft'`, `'hard'`, `'fatal'` or `'unrecoverable'`. */
  readonly severity: string;
  /** The database concerned, where it is known. */
  readonly path?: string;
  /** With `ROCKSDB_CORRUPTION` and `ROCKSDB_NOT_SUPPORTED` of `openDatabase`: what it found in the log. */
  readonly recovery?: RecoveryReport;

  /** The parameters are in the order in which the addon passes them. */
  constructor(
    code: RocksDBErrorCode,
    message: string,
    subcode = 'none',
    severity = 'none',
    path?: string,
    options?: ErrorOptions,
    recovery?: string,
  ) {
    const report = recovery === undefined ? undefined : parseRecoveryReport(recovery);
    super(
      recovery !== undefined && report?.missing ? describeMissing(path ?? '', recovery) : message,
      options,
    );
    this.code = code;
    this.subcode = subcode;
    this.severity = severity;
    if (path !== undefined) this.path = path;
    if (report !== undefined) this.recovery = report;
  }
}
