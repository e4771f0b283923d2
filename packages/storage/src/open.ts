import { mustBe, WalError } from '@shale/codec';
import {
  attachDatabase,
  type Database,
  type DatabaseOptions,
  HANDLE_OPTIONS,
  openDatabase,
  type RecoveryMode,
} from '@shale/rocksdb';
import { type AppendIdWindow, toIdWindow } from './append-ids/window.js';
import { readBag } from './arguments/option-bag.js';
import { toFlag } from './arguments/switches.js';
import { native, nativeAsync } from './errors.js';
import { toInstance } from './ids.js';
import { Log } from './log.js';
import { refuseLaterFormat } from './requirements.js';
import { toPath } from './targets/location.js';

/**
 * Options of RocksDB itself; sizes are in bytes. All logs that share a database in one process must give the same.
 *
 * @interface
 */
export type RocksDBOptions = Omit<DatabaseOptions, 'readOnly' | 'createIfMissing' | 'recovery'>;

/** How to open a log. */
export interface LogOptions {
  /** Which WAL of the database, 0 to 127. Default 0. 127 is the catalog of names. */
  readonly instance?: number | undefined;
  /** Create the database when there is none. Default true; a read-only log never does. */
  readonly create?: boolean | undefined;
  /**
   * Only look, at the database as it is now; another process may have it open for writing. Each such log has a handle
   * of its own, so each sees what was there when it was opened. Default false.
   */
  readonly readOnly?: boolean | undefined;
  /**
   * What happens when entries that were acknowledged are missing, by damage or by a lost file. `'strict'`
   * (default): SHALE_CORRUPT with a report as `recovery`, and nothing has been changed. `'salvage'`: opens with what
   * can be read up to there, keeps damaged log files in the directory `damaged-logs`, and gives no sequence out again
   * that is seen in them; {@link Log.recovery} reports what is missing.
   */
  readonly recovery?: RecoveryMode | undefined;
  /**
   * Options of RocksDB itself. `fifoCompactionMaxTableFilesSize` above 0 is refused: FIFO compaction deletes the oldest
   * records of any kind, among them names and the floors that keep sequences from being used again.
   */
  readonly rocksdb?: RocksDBOptions | undefined;
  /**
   * Be the only log of this instance in this process, apart from those attached to the same handle with
   * {@link attachLog}. Default true for a log that can write; a read-only one claims nothing.
   */
  readonly claim?: boolean | undefined;
  /** How long the ids of appends are remembered. Default: for 100,000 entries of their table, and an hour. */
  readonly idWindow?: Partial<AppendIdWindow> | undefined;
}

const LOG_OPTIONS = ['instance', 'create', 'readOnly', 'recovery', 'rocksdb', 'claim', 'idWindow'] as const;

/** How to attach a log. */
export interface AttachOptions {
  /** Which WAL of the database, 0 to 127. Default 0. */
  readonly instance?: number | undefined;
  /** Which handle: the `handleId` of the log that has it open. Default 0, the one that can write. */
  readonly handleId?: number | undefined;
  /** As in {@link LogOptions}. */
  readonly idWindow?: Partial<AppendIdWindow> | undefined;
}

/**
 * Opens the log of one instance of a database directory. Costs the same whatever it holds: tables are recovered when
 * they are first touched.
 *
 * Throws SHALE_LOCKED (another process has it, which the message names, or this process has a log of the same
 * instance), SHALE_NOT_FOUND (nothing there, and `create` is false or `readOnly` true), SHALE_CORRUPT,
 * SHALE_INVALID_ARGUMENT (options that differ from those of the handle this process has open, FIFO compaction, or a
 * database that is not of this format), SHALE_NO_SPACE, SHALE_NO_RESOURCES, SHALE_IO, and SHALE_UNSUPPORTED when the
 * RocksDB library or the addon is missing, the file system has no locks, another program has left what this RocksDB
 * cannot read, or a later version of Shale what this one does not know.
 */
export async function openLog(directory: string | URL, options: LogOptions = {}): Promise<Log> {
  const given = readBag('openLog', options, LOG_OPTIONS);
  const path = toPath(directory, 'path');
  const instance = toInstance(given.instance ?? 0);
  const readOnly = toFlag('readOnly', given.readOnly, false);
  const create = toFlag('create', given.create, true) && !readOnly;
  const claims = toFlag('claim', given.claim, !readOnly) && !readOnly;
  const idWindow = toIdWindow(given.idWindow);
  const { recovery = 'strict' } = given;
  if (recovery !== 'strict' && recovery !== 'salvage')
    throw mustBe('recovery', "'strict' or 'salvage'", recovery);
  const rocksdb = given.rocksdb === undefined ? {} : readBag('rocksdb', given.rocksdb, HANDLE_OPTIONS);
  requireThatRecordsStay(path, rocksdb.fifoCompactionMaxTableFilesSize);
  const db = await nativeAsync({ path, readOnly }, () =>
    openDatabase(path, {
      // What each of them may be is checked with the opening.
      ...(rocksdb as RocksDBOptions),
      readOnly,
      createIfMissing: create,
      recovery,
    }),
  );
  try {
    refuseLaterFormat(db, readOnly);
    return claims ? claimed(db, path, instance, idWindow) : new Log(db, instance, idWindow);
  } catch (error) {
    await db.close();
    throw error;
  }
}

/**
 * Attaches a log to the handle that this process has open already, as in a worker thread. Nothing is claimed: the
 * caller ensures that no two logs write the same table.
 *
 * Throws SHALE_CLOSED when the process has no such handle.
 */
export function attachLog(directory: string | URL, options: AttachOptions = {}): Log {
  const given = readBag('attachLog', options, ['instance', 'handleId', 'idWindow']);
  const path = toPath(directory, 'path');
  const instance = toInstance(given.instance ?? 0);
  const { handleId = 0 } = given;
  if (typeof handleId !== 'number') throw mustBe('handleId', 'the handleId of a log', handleId);
  return new Log(
    native({ path }, () => attachDatabase(path, { handleId })),
    instance,
    toIdWindow(given.idWindow),
  );
}

/** Throws if RocksDB is to delete the oldest records, whatever they are. */
function requireThatRecordsStay(path: string, fifoBytes: unknown): void {
  // What is no number is refused with the other options.
  if (typeof fifoBytes !== 'number' || fifoBytes === 0) return;
  const field = 'rocksdb.fifoCompactionMaxTableFilesSize';
  throw new WalError(
    'SHALE_INVALID_ARGUMENT',
    `${field} must be 0 for a log, got ${fifoBytes}: FIFO compaction deletes the oldest records of any kind, so a new name could get the id of an old one, and a table its old sequences again; trim tables instead`,
    { path, details: { field } },
  );
}

/** The only log of the instance in this process. */
function claimed(db: Database, path: string, instance: number, idWindow: AppendIdWindow): Log {
  const claim = `log/${instance}`;
  if (native({ path }, () => db.claim(claim))) return new Log(db, instance, idWindow, claim);
  throw new WalError(
    'SHALE_LOCKED',
    `${path} is open already in this process as instance ${instance}: close that log first, use it, or open another instance`,
    { path, details: { instance } },
  );
}
