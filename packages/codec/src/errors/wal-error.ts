import type { RecoveryReport } from '../recovery/report.js';
import { ERROR_INFO, type ErrorCode } from './codes.js';

/** Identifies the log of one table. Both ids are unsigned 64-bit integers. */
export interface TableId {
  /** The region's id. */
  readonly region: bigint;
  /** The table's id, unique inside its region. */
  readonly table: bigint;
}

/** Facts about an error, flat: for example `field`, `offset`, `expected`, `actual`. */
export type ErrorDetails = Readonly<Record<string, string | number | bigint | boolean>>;

/** What a {@link WalError} can carry besides its code and message. */
export interface WalErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** The database directory or file concerned. */
  readonly path?: string | undefined;
  /** The table concerned. */
  readonly table?: TableId | undefined;
  /** The name of the table concerned. */
  readonly tableName?: string | undefined;
  readonly details?: ErrorDetails | undefined;
  /** What the failed opening found in the log. */
  readonly recovery?: RecoveryReport | undefined;
}

/** What each copy of the class knows the errors of the others by. */
const BRAND: unique symbol = Symbol.for('shale.WalError');

/**
 * The only error class of Shale's API. Tell errors apart by {@link code}, never by message. The underlying error, if
 * there is one, is its `cause`.
 *
 * Threads: an error thrown in a worker arrives as an equal WalError with the worker's stack.
 */
export class WalError extends Error {
  static {
    WalError.prototype.name = 'WalError';
    Object.defineProperty(WalError.prototype, BRAND, { value: true });
    // One of another copy of this class is one, too: beside a program that contains Shale as one file a package may be loaded
    // that brings its own.
    Object.defineProperty(WalError, Symbol.hasInstance, {
      value(this: unknown, error: unknown): boolean {
        // A class that extends this one has only its own.
        if (this !== WalError) return Function.prototype[Symbol.hasInstance].call(this, error);
        return error instanceof Error && BRAND in error;
      },
    });
  }

  /** What happened, for programs. */
  readonly code: ErrorCode;
  /** Whether the same call can succeed later and may be repeated; see `ERROR_INFO` for how. */
  readonly canRetry: boolean;
  /** The database directory or file concerned. */
  declare readonly path?: string;
  /** The table concerned. */
  declare readonly table?: TableId;
  /** The name of the table concerned, if it was asked for by its name. */
  declare readonly tableName?: string;
  /** Facts, flat; which ones depends on the code. */
  declare readonly details?: ErrorDetails;
  /**
   * With SHALE_CORRUPT and SHALE_UNSUPPORTED from opening a log: what was found in it. Not carried from one thread to
   * another.
   */
  declare readonly recovery?: RecoveryReport;

  /** @internal Only Shale creates them. */
  constructor(code: ErrorCode, message: string, options: WalErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.canRetry = ERROR_INFO[code].canRetry;
    if (options.path !== undefined) this.path = options.path;
    if (options.table !== undefined) {
      const { region, table } = options.table;
      this.table = { region, table };
    }
    if (options.tableName !== undefined) this.tableName = options.tableName;
    if (options.details !== undefined) this.details = options.details;
    if (options.recovery !== undefined) this.recovery = options.recovery;
  }
}
