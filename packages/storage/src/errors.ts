import {
  decodeLogKeyPrefix,
  type ErrorCode,
  type ErrorDetails,
  type TableId,
  tableInWords,
  WalError,
} from '@shale/codec';
import { RocksDBError } from '@shale/rocksdb';

/** Where an error happened. */
export interface ErrorContext {
  /** The database directory. */
  readonly path?: string | undefined;
  readonly table?: TableId | undefined;
  /** A directory other than the log's that the call writes to: what is full may be the disk of that one. */
  readonly target?: string | undefined;
  /** Whether the call was to open a log read-only: that makes none. */
  readonly readOnly?: boolean | undefined;
}

/** What each native code is to a caller of the log, and what to do. Codes left out are SHALE_IO. */
const MEANINGS: Readonly<Partial<Record<RocksDBError['code'], { code: ErrorCode; advice: string }>>> = {
  ROCKSDB_LOCKED: {
    code: 'SHALE_LOCKED',
    advice: 'close it there, or open it here with readOnly: true',
  },
  ROCKSDB_LOCKS_UNSUPPORTED: {
    code: 'SHALE_UNSUPPORTED',
    advice: 'put the log on a file system that has locks; to look at it, readOnly: true needs none',
  },
  ROCKSDB_NOT_FOUND: { code: 'SHALE_NOT_FOUND', advice: 'check the path, or open with create: true' },
  ROCKSDB_NO_SPACE: {
    code: 'SHALE_NO_SPACE',
    advice:
      'the disk is full: trim tables or free space on it otherwise, then call resume(); reads and what was acknowledged are not affected',
  },
  ROCKSDB_NO_RESOURCES: {
    code: 'SHALE_NO_RESOURCES',
    advice:
      'close files or raise the limit of open files (ulimit -n, LimitNOFILE) or memory; if a write was refused, call resume() then; what was acknowledged is not affected',
  },
  ROCKSDB_POISONED: {
    code: 'SHALE_POISONED',
    advice:
      'an earlier write or sync of the log failed, so nothing can be acknowledged any more: close the log, check the disk, and open it again',
  },
  ROCKSDB_CORRUPTION: {
    code: 'SHALE_CORRUPT',
    advice:
      'run `shale verify` on the directory to see how far it goes; `shale repair` saves what can be read, a backup has the rest',
  },
  ROCKSDB_CLOSED: { code: 'SHALE_CLOSED', advice: 'open the log again' },
  ROCKSDB_SHUTDOWN_IN_PROGRESS: {
    code: 'SHALE_CLOSED',
    advice: 'the database is closing: open the log again',
  },
  // Only a compaction or backup that was asked for is ever left half-way, and only by the end of the database: one that
  // resume() meets goes on.
  ROCKSDB_INCOMPLETE: {
    code: 'SHALE_CLOSED',
    advice: 'the database is closing: open the log again',
  },
  ROCKSDB_EXPIRED: {
    code: 'SHALE_CLOSED',
    advice: 'resume() has reopened the database: begin the scan again',
  },
  ROCKSDB_READ_ONLY: { code: 'SHALE_READ_ONLY', advice: 'open the database without readOnly to change it' },
  ROCKSDB_LIBRARY_MISSING: {
    code: 'SHALE_UNSUPPORTED',
    advice: 'do what the message says, then open the log again',
  },
  ROCKSDB_NOT_SUPPORTED: {
    code: 'SHALE_UNSUPPORTED',
    advice: 'this is nothing that a log has, or that this build of RocksDB can do',
  },
  ROCKSDB_OPTIONS_MISMATCH: {
    code: 'SHALE_INVALID_ARGUMENT',
    advice: 'this process has the database open with other options: use the same ones, or close it first',
  },
  ROCKSDB_INVALID_ARGUMENT: {
    code: 'SHALE_INVALID_ARGUMENT',
    advice:
      'check the options; a database with another comparator than the default one is not a log of this format',
  },
};

/** What is not there cannot be made by who may only look. */
const READ_ONLY_ADVICE = 'check the path: what is opened with readOnly: true must be there already';

const IO_ADVICE = 'check the disk, the permissions and the free space of the directory';

/**
 * Turns whatever a call of the native binding or of Node's file system threw into a WalError with the original as its
 * cause. A WalError stays as it is, but gets the path and the table when it has none.
 */
export function toWalError(error: unknown, context: ErrorContext): WalError {
  if (error instanceof WalError) return placed(error, context);
  if (error instanceof RocksDBError) return fromRocksDB(error, context);
  if (isArgumentError(error)) {
    return new WalError('SHALE_INVALID_ARGUMENT', error.message, { cause: error, ...placeOf(context) });
  }
  if (isSystemError(error)) return fromSystem(error, context);
  const message = error instanceof Error ? error.message : String(error);
  return new WalError('SHALE_INTERNAL', `unexpected failure: ${message}`, {
    cause: error,
    ...placeOf(context),
  });
}

/** Runs a native call and turns what it throws into a WalError. */
export function native<T>(context: ErrorContext, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw toWalError(error, context);
  }
}

/** As {@link native}, for calls that work off the thread. */
export async function nativeAsync<T>(context: ErrorContext, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toWalError(error, context);
  }
}

/** The table that a key, of whatever length, stands in; undefined when it cannot be told. */
export function tableOfKey(key: Uint8Array): TableId | undefined {
  try {
    const { region, table } = decodeLogKeyPrefix(key);
    return { region, table };
  } catch {
    return undefined;
  }
}

/** The error for a key that is not of this format: says where it is, in words and in `details.key`. */
export function foreignKey(
  key: Uint8Array,
  reason: string,
  context: ErrorContext,
  cause?: unknown,
): WalError {
  const hex = Buffer.from(key).toString('hex');
  const where = context.table === undefined ? '' : ` in ${tableInWords(context.table)}`;
  return new WalError(
    'SHALE_CORRUPT',
    `a key that is not an entry of this format was found${where}: ${hex} (${reason}); it and what follows in the table cannot be read, other tables are not affected`,
    {
      ...context,
      ...(cause === undefined ? {} : { cause }),
      details: { ...(cause instanceof WalError ? cause.details : {}), key: hex, reason },
    },
  );
}

/** What a record holds. Throws the error of {@link foreignKey} for the record's key when it cannot be decoded. */
export function decoded<T>(key: Uint8Array, context: ErrorContext, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw foreignKey(key, error instanceof WalError ? error.message : String(error), context, error);
  }
}

/** What a native code is to the caller of this very call. */
function meaningOf(
  native: RocksDBError['code'],
  { target, readOnly }: ErrorContext,
): { readonly code: ErrorCode; readonly advice: string; readonly details?: ErrorDetails } {
  const meaning = MEANINGS[native] ?? { code: 'SHALE_IO', advice: IO_ADVICE };
  if (native === 'ROCKSDB_NOT_FOUND' && readOnly === true) return { ...meaning, advice: READ_ONLY_ADVICE };
  if (native !== 'ROCKSDB_NO_SPACE' || target === undefined) return meaning;
  const advice = `the disk that ${target} is on is full: free space there, or name a directory on another disk; the log is not affected`;
  return { ...meaning, advice, details: { target } };
}

/** What an error says of where it happened. */
function placeOf({ path, table }: ErrorContext): Pick<ErrorContext, 'path' | 'table'> {
  return { path, table };
}

function fromRocksDB(error: RocksDBError, context: ErrorContext): WalError {
  // RocksDB names the file that it could not write.
  const { target } = context;
  const isOfTarget =
    target !== undefined && [`${target}/`, `${target}:`].some((place) => error.message.includes(place));
  const {
    code,
    advice,
    details: more,
  } = meaningOf(error.code, isOfTarget ? context : { ...context, target: undefined });
  const details: ErrorDetails = {
    native: error.code,
    subcode: error.subcode,
    severity: error.severity,
    ...more,
  };
  const path = error.path ?? context.path;
  const at = path === undefined ? '' : `${path}: `;
  // The message of an opening that refuses what is missing says itself what to do.
  const message = error.recovery === undefined ? `${at}${error.message}; ${advice}` : error.message;
  return new WalError(code, message, {
    ...placeOf(context),
    path,
    cause: error,
    details,
    recovery: error.recovery,
  });
}

/** What the system's codes are to a caller. Codes left out are SHALE_IO. */
const OF_SYSTEM: Readonly<Record<string, RocksDBError['code']>> = {
  ENOSPC: 'ROCKSDB_NO_SPACE',
  EDQUOT: 'ROCKSDB_NO_SPACE',
  EMFILE: 'ROCKSDB_NO_RESOURCES',
  ENFILE: 'ROCKSDB_NO_RESOURCES',
  ENOMEM: 'ROCKSDB_NO_RESOURCES',
  ENAMETOOLONG: 'ROCKSDB_INVALID_ARGUMENT',
};

function fromSystem(error: Error & { readonly code: string }, context: ErrorContext): WalError {
  const { code, advice, details } = meaningOf(OF_SYSTEM[error.code] ?? 'ROCKSDB_IO_ERROR', context);
  return new WalError(code, `${error.message}; ${advice}`, {
    ...placeOf(context),
    cause: error,
    details: { system: error.code, ...details },
  });
}

function placed(error: WalError, context: ErrorContext): WalError {
  const { cause, code } = error;
  const isOfTarget = code === 'SHALE_NO_SPACE' && context.target !== undefined;
  // What was called inside has known of no target.
  if (isOfTarget && (cause instanceof RocksDBError || isSystemError(cause))) {
    return toWalError(cause, { ...context, path: error.path ?? context.path });
  }
  const path = error.path ?? context.path;
  const table = error.table ?? context.table;
  if (path === error.path && table === error.table) return error;
  const located = new WalError(error.code, error.message, {
    cause: error.cause ?? error,
    path,
    table,
    tableName: error.tableName,
    details: error.details,
    recovery: error.recovery,
  });
  if (error.stack !== undefined) located.stack = error.stack;
  return located;
}

/** An error of a call of the operating system, as Node reports it. */
function isSystemError(error: unknown): error is Error & { readonly code: string } {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return false;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code);
}

function isArgumentError(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ERR_INVALID_ARG_TYPE' || error.code === 'ERR_OUT_OF_RANGE';
}
