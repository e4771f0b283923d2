import { rangeError, requireOptions, typeError } from './arguments.js';
import { shareOfMemory } from './memory-limit.js';

/** How RocksDB treats damage in its log when the database is opened. */
export type WalRecoveryMode = 'pointInTime' | 'tolerateCorruptedTail' | 'absolute' | 'skipAnyCorrupted';

/** Whether a database with missing entries is opened. */
export type RecoveryMode = 'strict' | 'salvage';

/** How tables are compressed; what the library was not built with is refused at opening. */
export type Compression = 'none' | 'snappy' | 'zlib' | 'lz4' | 'zstd';

/** Who may use the files and directories that are created; see the option `filePermissions`. */
export type FilePermissions = 'owner' | 'umask';

/** How RocksDB keeps in memory what is not in a table file yet. */
export type Memtable = 'log' | 'skiplist';

/**
 * Options of a database. They belong to the handle that all threads of the process share: the first opening
 * decides, and a later `openDatabase` with other values fails with `ROCKSDB_OPTIONS_MISMATCH` (`readOnly` makes a
 * handle of its own; `createIfMissing` and `recovery` do not count). Sizes are in bytes.
 */
export interface DatabaseOptions {
  /**
   * Looks without writing, also while another process writes: it sees what was there when it was opened. Takes no
   * lock and leaves no file behind.
   *
   * @defaultValue false
   */
  readonly readOnly?: boolean;
  /**
   * Creates the directory and the database when there is none. Ignored with `readOnly`.
   *
   * @defaultValue true
   */
  readonly createIfMissing?: boolean;

  /**
   * What happens when entries that were acknowledged are missing from RocksDB's log, by damage or by a lost file.
   *
   * - `'strict'`: `ROCKSDB_CORRUPTION`, with a report; nothing has been changed.
   * - `'salvage'`: opens with what can be read up to there. Damaged log files are kept in the directory `damaged-logs`,
   *   and no sequence of a table that is seen in them is given out again. `Database.recovery` reports what is missing.
   *
   * @defaultValue `'strict'`
   */
  readonly recovery?: RecoveryMode;

  // --- The nine of the reference. The defaults of those about memtables and level 0 are Shale's.

  /**
   * Flushes and compactions at a time, for the whole process's handle.
   *
   * @range 1 to 64
   * @defaultValue 2
   */
  readonly maxBackgroundJobs?: number;
  /**
   * How much lower the CPU priority of flushes and compactions is than that of the process, in Linux's nice values, so
   * that on a busy machine they do not keep appends and the event loop waiting; on other systems it has no effect. The
   * threads that do them are those of all databases of the process.
   *
   * @range 0 to 19
   * @defaultValue 10
   */
  readonly backgroundNice?: number;
  /**
   * Threads that one compaction may be split over.
   *
   * @range 1 to 64
   * @defaultValue 1
   */
  readonly maxSubcompactions?: number;
  /**
   * Counts what happens, for the `tickers` of the statistics. Costs some percent on every thread.
   *
   * @defaultValue false
   */
  readonly enableStatistics?: boolean;
  /**
   * Size of a memtable. Full ones are flushed together, see `minWriteBufferNumberToMerge`.
   *
   * @range 64 KiB to 64 GiB
   * @defaultValue a 64th of the memory of its container or machine, at most 16 MiB
   */
  readonly writeBufferSize?: number;
  /**
   * Memtables in memory, the one being filled included; writes of all threads stall when all are full.
   *
   * @range 2 to 64
   * @defaultValue 12
   */
  readonly maxWriteBufferNumber?: number;
  /**
   * Files in level 0 that begin a pass, which is how Shale compacts: it takes a part of level 0, the oldest files of it,
   * at least 32, and leaves files in the order of the tables below level 0. When less than a megabyte was written for a
   * second, a 32nd of so many begins one.
   *
   * @range 1 to 10000
   * @defaultValue 256
   */
  readonly level0FileNumCompactionTrigger?: number;
  /**
   * Files in level 0 from which on the writes of all threads are slowed down, the more of them the slower, so that passes
   * keep up; not below `level0FileNumCompactionTrigger`. With fewer of them a pass rests between the files that it makes
   * while more than a megabyte a second is written, the less the more files there are, and at most twice as long as it works.
   *
   * @range 1 to 10000
   * @defaultValue 512
   */
  readonly level0SlowdownWritesTrigger?: number;
  /**
   * Files in level 0 at which the writes of all threads are down to a megabyte a second; not below
   * `level0SlowdownWritesTrigger`.
   *
   * @range 1 to 10000
   * @defaultValue 1024
   */
  readonly level0StopWritesTrigger?: number;
  /**
   * 0: leveled compaction, which keeps everything. Above 0: FIFO compaction, which deletes the oldest files, whatever
   * is in them, once the tables are larger than this. `openLog` and `openWal` refuse it: the names and the floors of
   * sequences that a log keeps must outlive its entries.
   *
   * @range 0 to 2^53-1
   * @defaultValue 0
   */
  readonly fifoCompactionMaxTableFilesSize?: number;

  // --- Shale's own.

  /**
   * Full memtables that are flushed together, into one file of level 0; at most one less than `maxWriteBufferNumber`.
   *
   * @range 1 to 63
   * @defaultValue 4
   */
  readonly minWriteBufferNumberToMerge?: number;
  /**
   * - `'pointInTime'`: replays up to the first damage and drops what follows.
   * - `'tolerateCorruptedTail'`: forgives a torn last record; other damage fails the open.
   * - `'absolute'`: any damage, a torn tail included, fails the open.
   * - `'skipAnyCorrupted'`: salvage; leaves holes.
   *
   * @defaultValue `'pointInTime'`
   */
  readonly walRecoveryMode?: WalRecoveryMode;
  /**
   * Compression of table files; must be compiled into librocksdb, or opening fails.
   *
   * @defaultValue `'none'`
   */
  readonly compression?: Compression;
  /**
   * Size of the cache of table blocks, shared by all threads; 0 is none.
   *
   * @range 0 to 1 TiB
   * @defaultValue a sixteenth of the memory of its container or machine, at most 128 MiB
   */
  readonly blockCacheSize?: number;
  /**
   * Size of a table block.
   *
   * @range 1 KiB to 16 MiB
   * @defaultValue 16 KiB
   */
  readonly blockSize?: number;
  /**
   * Lets the write of the log and the insert into the memtable of two threads overlap.
   *
   * @defaultValue false
   */
  readonly pipelinedWrite?: boolean;
  /**
   * - `'log'`: keeps the entries of each table in the order they come, so that an insert sorts nothing. Threads
   *   insert one after the other (RocksDB's `allow_concurrent_memtable_write` is off); reads of all threads need no
   *   lock. With a RocksDB whose internals it does not know, it is the skip list.
   * - `'skiplist'`: RocksDB's own.
   *
   * Changes nothing on disk: it can be another one at every open.
   *
   * @defaultValue `'log'`
   */
  readonly memtable?: Memtable;
  /**
   * The skip list remembers per table where the last entry went, which makes inserts in order cheap. Threads then
   * insert one after the other (RocksDB's `allow_concurrent_memtable_write` is off). Without effect while `memtable` is
   * `'log'`.
   *
   * @defaultValue true
   */
  readonly memtableInsertHint?: boolean;
  /**
   * Size of all log files together that forces a flush; 0 is four times all memtables.
   *
   * @range 0 to 2^53-1
   * @defaultValue 0
   */
  readonly maxTotalWalSize?: number;
  /**
   * Asks the system to write the log out in the background every so many bytes; 0 leaves it to the system.
   *
   * @range 0 to 1 TiB
   * @defaultValue 0
   */
  readonly walBytesPerSync?: number;
  /**
   * The same for table files.
   *
   * @range 0 to 1 TiB
   * @defaultValue 1 MiB
   */
  readonly bytesPerSync?: number;
  /**
   * Log files to keep for reuse. RocksDB heeds it only in a recovery mode that can tell old bytes from new ones: with
   * `'skipAnyCorrupted'`, in some versions with `'pointInTime'` too.
   *
   * @range 0 to 64
   * @defaultValue 0
   */
  readonly recycleLogFileNum?: number;
  /**
   * Reads of tables go past the system's cache.
   *
   * @defaultValue false
   */
  readonly useDirectReads?: boolean;
  /**
   * Writes of tables go past the system's cache.
   *
   * @defaultValue false
   */
  readonly useDirectIoForFlushAndCompaction?: boolean;
  /**
   * Bytes of table files, the newest, that stay in the system's page cache when they have been written: older ones leave it,
   * so that a backlog does not fill it, however long it gets, and readers that are as far behind read from the disk. On
   * systems without `posix_fadvise` it has no effect.
   *
   * @range 0 to 2^53-1
   * @defaultValue an eighth of the memory of its container or machine, at most 2 GiB
   */
  readonly pageCacheBytes?: number;
  /**
   * Table files to keep open, with what tells where in them things are, from when each is first read on; -1 is all, which
   * are then opened with the database, as they are with FIFO compaction.
   *
   * @range -1 or 16 to 2^31-1
   * @defaultValue 1024
   */
  readonly maxOpenFiles?: number;
  /**
   * Fails early on any damage found, instead of going on; false only counts with `readOnly`, and does not open a
   * database that lacks a table file, or has one that does not open where it opens it: see `maxOpenFiles`.
   *
   * @defaultValue true
   */
  readonly paranoidChecks?: boolean;
  /**
   * Size of a table file below level 0; the unit in which trimmed space comes back at once. Compactions end a file with a
   * table, too, once it has a quarter of this.
   *
   * @range 64 KiB to 64 GiB
   * @defaultValue 64 MiB
   */
  readonly targetFileSizeBase?: number;
  /**
   * Range deletions in a memtable that cause a flush in the background: drops, and trims of more than a few entries.
   * Each one makes reads of all threads slower until it is flushed. It takes up to 8 times as many while writes would
   * have to wait for the flush, or while more files wait for a pass than begin one; 0 never flushes for it.
   *
   * @range 0 to 2^32
   * @defaultValue 1000
   */
  readonly memtableMaxRangeDeletions?: number;
  /**
   * Permissions of what is created from now on; what is there already stays as it is.
   *
   * - `'owner'`: files 0600, the database's directory 0700.
   * - `'umask'`: what the process's umask leaves of 0644 and 0755.
   *
   * @defaultValue `'owner'`
   */
  readonly filePermissions?: FilePermissions;
  /**
   * Room on the disk that the file RESERVE keeps. When the disk is full the file is given up, so that trims and drops
   * can still be written and the database can be opened; it is made again once there is room. 0 keeps none.
   *
   * @range 0 to 1 TiB
   * @defaultValue 8 MiB
   */
  readonly spaceReserve?: number;
}

/** All options that make up a handle, defaults filled in. */
export type ResolvedOptions = Readonly<
  Required<Omit<DatabaseOptions, 'readOnly' | 'createIfMissing' | 'recovery'>>
>;

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

type NumberName = {
  [K in keyof ResolvedOptions]: ResolvedOptions[K] extends number ? K : never;
}[keyof ResolvedOptions];
type FlagName = {
  [K in keyof ResolvedOptions]: ResolvedOptions[K] extends boolean ? K : never;
}[keyof ResolvedOptions];

interface NumberRule {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** A value outside of the range with a meaning of its own. */
  readonly or?: number;
}

const NUMBERS: Readonly<Record<NumberName, NumberRule>> = {
  maxBackgroundJobs: { default: 2, min: 1, max: 64 },
  backgroundNice: { default: 10, min: 0, max: 19 },
  maxSubcompactions: { default: 1, min: 1, max: 64 },
  writeBufferSize: { default: shareOfMemory(16 * MIB, 64), min: 64 * KIB, max: 64 * GIB },
  maxWriteBufferNumber: { default: 12, min: 2, max: 64 },
  minWriteBufferNumberToMerge: { default: 4, min: 1, max: 63 },
  level0FileNumCompactionTrigger: { default: 256, min: 1, max: 10_000 },
  level0SlowdownWritesTrigger: { default: 512, min: 1, max: 10_000 },
  level0StopWritesTrigger: { default: 1024, min: 1, max: 10_000 },
  fifoCompactionMaxTableFilesSize: { default: 0, min: 0, max: Number.MAX_SAFE_INTEGER },
  blockCacheSize: { default: shareOfMemory(128 * MIB), min: 0, max: 1024 * GIB },
  blockSize: { default: 16 * KIB, min: KIB, max: 16 * MIB },
  maxTotalWalSize: { default: 0, min: 0, max: Number.MAX_SAFE_INTEGER },
  walBytesPerSync: { default: 0, min: 0, max: 1024 * GIB },
  bytesPerSync: { default: MIB, min: 0, max: 1024 * GIB },
  recycleLogFileNum: { default: 0, min: 0, max: 64 },
  pageCacheBytes: { default: shareOfMemory(2048 * MIB, 8), min: 0, max: Number.MAX_SAFE_INTEGER },
  maxOpenFiles: { default: 1024, min: 16, max: 2 ** 31 - 1, or: -1 },
  targetFileSizeBase: { default: 64 * MIB, min: 64 * KIB, max: 64 * GIB },
  memtableMaxRangeDeletions: { default: 1000, min: 0, max: 2 ** 32 },
  spaceReserve: { default: 8 * MIB, min: 0, max: 1024 * GIB },
};

const FLAGS: Readonly<Record<FlagName, boolean>> = {
  enableStatistics: false,
  pipelinedWrite: false,
  memtableInsertHint: true,
  useDirectReads: false,
  useDirectIoForFlushAndCompaction: false,
  paranoidChecks: true,
};

const WAL_RECOVERY_MODES: readonly WalRecoveryMode[] = [
  'pointInTime',
  'tolerateCorruptedTail',
  'absolute',
  'skipAnyCorrupted',
];
const FILE_PERMISSIONS: readonly FilePermissions[] = ['owner', 'umask'];
/** The names of the options that make up a handle. */
export const HANDLE_OPTIONS: readonly Exclude<
  keyof DatabaseOptions,
  'readOnly' | 'createIfMissing' | 'recovery'
>[] = [
  ...(Object.keys(NUMBERS) as NumberName[]),
  ...(Object.keys(FLAGS) as FlagName[]),
  'walRecoveryMode',
  'compression',
  'memtable',
  'filePermissions',
];
/** Options of one opening, not of the handle. */
const OF_THE_OPENING: readonly string[] = ['readOnly', 'createIfMissing', 'recovery'];
const RECOVERY_MODES: readonly RecoveryMode[] = ['strict', 'salvage'];
const MEMTABLES: readonly Memtable[] = ['log', 'skiplist'];
const COMPRESSIONS: readonly Compression[] = ['none', 'snappy', 'zlib', 'lz4', 'zstd'];

function numberOption(options: DatabaseOptions, name: NumberName): number {
  const rule = NUMBERS[name];
  const value = options[name];
  if (value === undefined) return rule.default;
  if (typeof value !== 'number') throw typeError(name, 'a number');
  if (value === rule.or) return value;
  if (!Number.isSafeInteger(value) || value < rule.min || value > rule.max) {
    const alternative = rule.or === undefined ? '' : `${rule.or} or `;
    throw rangeError(name, `${alternative}an integer from ${rule.min} to ${rule.max}`, value);
  }
  return value;
}

/** A flag with its default; a TypeError if it is anything but a boolean or undefined. */
export function flagOption(name: string, value: boolean | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw typeError(name, 'a boolean');
  return value;
}

function choiceOption<T extends string>(
  name: string,
  value: T | undefined,
  choices: readonly T[],
  fallback: T,
): T {
  if (value === undefined) return fallback;
  if (typeof value !== 'string') throw typeError(name, 'a string');
  if (!choices.includes(value)) throw rangeError(name, `one of ${choices.join(', ')}`, value);
  return value;
}

/** Whether a database with missing entries is to be opened; the option's check. */
export function salvageOption(mode: RecoveryMode | undefined): boolean {
  return choiceOption('recovery', mode, RECOVERY_MODES, 'strict') === 'salvage';
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, RangeError `ERR_OUT_OF_RANGE`, also for an unknown name.
 */
export function resolveOptions(options: DatabaseOptions): ResolvedOptions {
  requireOptions(options);
  const numbers = Object.keys(NUMBERS).map((name) => [name, numberOption(options, name as NumberName)]);
  const flags = Object.entries(FLAGS).map(([name, fallback]) => [
    name,
    flagOption(name, options[name as FlagName], fallback),
  ]);
  const resolved = {
    ...Object.fromEntries([...numbers, ...flags]),
    walRecoveryMode: choiceOption(
      'walRecoveryMode',
      options.walRecoveryMode,
      WAL_RECOVERY_MODES,
      'pointInTime',
    ),
    compression: choiceOption('compression', options.compression, COMPRESSIONS, 'none'),
    memtable: choiceOption('memtable', options.memtable, MEMTABLES, 'log'),
    filePermissions: choiceOption('filePermissions', options.filePermissions, FILE_PERMISSIONS, 'owner'),
  };
  for (const name of Object.keys(options)) {
    if (!(name in resolved) && !OF_THE_OPENING.includes(name)) {
      throw rangeError(name, 'left out: there is no such option', name);
    }
  }
  // Built from the two tables, whose types name every number and every flag there is.
  return resolved as ResolvedOptions;
}
