import { parseRecoveryReport, type RecoveryReport } from '@shale/codec';
import { rangeError, requireOptions } from './arguments.js';
import type { StoredBackup } from './backup-results.js';
import { packChanges, type RecordChange } from './changes.js';
import { FetchBuffers } from './fetch-buffers.js';
import { type NativeHandle, native } from './native.js';
import { type DatabaseOptions, flagOption, resolveOptions, salvageOption } from './options.js';
import type {
  ChunkResult,
  DatabaseStatistics,
  FetchedChunk,
  HeadScan,
  KeyEnds,
  LiveFile,
  PeekedChunk,
  RecordScan,
  ScanResult,
} from './results.js';
import { nativeSnapshot, Snapshot } from './snapshot.js';
import { parseStalls, type Stalls } from './stalls.js';
import { parseUnreadableFiles, type UnreadableFile } from './unreadable-files.js';

/** `sync: true` returns when fdatasync is done, `false` when the operating system has the bytes. */
export interface WriteOptions {
  readonly sync: boolean;
}

const NO_CHANGES: readonly RecordChange[] = [];

/** What a read looks at. */
export interface ReadOptions {
  /** Reads what was there when the snapshot was taken. Default: what is there now. */
  readonly snapshot?: Snapshot;
}

/** How a scan goes about it. */
export interface ScanOptions extends ReadOptions {
  /** From the upper end downwards; its runs are marked descending. Default false. */
  readonly reverse?: boolean;
  /** Entries to read at most. 1..2^32-1, default no limit but the buffer. */
  readonly maxEntries?: number;
  /** Keeps the blocks it reads in the block cache. Default false. */
  readonly fillCache?: boolean;
  /** Checks the checksum of every block it reads. Default true. */
  readonly verifyChecksums?: boolean;
}

/** How a fetch goes about it. */
export interface FetchOptions {
  /** Entries to read at most. 1..2^32-1, default as many as fit. */
  readonly maxEntries?: number;
  /** Tells whether the table was dropped, see {@link Database.watch}. Default: nothing does. */
  readonly watch?: bigint;
  /** Whether a read begins here, so that drops until now do not matter. Default false. */
  readonly begins?: boolean;
  /** With fewer entries than this, and more behind them, `last` is told. 0..2^32-1, default 0. */
  readonly enough?: number;
  /** Keeps the blocks it reads in the block cache. Default false. */
  readonly fillCache?: boolean;
}

/** How a scan over records of any shape goes about it. */
export interface RecordsOptions extends ReadOptions {
  /** Records to read at most. 1..2^32-1, default no limit but the buffer. */
  readonly maxRecords?: number;
}

/** How `compactRange` treats what lies at the bottom. */
export interface CompactOptions {
  /** Whether files that are at the bottom already are rewritten. Default `'ifHaveCompactionFilter'`, that is no. */
  readonly bottommost?: 'skip' | 'ifHaveCompactionFilter' | 'force' | 'forceOptimized';
}

const NO_LIMIT = 2 ** 32 - 1;

/**
 * The right of this thread to use a database that the whole process shares. It ends by {@link Database.close}, by
 * garbage collection, or with the thread, whichever comes first; RocksDB itself is closed with the last of them.
 *
 * The synchronous calls are meant for worker threads: they block. Calls that may take long return promises, and run
 * on threads of the addon's own. Ranges are lower inclusive, upper exclusive, bytewise. Every buffer must be over an
 * ArrayBuffer that is neither shared nor detached.
 *
 * @throws RocksDBError `ROCKSDB_CLOSED` from every call after `close()`; `ROCKSDB_READ_ONLY`, `ROCKSDB_POISONED`,
 * `ROCKSDB_NO_SPACE` and `ROCKSDB_IO_ERROR` from those that write; `ROCKSDB_CORRUPTION` from those that read.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, RangeError `ERR_OUT_OF_RANGE` for arguments that make no sense.
 */
export class Database {
  /** The real path of the directory. */
  readonly path: string;
  readonly readOnly: boolean;
  /** What the opening of the handle, by whichever thread, found in RocksDB's log. */
  readonly recovery: RecoveryReport;
  /**
   * Names the handle behind it to {@link attachDatabase}: 0 for the one that can write, of which a process has one per
   * path; each `openDatabase` with `readOnly: true` has a handle and a number of its own.
   */
  readonly handleId: number;
  readonly #handle: NativeHandle;
  readonly #buffers = new FetchBuffers();
  #closing: Promise<void> | undefined;

  /** @internal Made by {@link openDatabase} and {@link attachDatabase}. */
  constructor(handle: NativeHandle, readOnly: boolean) {
    this.#handle = handle;
    this.path = native().path(handle);
    this.handleId = native().handleId(handle);
    this.recovery = parseRecoveryReport(native().recovery(handle));
    this.readOnly = readOnly;
  }

  /** False once `close()` was called. */
  get open(): boolean {
    return this.#closing === undefined;
  }

  /**
   * Takes a name that only one `Database` of this process can have at a time on this database. It is given back by
   * {@link Database.releaseClaim}, or with this `Database`, however that ends.
   *
   * @returns false when the name is taken, also by this very `Database`.
   */
  claim(name: string): boolean {
    return native().claim(this.#handle, name);
  }

  /** Gives a name back; does nothing if this `Database` does not have it. */
  releaseClaim(name: string): void {
    native().releaseClaim(this.#handle, name);
  }

  /**
   * Writes entries as one atomic batch. `runs` are records of 32 bytes (`encodeRun` of `@shale/codec`), each a
   * run of consecutive sequences of one table; `lengths` has a u32 LE for each entry in their order; `data` has the
   * values back to back, each with its version byte. Runs with the skip flag are stepped over. Runs may also be
   * removals: `RUN_TRIM`, `RUN_FLOOR` and `RUN_DROP` do to the table what {@link trim} and {@link drop} do, after
   * what stands before them and before what stands after them; a `RUN_TRIM` with a count writes a deletion for each of
   * so many entries instead of a range. A run `RUN_POSITION` has one value, which is put under the key of the position
   * that a consumer has in the table; a `RUN_ID` has none, and removes records of ids. `changes` come after all of them, as {@link change} does them. Everything is checked before anything is written; when it throws, nothing was.
   */
  write(
    runs: Uint8Array,
    lengths: Uint8Array,
    data: Uint8Array,
    options: WriteOptions,
    changes: readonly RecordChange[] = NO_CHANGES,
  ): void {
    native().write(this.#handle, runs, lengths, data, requireOptions(options).sync, packChanges(changes));
  }

  /**
   * Does the removals of `runs` as one atomic batch, as {@link write} does, but as {@link trim} on a full disk too.
   * There must be no entries among them.
   */
  remove(runs: Uint8Array, options: WriteOptions, changes: readonly RecordChange[] = NO_CHANGES): void {
    native().remove(this.#handle, runs, requireOptions(options).sync, packChanges(changes));
  }

  /** Writes one record as it is. */
  put(key: Uint8Array, value: Uint8Array, options: WriteOptions): void {
    native().put(this.#handle, key, value, requireOptions(options).sync);
  }

  /** Writes and removes records of any shape as one atomic batch, in this order; an empty one does nothing. */
  change(changes: readonly RecordChange[], options: WriteOptions): void {
    native().change(this.#handle, packChanges(changes), requireOptions(options).sync);
  }

  /**
   * Removes a range and, in the same atomic batch, raises the floor in the metadata record `metaKey` to `floor`.
   * A floor never goes down: tables of the same id in other regions share the record, and trims of all threads take
   * turns.
   *
   * @returns the floor that was written.
   */
  trim(
    lower: Uint8Array,
    upper: Uint8Array,
    metaKey: Uint8Array,
    floor: bigint,
    options: WriteOptions,
  ): bigint {
    return native().trim(this.#handle, lower, upper, metaKey, floor, requireOptions(options).sync);
  }

  /**
   * Removes a range together with the record `metaKey`, the positions that consumers have in the table whose keys begin
   * with `lower`, the ids of its appends, its time marks, and its name if it has one, as one atomic batch, and notes it for {@link droppedSince}. It waits while {@link deleteFilesInRanges}
   * drops files of tables that must not be dropped meanwhile.
   */
  drop(lower: Uint8Array, upper: Uint8Array, metaKey: Uint8Array, options: WriteOptions): void {
    native().drop(this.#handle, lower, upper, metaKey, requireOptions(options).sync);
  }

  /**
   * Writes the deletion of a range again, unless a {@link drop} of the record `metaKey` has been done since `since`,
   * which is what {@link drops} said when the range was known to hold nothing. Returns whether it was written.
   */
  deleteRangeUnlessDropped(
    lower: Uint8Array,
    upper: Uint8Array,
    metaKey: Uint8Array,
    since: bigint,
    options: WriteOptions,
  ): boolean {
    return native().deleteRangeUnlessDropped(
      this.#handle,
      lower,
      upper,
      metaKey,
      since,
      requireOptions(options).sync,
    );
  }

  /** How often {@link drop} has been done, by whatever thread, since the process opened the database. */
  drops(): bigint {
    return native().drops(this.#handle);
  }

  /**
   * Whether there was a {@link drop}, by whatever thread, with `key` as its `lower` or its `metaKey`, since
   * {@link drops} said `since`. The last 4096 drops are known; where there were more since, the answer is yes.
   */
  droppedSince(key: Uint8Array, since: bigint): boolean {
    return native().droppedSince(this.#handle, key, since);
  }

  /**
   * Watches the table that begins at `lower` for a {@link drop}, by whatever thread, and returns what names the watch
   * to every `Database` of the handle. It ends by {@link unwatch}, or with this `Database`.
   */
  watch(lower: Uint8Array): bigint {
    return native().watch(this.#handle, lower);
  }

  /** Ends a watch. Idempotent; also fine after `close()`. */
  unwatch(watch: bigint): void {
    native().unwatch(this.#handle, watch);
  }

  /** Lets a watch forget the drops that it has seen. A RangeError if it has ended. */
  watchAnew(watch: bigint): void {
    native().watchAnew(this.#handle, watch);
  }

  /** Whether a watch has seen a drop: exact, however many drops there were of other tables. A RangeError if it has ended. */
  sawDrop(watch: bigint): boolean {
    return native().sawDrop(this.#handle, watch);
  }

  /** How many watches there are now, of whatever `Database` of the handle. */
  watches(): number {
    return native().watches(this.#handle);
  }

  /**
   * Begins a loan: tables that their threads leave to another one for a single atomic write. It is a fence and no more:
   * which tables these are, and what is known of them, the threads tell each other. It is gone when it has been used
   * and returned, when it is ended, and with this `Database` unless it is being used.
   *
   * @returns its number, which is not given out again by this handle.
   */
  openLoan(): bigint {
    return native().openLoan(this.#handle);
  }

  /**
   * Says that this `Database` leaves its tables to a loan. Should it end, however, before the loan is used, the loan is
   * gone; while it is used, this `Database` ends only after it has been returned. So the next owner of its tables finds
   * all of what is written with the loan, or nothing of it comes any more.
   *
   * @returns false when the loan is gone or used already: then the tables are not lent.
   */
  lend(loan: bigint): boolean {
    return native().lend(this.#handle, loan);
  }

  /**
   * Begins to write with a loan: until {@link Database.returnLoan} nothing ends it but the end of this `Database`. Call
   * both in one go, for other threads may wait blocked.
   *
   * @returns false when the loan is gone or used already: then nothing may be written with it.
   */
  useLoan(loan: bigint): boolean {
    return native().useLoan(this.#handle, loan);
  }

  /** The write is through or has failed: the loan is gone. Does nothing if this `Database` does not use it. */
  returnLoan(loan: bigint): void {
    native().returnLoan(this.#handle, loan);
  }

  /**
   * Ends a loan. If another `Database` is using it, this blocks until it is returned, which takes as long as a write.
   * Afterwards nothing is written with it. Does nothing when it is gone.
   */
  endLoan(loan: bigint): void {
    native().endLoan(this.#handle, loan);
  }

  /** Reads log entries into a buffer until it is full or the range ends; see {@link ScanResult} for the layout. */
  scan(
    lower: Uint8Array,
    upper: Uint8Array,
    into: ArrayBuffer | Uint8Array,
    options: ScanOptions = {},
  ): ScanResult {
    const {
      reverse = false,
      maxEntries = NO_LIMIT,
      snapshot,
      fillCache = false,
      verifyChecksums = true,
    } = requireOptions(options);
    const view = nativeSnapshot(snapshot);
    return native().scan(
      this.#handle,
      lower,
      upper,
      into,
      reverse,
      maxEntries,
      view,
      fillCache,
      verifyChecksums,
    );
  }

  /**
   * As {@link scan}, on a thread of the addon's own, which no write and no sync keeps waiting; for threads that must not
   * block. It takes a buffer of `chunkBytes`. When the calling thread ends meanwhile, its end waits until the buffer is not
   * used any more.
   *
   * @param chunkBytes 0..2^32-1
   */
  async fetch(
    lower: Uint8Array,
    upper: Uint8Array,
    chunkBytes: number,
    options: FetchOptions = {},
  ): Promise<FetchedChunk> {
    const {
      maxEntries = NO_LIMIT,
      watch,
      begins = false,
      enough = 0,
      fillCache = false,
    } = requireOptions(options);
    requireChunkBytes(chunkBytes);
    const into = this.#buffers.take(chunkBytes);
    try {
      const found = await native().fetch(
        this.#handle,
        lower,
        upper,
        into,
        maxEntries,
        watch,
        begins,
        enough,
        fillCache,
      );
      return { ...found, buffer: this.#buffers.handOut(into, found) };
    } catch (error) {
      this.#buffers.giveBack(into);
      throw error;
    }
  }

  /**
   * The payload of the log entry with this key, copied; null if there is none; undefined if that cannot be told without
   * waiting: it is not in memory, or is no entry. Never waits for a disk.
   */
  peek(key: Uint8Array): Uint8Array | null | undefined {
    const payload = native().peek(this.#handle, key);
    return payload === false ? undefined : payload;
  }

  /**
   * What memory holds of a range, as {@link fetch}; null if that cannot be told without waiting. It leaves out what table
   * files hold, which is what came first: who knows the key that comes next knows whether anything is missing before it.
   * Never waits for a disk.
   *
   * @param chunkBytes 0..2^32-1
   */
  peekChunk(
    lower: Uint8Array,
    upper: Uint8Array,
    chunkBytes: number,
    { maxEntries, watch }: { readonly maxEntries: number; readonly watch: bigint },
  ): PeekedChunk | null {
    requireChunkBytes(chunkBytes);
    const into = this.#buffers.take(chunkBytes);
    let found: ChunkResult | false = false;
    try {
      found = native().peekChunk(this.#handle, lower, upper, into, maxEntries, watch);
    } finally {
      if (found === false) this.#buffers.giveBack(into);
    }
    return found === false ? null : { ...found, buffer: this.#buffers.handOut(into, found) };
  }

  /** The smallest and the largest key of a range. */
  ends(lower: Uint8Array, upper: Uint8Array, options: ReadOptions = {}): KeyEnds {
    return native().ends(this.#handle, lower, upper, nativeSnapshot(requireOptions(options).snapshot));
  }

  /** The first and the last sequence of every table of a range, by skipping; `into` takes 40 bytes for each. */
  heads(
    lower: Uint8Array,
    upper: Uint8Array,
    into: ArrayBuffer | Uint8Array,
    options: ReadOptions = {},
  ): HeadScan {
    return native().heads(this.#handle, lower, upper, into, nativeSnapshot(requireOptions(options).snapshot));
  }

  /**
   * The first and the last sequence and the floor of each of many tables, as `ends` and `get` tell them of one.
   * `tables` is 17 bytes for each, what its log keys begin with; for each, `into` gets 32 bytes, u64 LE: flags, first,
   * last, floor.
   *
   * Flags: 1, it is known what entries there are; 2, there are some; 4, the floor is known, 0 for none. What is not
   * known could not be read, or is not of this format: `ends` or `get` tell what it is.
   */
  tableEnds(tables: Uint8Array, into: ArrayBuffer | Uint8Array): void {
    native().tableEnds(this.#handle, tables, into);
  }

  /** Reads records of any kind into a buffer until it is full or the range ends. */
  records(
    lower: Uint8Array,
    upper: Uint8Array,
    into: ArrayBuffer | Uint8Array,
    options: RecordsOptions = {},
  ): RecordScan {
    const { maxRecords = NO_LIMIT, snapshot } = requireOptions(options);
    return native().records(this.#handle, lower, upper, into, maxRecords, nativeSnapshot(snapshot));
  }

  /** One record's value, copied; null if there is none. */
  get(key: Uint8Array, options: ReadOptions = {}): Uint8Array | null {
    return native().get(this.#handle, key, nativeSnapshot(requireOptions(options).snapshot));
  }

  /** A view of the database as it is now. */
  snapshot(): Snapshot {
    return new Snapshot(native().snapshot(this.#handle));
  }

  /** A property of RocksDB, such as `'rocksdb.stats'`; null if it knows none of this name. */
  property(name: string): string | null {
    return native().property(this.#handle, name);
  }

  /** A property that is a number, such as `'rocksdb.estimate-num-keys'`; null if there is none of this name. */
  intProperty(name: string): bigint | null {
    return native().intProperty(this.#handle, name);
  }

  /** RocksDB's counters; null unless the database was opened with `enableStatistics`. */
  statistics(): DatabaseStatistics | null {
    return native().statistics(this.#handle);
  }

  /** About how many bytes a range takes, in memory and on disk. */
  approximateSize(lower: Uint8Array, upper: Uint8Array): number {
    return native().approximateSize(this.#handle, lower, upper);
  }

  /** The table files that make up the database. */
  liveFiles(): LiveFile[] {
    return native().liveFiles(this.#handle);
  }

  /**
   * Table files that a compaction could not read since this process opened the database. Writes go on; automatic
   * compaction has ended until the database is opened again.
   */
  unreadableFiles(): UnreadableFile[] {
    return parseUnreadableFiles(native().unreadableFiles(this.#handle));
  }

  /** Writes that had to wait since this process opened the database. */
  stalls(): Stalls {
    return parseStalls(native().stalls(this.#handle));
  }

  /** RocksDB's own sequence number of the last write; it has nothing to do with those of tables. */
  latestSequence(): bigint {
    return native().latestSequence(this.#handle);
  }

  /**
   * The sequence of RocksDB up to which everything survives a crash of the machine, as far as writes with `sync`,
   * {@link syncWal} and the opening have seen to it; 0 for a database that was opened for reading.
   */
  syncedSequence(): bigint {
    return native().syncedSequence(this.#handle);
  }

  /**
   * Which database it is: RocksDB makes up an identity when it creates one, and keeps it in the file `IDENTITY`. A
   * checkpoint and a restored backup get one of their own; a directory copied with all its files has the same.
   */
  identity(): string {
    return native().identity(this.#handle);
  }

  /** Makes everything written so far, by any thread, survive a crash of the machine. */
  async syncWal(): Promise<void> {
    await native().syncWal(this.#handle);
  }

  /** Writes the memtable to a table file. */
  async flush(): Promise<void> {
    await native().flush(this.#handle);
  }

  /**
   * Compacts a range; an end that is left out is open.
   *
   * @throws RocksDBError `ROCKSDB_INCOMPLETE` when the last `Database` is closed meanwhile.
   */
  async compactRange(lower?: Uint8Array, upper?: Uint8Array, options: CompactOptions = {}): Promise<void> {
    await native().compactRange(
      this.#handle,
      lower,
      upper,
      requireOptions(options).bottommost ?? 'ifHaveCompactionFilter',
    );
  }

  /**
   * Drops the table files that lie wholly within one of the ranges, without looking at snapshots. Only for ranges
   * that are deleted already: it gives the space back at once. With `since`, ranges come with their `metaKey`, and
   * those of which it was dropped since (see {@link deleteRangeUnlessDropped}) are left alone; drops then wait until
   * the files are gone.
   */
  async deleteFilesInRanges(
    ranges: readonly (readonly [lower: Uint8Array, upper: Uint8Array, metaKey?: Uint8Array])[],
    options: { readonly since?: bigint } = {},
  ): Promise<void> {
    await native().deleteFilesInRanges(this.#handle, ranges, requireOptions(options).since);
  }

  /**
   * About how many bytes of table files each range takes, to the size of a block.
   *
   * @param ranges at most 65,536
   * @param options whether what is in memory counts, too; default: no
   */
  async approximateSizes(
    ranges: readonly (readonly [lower: Uint8Array, upper: Uint8Array])[],
    options: { readonly memory?: boolean } = {},
  ): Promise<Float64Array> {
    const memory = requireOptions(options).memory ?? false;
    const bytes = await native().approximateSizes(this.#handle, ranges, memory);
    return new Float64Array(bytes.buffer, bytes.byteOffset, ranges.length);
  }

  /** Makes a consistent copy in a directory that must not exist yet; table files are linked where possible. */
  async checkpoint(directory: string): Promise<void> {
    await native().checkpoint(this.#handle, directory);
  }

  /**
   * Adds a backup of the database as it is now to a directory of backups, beside writes. Table files that the directory
   * has already are not copied again. One backup at a time is added to a directory, whatever paths lead to it.
   *
   * @param options `metadata`: any text, kept with the backup. `keep`: remove all backups with the same metadata but so
   * many of the newest; 1..2^32-1, default all stay.
   * @throws RocksDBError `ROCKSDB_LOCKED` while another backup is made in the directory, by whatever thread or process,
   * or one of it is restored; `ROCKSDB_LOCKS_UNSUPPORTED`; `ROCKSDB_NO_SPACE` when the database's disk is full and a
   * trim or `resume()` needs the database for itself: such a backup is given up, and can be made again.
   */
  createBackup(
    directory: string,
    options: { readonly metadata?: string; readonly keep?: number } = {},
  ): Promise<StoredBackup> {
    const { metadata = '', keep = 0 } = requireOptions(options);
    return native().createBackup(this.#handle, directory, metadata, keep);
  }

  /**
   * Makes a database that ran out of disk space writable again, once there is room for the space reserve and what
   * RocksDB needs to open. RocksDB is reopened: calls of all threads wait meanwhile, and their snapshots end
   * (`ROCKSDB_EXPIRED`). While there is no room it rejects with `ROCKSDB_NO_SPACE`, and reads go on. The same ends
   * `ROCKSDB_NO_RESOURCES`, once files can be opened again.
   */
  async resume(): Promise<void> {
    await native().resume(this.#handle);
  }

  /**
   * Gives this `Database` up: idempotent, and safe while other threads use the database and while calls are under
   * way. When it was the last one of the process, RocksDB is closed when the promise resolves.
   */
  close(): Promise<void> {
    this.#closing ??= native().close(this.#handle);
    return this.#closing;
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens a database, or joins the handle that this process has of the same real path. With `readOnly: true` it is
 * always newly opened, and shows what is there now; another handle, of this or another process, may be writing.
 *
 * @throws RocksDBError `ROCKSDB_LOCKED` (another process has it, which the message names),
 * `ROCKSDB_LOCKS_UNSUPPORTED`, `ROCKSDB_NOT_FOUND`, `ROCKSDB_OPTIONS_MISMATCH`,
 * `ROCKSDB_INVALID_ARGUMENT` (a file, another comparator), `ROCKSDB_NOT_SUPPORTED` (other column families, or what this
 * build of RocksDB lacks), `ROCKSDB_CORRUPTION` (also when
 * entries that were acknowledged are missing, see {@link DatabaseOptions.recovery}; then with `recovery`, the report),
 * `ROCKSDB_IO_ERROR`, `ROCKSDB_NO_SPACE`, `ROCKSDB_NO_RESOURCES`, `ROCKSDB_LIBRARY_MISSING`.
 */
export async function openDatabase(path: string, options: DatabaseOptions = {}): Promise<Database> {
  const resolved = resolveOptions(options);
  const readOnly = flagOption('readOnly', options.readOnly, false);
  const createIfMissing = flagOption('createIfMissing', options.createIfMissing, true);
  const salvage = salvageOption(options.recovery);
  return new Database(await native().open(path, readOnly, createIfMissing, resolved, salvage), readOnly);
}

/**
 * Joins, in a worker thread, a handle that this process has open already.
 *
 * @param options `handleId`: which handle, by the `handleId` of a `Database` that has it open. Default 0, the one that
 * can write.
 * @throws RocksDBError `ROCKSDB_CLOSED` if there is none, `ROCKSDB_NOT_FOUND` if there is no such directory.
 */
export function attachDatabase(path: string, options: { readonly handleId?: number } = {}): Database {
  const { handleId = 0 } = requireOptions(options);
  return new Database(native().attach(path, handleId), handleId !== 0);
}

function requireChunkBytes(chunkBytes: number): void {
  if (Number.isInteger(chunkBytes) && chunkBytes >= 0 && chunkBytes <= NO_LIMIT) return;
  throw rangeError('chunkBytes', `an integer from 0 to ${NO_LIMIT}`, chunkBytes);
}
