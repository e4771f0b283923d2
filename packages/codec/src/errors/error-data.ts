import { ERROR_CODES, type ErrorCode } from './codes.js';
import { type ErrorDetails, type TableId, WalError, type WalErrorOptions } from './wal-error.js';

/** The error behind a {@link WalError}, as plain data. */
export interface CauseData {
  readonly name: string;
  readonly message: string;
  /** The cause's own `code`, when it is a string, such as `ENOSPC`. */
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: CauseData;
}

/**
 * A {@link WalError} as plain data, to cross a thread boundary: structured clone and msgpack both preserve it
 * (structured clone of the error itself drops everything but name, message, stack and cause).
 */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack?: string;
  readonly path?: string;
  readonly table?: TableId;
  readonly tableName?: string;
  readonly details?: ErrorDetails;
  readonly cause?: CauseData;
}

/** A longer chain of causes is cut: it may be a cycle. */
const MAX_CAUSES = 8;
const I64_MIN = -(2n ** 63n);
const U64_MAX = 2n ** 64n - 1n;

/** Turns any thrown value into plain data. One that is no WalError becomes SHALE_INTERNAL with it as the cause. */
export function errorToData(error: unknown): ErrorData {
  if (!(error instanceof WalError)) {
    const cause = causeToData(error, 1);
    return {
      code: 'SHALE_INTERNAL',
      message: `unexpected ${cause.name}: ${cause.message}`,
      ...(cause.stack === undefined ? {} : { stack: cause.stack }),
      cause,
    };
  }
  return {
    code: error.code,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.path === undefined ? {} : { path: error.path }),
    ...(error.table === undefined ? {} : { table: { region: error.table.region, table: error.table.table } }),
    ...(error.tableName === undefined ? {} : { tableName: error.tableName }),
    ...(error.details === undefined ? {} : { details: portableDetails(error.details) }),
    ...(error.cause === undefined ? {} : { cause: causeToData(error.cause, 1) }),
  };
}

/**
 * The error that `data` describes, with the stack of where it was first thrown. An unknown code, such as one from
 * another version, becomes SHALE_INTERNAL.
 */
export function errorFromData(data: ErrorData): WalError {
  const known = ERROR_CODES.includes(data.code);
  const options: WalErrorOptions = {
    path: data.path,
    table: data.table,
    tableName: data.tableName,
    details: known ? data.details : { ...data.details, code: String(data.code) },
  };
  const error = new WalError(
    known ? data.code : 'SHALE_INTERNAL',
    data.message,
    data.cause === undefined ? options : { ...options, cause: causeFromData(data.cause) },
  );
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

function causeToData(cause: unknown, depth: number): CauseData {
  if (!(cause instanceof Error)) return { name: typeof cause, message: describe(cause) };
  const code: unknown = 'code' in cause ? cause.code : undefined;
  const next = depth < MAX_CAUSES ? cause.cause : undefined;
  return {
    name: String(cause.name),
    message: String(cause.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof cause.stack === 'string' ? { stack: cause.stack } : {}),
    ...(next === undefined ? {} : { cause: causeToData(next, depth + 1) }),
  };
}

function causeFromData(data: CauseData): Error {
  const error = new Error(
    data.message,
    data.cause === undefined ? undefined : { cause: causeFromData(data.cause) },
  );
  const own = { configurable: true, writable: true, enumerable: false };
  Object.defineProperty(error, 'name', { ...own, value: data.name });
  if (data.stack !== undefined) Object.defineProperty(error, 'stack', { ...own, value: data.stack });
  if (data.code !== undefined) Object.assign(error, { code: data.code });
  return error;
}

/** Describes any thrown value, even an object that cannot be converted to a string. */
function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** msgpack has no integers of more than 64 bits: larger ones become strings of decimal digits. */
function portableDetails(details: ErrorDetails): ErrorDetails {
  const portable: Record<string, string | number | bigint | boolean> = {};
  for (const [name, value] of Object.entries(details)) {
    portable[name] =
      typeof value === 'bigint' && (value < I64_MIN || value > U64_MAX) ? value.toString() : value;
  }
  return portable;
}
