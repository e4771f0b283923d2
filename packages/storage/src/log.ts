import {
  type AppendFrame,
  type EntryChunk,
  type KeyRange,
  type LogKeyPrefix,
  type RecoveryReport,
  type TableId,
  toU64,
  type U64Like,
  type WalError,
} from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { KnownIds } from './append-ids/known-ids.js';
import type { AppendIdWindow } from './append-ids/window.js';
import { readBag } from './arguments/option-bag.js';
import { wantsSync } from './arguments/switches.js';
import { type BackupOptions, backup } from './backup/backup.js';
import type { BackupInfo } from './backup/list.js';
import { checkpoint } from './checkpoint.js';
import { Committer } from './commit/commit.js';
import type { CommitResult } from './commit/commit-result.js';
import type { TrimResult } from './commit/trim.js';
import { Consumers } from './consumers/consumers.js';
import { type DamagedFile, damagedFiles } from './damage/damaged-files.js';
import type { FilePlace } from './damage/file-place.js';
import { native, nativeAsync } from './errors.js';
import { type TableIdLike, toTableId } from './ids.js';
import { Lifetime, type LogState } from './lifetime.js';
import { floors, type TableFloor } from './lists/floors.js';
import { type HeadsOptions, heads, readHeadsOptions, type TableHead } from './lists/heads.js';
import { install, openRegion, type RegionReport } from './lists/region-recovery.js';
import { type TableInfo, tables } from './lists/tables.js';
import { commitWithLoan, endLoan, type LoanResult, lend, takeBack } from './loan/loan.js';
import {
  type AppendOptions,
  type AppendSpan,
  type LogReadOptions,
  readAppend,
  readParts,
  readReadOptions,
  type SyncOptions,
  type WritePart,
} from './log-options.js';
import { LogWriter } from './log-writer.js';
import { Names } from './names/names.js';
import { CHUNK_OPTIONS, ChunkBuffers, type ChunkOptions } from './read/chunk-buffers.js';
import { watchTable } from './read/drop-watch.js';
import {
  type FetchedEntry,
  type FetchedPart,
  type FetchedStart,
  type FetchSize,
  fetchEntry,
  fetchNext,
  fetchStart,
  peekNext,
} from './read/fetch.js';
import { LatchedGenerator } from './read/latched-generator.js';
import { peekEntry } from './read/peek.js';
import {
  type RangeBounds,
  type ReadRange,
  requireDirection,
  type SequenceSpan,
  toBounds,
} from './read/range.js';
import { beginRead, entriesOf, type LogEntry, readChunk } from './read/read.js';
import { resolveSpan } from './read/read-span.js';
import { type RegionEntry, RegionScan, regionEntries } from './read/region-scan.js';
import type { ReadChunk } from './read/scan-layout.js';
import { Retentions } from './retention/retentions.js';
import { TableWatch } from './retention/table-watch.js';
import { compact } from './space/compaction.js';
import { type ReclaimOptions, type ReclaimReport, reclaim } from './space/reclaim.js';
import { compactWorthwhile, storedBytes, type WorthOptions, type WorthReport } from './space/worthwhile.js';
import { type LogStats, stats } from './stats.js';
import type { LogContext } from './tables/context.js';
import { newCounters } from './tables/counters.js';
import { KnownTables } from './tables/known-tables.js';
import { fromHere } from './targets/real-path.js';
import { toVerifyChunkBytes, type VerifyOptions, verify } from './verify/verify.js';
import type { VerifyEvent } from './verify/verify-events.js';
import { checkFiles, type FileCheckEvent } from './verify/verify-files.js';

/**
 * Many table logs in one database, each with its own dense 64-bit sequence, as one thread uses them. Made by `openLog`
 * and `attachLog`.
 *
 * A log works in the thread that made it and blocks it for the length of each call, the promises apart. It holds the
 * state of the tables it has touched, so no two logs may write the same table; reading is always safe. Every call can
 * throw SHALE_CLOSED once the log is closed, SHALE_IO when the disk fails and SHALE_INVALID_ARGUMENT, besides what it
 * says itself; every call that changes something SHALE_READ_ONLY, SHALE_NO_SPACE and SHALE_POISONED, the latter for
 * good after a write or sync of RocksDB's log has failed.
 */
export class Log {
  /** The database directory. */
  readonly path: string;
  /** Which WAL of the database, 0 to 127. */
  readonly instance: number;
  /** Whether it was opened to look only. */
  readonly readOnly: boolean;
  /** Names the log's handle to `attachLog`: 0 is the one that can write, and each read-only one has its own number. */
  readonly handleId: number;
  /** What the opening of the database found in RocksDB's log. */
  readonly recovery: RecoveryReport;
  /** The names of its tables. Only one log of the instance may make names. */
  readonly names: Names;
  /** The consumers of its tables, and their positions. Only one log of the instance may open or drop consumers. */
  readonly consumers: Consumers;
  /** What is retained of its tables. Only one log of the instance may change that. */
  readonly retentions: Retentions;
  readonly #db: Database;
  readonly #life: Lifetime;
  readonly #context: LogContext;
  readonly #committer: Committer;
  readonly #writer: LogWriter;

  /** @internal Use `openLog` or `attachLog`. The log owns the lease, and gives back `claim` with it. */
  constructor(db: Database, instance: number, idWindow: AppendIdWindow, claim?: string) {
    this.path = db.path;
    this.instance = instance;
    this.readOnly = db.readOnly;
    this.handleId = db.handleId;
    this.recovery = db.recovery;
    this.#db = db;
    this.#life = new Lifetime(db, claim);
    const home = { db, path: db.path, instance };
    this.names = new Names(home);
    this.consumers = new Consumers(home);
    const ids = new KnownIds(home, idWindow);
    const tables = new KnownTables(home);
    const watch = new TableWatch(home);
    this.#context = { ...home, tables, ids, counters: newCounters(), watch };
    this.retentions = new Retentions(this.#context, this.consumers, watch);
    this.#committer = new Committer(this.#context);
    this.#writer = new LogWriter(this.#context, this.#committer);
  }

  /** Whether the log can be used. */
  get state(): LogState {
    return this.#life.state;
  }

  /**
   * Appends a batch to a table, all of it or nothing, and returns the sequences it got: dense, from 1 on. An empty
   * batch writes nothing. Throws SHALE_SEQUENCE_MISMATCH, SHALE_SEQUENCE_EXHAUSTED, SHALE_TOO_LARGE, and SHALE_CORRUPT
   * when the table cannot be recovered.
   */
  append(id: TableIdLike, payloads: readonly Uint8Array[], options?: AppendOptions): AppendSpan {
    this.#life.requireWritable();
    const { part, sync } = readAppend(id, payloads, options);
    return this.#writer.append(part, sync);
  }

  /** Appends to several tables, or several times to one, all or nothing. Throws as {@link append}. */
  write(parts: readonly WritePart[], options?: SyncOptions): AppendSpan[] {
    this.#life.requireWritable();
    const sync = wantsSync('write', options);
    return this.#writer.write(readParts(parts), sync);
  }

  /**
   * Writes a frame of appends, with their ids or without, trims, drops and positions of consumers as the engine makes them, with one native call. Those that cannot be
   * written are left out and reported; see {@link CommitResult}. The frame must have passed `decodeAppendFrame`.
   *
   * @param barred tables of which nothing is written, by their index in the frame, and why
   */
  commit(frame: AppendFrame, barred?: ReadonlyMap<number, WalError>): CommitResult {
    this.#life.requireWritable();
    return this.#committer.commit(frame, undefined, barred);
  }

  /**
   * Begins a loan: other logs of the handle lend tables, and one of them writes all of these in one batch. It is gone
   * once it was used, and when a log that has lent to it ends before. Its number is not given out again.
   */
  openLoan(): bigint {
    this.#life.requireWritable();
    return native({ path: this.path }, () => this.#db.openLoan());
  }

  /**
   * Leaves tables to a loan and returns what is known of them, for {@link commitWithLoan}; null when the loan is
   * gone, and then they are not lent. Until {@link takeBack} or {@link endLoan} they must not be changed through this
   * log.
   */
  lend(loan: bigint, ids: readonly TableId[]): BigUint64Array | null {
    this.#life.requireWritable();
    return lend(this.#context, loan, ids);
  }

  /**
   * As {@link commit}, over tables of this log and those of others that were lent, whose states are given one list
   * after the other. Null when the loan is gone: nothing was written. Otherwise the loan is gone afterwards, and the
   * result says what the others are to take back; when this throws, they take back what they have lent.
   */
  commitWithLoan(
    loan: bigint,
    states: BigUint64Array,
    frame: AppendFrame,
    barred?: ReadonlyMap<number, WalError>,
  ): LoanResult | null {
    this.#life.requireWritable();
    return commitWithLoan(this.#context, this.#committer, loan, states, frame, barred);
  }

  /** Takes tables back that were lent, with what is known of them now. */
  takeBack(states: BigUint64Array): void {
    this.#life.requireOpen();
    takeBack(this.#context, states);
  }

  /**
   * Takes tables back whose write has an unknown outcome. It waits for a write under way, and afterwards none can begin;
   * the tables are recovered when they are next touched. What was listed of them before must not be installed
   * afterwards.
   */
  endLoan(loan: bigint, ids: readonly TableId[]): void {
    this.#life.requireOpen();
    endLoan(this.#context, loan, ids);
  }

  /**
   * Reads entries in order, or in reverse order if the range says so. The range is fixed when this is called: the read sees everything that was acknowledged
   * before, and nothing that comes later. Reversed and empty ranges and unknown tables give nothing; with `strict` it
   * throws SHALE_TRIMMED or SHALE_AHEAD when the range does not begin in the table, or right behind it, and the
   * generator SHALE_HOLE where sequences have no entries.
   *
   * The generator throws SHALE_TRIMMED when entries that it had not reached yet are trimmed, or the table is dropped
   * meanwhile, and SHALE_CORRUPT when it meets a block that cannot be read or, with the key, something that is not an
   * entry; what stands before has come by then. Once it has failed it keeps failing.
   */
  read(
    id: TableIdLike,
    range: ReadRange = {},
    options: LogReadOptions = {},
  ): Generator<LogEntry, void, undefined> {
    return new LatchedGenerator(entriesOf(this.readChunks(id, range, options)));
  }

  /** As {@link read}, many entries at a time. Each chunk has memory of its own. */
  readChunks(
    id: TableIdLike,
    range: ReadRange = {},
    options: LogReadOptions = {},
  ): Generator<EntryChunk, void, undefined> {
    const table = toTableId(id);
    this.#life.requireOpen();
    const { strict, buffers } = readReadOptions(options);
    const bounds = toBounds(range);
    requireDirection(bounds, strict);
    const { chunks, release } = beginRead(this.#context, table, bounds, strict, buffers);
    return this.#life.generate(chunks, release);
  }

  /**
   * Begins to watch whether a table is dropped, by any log of the handle, and returns the token of the watch, which is
   * valid in all of them. It ends by {@link unwatch}, or with this log. Every read needs one: {@link resolveRange}.
   */
  watch(id: TableIdLike): bigint {
    this.#life.requireOpen();
    return watchTable(this.#context, toTableId(id));
  }

  /** Ends a watch. Idempotent; also fine on a closed log. */
  unwatch(watch: bigint): void {
    this.#db.unwatch(toU64('watch', watch));
  }

  /**
   * What bounds mean for a table now; null when they hold nothing. For {@link readChunk}. The limit only counts when
   * it is 0: pass it on as `maxEntries`. From now on the watch tells whether the table is dropped. `strict` as in
   * {@link LogReadOptions}.
   *
   * Of a table that cannot be recovered, because something in it cannot be read, the span is what is asked for: what
   * stands before the damage, and behind it, can be read.
   */
  resolveRange(id: TableIdLike, bounds: RangeBounds, watch: bigint, strict = false): SequenceSpan | null {
    this.#life.requireOpen();
    return resolveSpan(this.#context, toTableId(id), bounds, toU64('watch', watch), strict);
  }

  /**
   * Reads the entries of a span of a table into `into`, as many as fit. The span comes from {@link resolveRange}; to go
   * on, give {@link spanFrom} the `next` of the chunk before. Another log of the same handle may go on with it too, as
   * long as its watch has not ended. `maxEntries` is at least 1; default: as many as fit. Throws as {@link read}.
   */
  readChunk(
    id: TableIdLike,
    span: SequenceSpan,
    into: ArrayBuffer,
    maxEntries: number = Number.POSITIVE_INFINITY,
  ): ReadChunk {
    this.#life.requireOpen();
    return readChunk(this.#context, toTableId(id), toSpan(span), into, maxEntries);
  }

  /**
   * Begins a read as {@link resolveRange} and {@link readChunk} do, but on a thread of the binding's own, whichever log
   * owns the table, and with the table as it is in the database then: all that was acknowledged before the call is seen.
   * Null when only the owner can tell what the read comes to: then ask it. Strict reads are for the owner to begin.
   */
  fetchStart(id: TableId, bounds: RangeBounds, watch: bigint, size: FetchSize): Promise<FetchedStart | null> {
    this.#life.requireOpen();
    return fetchStart(this.#context, id, bounds, watch, size);
  }

  /** Goes on with a read in the same way, as {@link readChunk} does. Null as with {@link fetchStart}. */
  fetchNext(id: TableId, span: SequenceSpan, size: FetchSize): Promise<FetchedPart | null> {
    this.#life.requireOpen();
    return fetchNext(this.#context, id, span, size);
  }

  /** Goes on with a strict read in memory alone, at once; null where that does not do. Whichever log owns the table. */
  peekNext(id: TableId, span: SequenceSpan, size: FetchSize): FetchedPart | null {
    this.#life.requireOpen();
    return peekNext(this.#context, id, span, size);
  }

  /** Reads one entry in the same way; it takes a chunk of `chunkBytes`, or says how many it would take. */
  fetchEntry(id: TableId, sequence: bigint, chunkBytes: number): Promise<FetchedEntry | null> {
    this.#life.requireOpen();
    return fetchEntry(this.#context, id, sequence, chunkBytes);
  }

  /**
   * The payload of one entry, copied; null when there is none; undefined when that cannot be told without waiting for a
   * disk. Whichever log owns the table.
   */
  peek(prefix: LogKeyPrefix, sequence: bigint): Uint8Array | null | undefined {
    this.#life.requireOpen();
    return peekEntry(this.#context, prefix, sequence);
  }

  /**
   * Reads all tables of a region, ordered by (table, sequence), as they were when this was called. It holds a snapshot
   * until it ends, fails or is left. Throws SHALE_CORRUPT as {@link read} does.
   */
  scanRegion(region: U64Like, options: ChunkOptions = {}): Generator<RegionEntry, void, undefined> {
    const buffers = new ChunkBuffers(readBag('a scan', options, CHUNK_OPTIONS));
    const scan = this.regionScan(region);
    return this.#life.generate(regionEntries(scan, buffers), () => scan.close());
  }

  /** As {@link scanRegion}, in chunks into buffers of the caller, who closes it. */
  regionScan(region: U64Like): RegionScan {
    this.#life.requireOpen();
    return new RegionScan(this.#context, toU64('region', region));
  }

  /** The smallest readable sequence; `lastSequence + 1n` when all was trimmed; 0n for a table never written. */
  firstSequence(id: TableIdLike): bigint {
    this.#life.requireOpen();
    const state = this.#context.tables.look(toTableId(id));
    return state.last === 0n ? 0n : state.first;
  }

  /** The largest sequence ever given out, trimmed or not; 0n for a table never written. */
  lastSequence(id: TableIdLike): bigint {
    return this.nextSequence(id) - 1n;
  }

  /** The sequence that the next entry gets. 2^64 when there are no more. */
  nextSequence(id: TableIdLike): bigint {
    this.#life.requireOpen();
    return this.#context.tables.look(toTableId(id)).next;
  }

  /**
   * Removes the entries up to and including `upTo`; beyond the last one means all. When it returns they are gone, and
   * their sequences are never given out again. `reclaim` with the returned range gives their space back. On a full disk
   * it works on the room that `spaceReserve` has kept, and throws SHALE_NO_SPACE once that is used up.
   */
  trim(id: TableIdLike, upTo: U64Like, options?: SyncOptions): TrimResult {
    this.#life.requireWritable();
    return this.#writer.trim(toTableId(id), toU64('upTo', upTo), wantsSync('trim', options));
  }

  /**
   * Removes a table for good: its entries, its metadata record, the positions of consumers in it, the ids of its appends, and its name if it has
   * one. Afterwards it is as never
   * written. Only for table ids that no region uses any more: the record is one for all regions, and without it a
   * table of another region that has been trimmed empty would begin at 1 again.
   */
  drop(id: TableIdLike, options?: SyncOptions): void {
    this.#life.requireWritable();
    this.#writer.drop(toTableId(id), wantsSync('drop', options));
  }

  /** The first and last entry of every table that has any, by (region, table): about two seeks per table. */
  heads(options: HeadsOptions = {}): Generator<TableHead, void, undefined> {
    this.#life.requireOpen();
    const { range, onProblem } = readHeadsOptions(this.instance, options);
    return this.#life.generate(heads(this.#context, range, onProblem));
  }

  /**
   * The metadata records, by table id, from table `from` on. What is not of this format is given to `onProblem`;
   * without it the generator fails with SHALE_CORRUPT, as it does in any case at a block that cannot be read.
   */
  floors(
    onProblem?: (problem: WalError) => void,
    from: U64Like = 0n,
  ): Generator<TableFloor, void, undefined> {
    this.#life.requireOpen();
    const table = toU64('from', from);
    return this.#life.generate(floors(this.#context, onProblem, undefined, table));
  }

  /**
   * Recovers every table of a region at once, instead of each when it is first touched, and reports what it found.
   * A key that is not of this format is reported and does not hinder other tables.
   */
  openRegion(region: U64Like): RegionReport {
    this.#life.requireOpen();
    return openRegion(this.#context, toU64('region', region));
  }

  /**
   * Takes over heads and floors that were listed elsewhere, as by other threads, of tables that only this log writes.
   * They must have been listed since this log was attached: what has been changed through it since is known to it, and
   * tables it knows already are left as they are. Returns how many were new.
   *
   * @param since what {@link dropCount} said before they were listed: tables that were dropped since, or may have
   *   been, are left to be recovered. Default: since the process opened the database.
   */
  install(tableHeads: Iterable<TableHead>, tableFloors: Iterable<TableFloor>, since: U64Like = 0n): number {
    this.#life.requireOpen();
    return install(this.#context, tableHeads, tableFloors, toU64('since', since));
  }

  /**
   * Every table: those with entries by (region, table), then those of which only the metadata record is left. What
   * cannot be read or is not of this format is left out and given to `onProblem`; without it the generator lists all
   * others and then fails with SHALE_CORRUPT. Where a table was left out, those of which only the record is left are
   * not listed: one with entries could be among them.
   */
  tables(onProblem?: (problem: WalError) => void): Generator<TableInfo, void, undefined> {
    return new LatchedGenerator(found(this.tableSteps(onProblem)));
  }

  /** As {@link tables}, in steps of which none takes long: null says that there is nothing yet. */
  tableSteps(onProblem?: (problem: WalError) => void): Generator<TableInfo | null, void, undefined> {
    this.#life.requireOpen();
    return this.#life.generate(tables(this.#context, onProblem));
  }

  /** Reads and checks everything; yields progress and findings, and totals at the end. */
  verify(options: VerifyOptions = {}): Generator<VerifyEvent, void, undefined> {
    this.#life.requireOpen();
    const chunkBytes = toVerifyChunkBytes(options);
    const snapshot = native({ path: this.path }, () => this.#db.snapshot());
    return this.#life.generate(verify(this.#context, snapshot, chunkBytes), () => snapshot.release());
  }

  /**
   * Checks the checksums of all table files of the database, off the thread: all instances', and what no entry that is
   * left can show. Places that {@link verify} has reported are given as `known`, so that they are not reported twice.
   */
  async *checkFiles(known: readonly FilePlace[] = []): AsyncGenerator<FileCheckEvent, void, undefined> {
    this.#life.requireOpen();
    for await (const event of checkFiles(this.#context, known)) {
      yield event;
      this.#life.requireOpen();
    }
  }

  /** Whether a watch has seen a drop of its table. */
  sawDrop(watch: bigint): boolean {
    this.#life.requireOpen();
    return native({ path: this.path }, () => this.#db.sawDrop(watch));
  }

  /** Lets a watch forget the drops that it has seen. */
  watchAnew(watch: bigint): void {
    this.#life.requireOpen();
    native({ path: this.path }, () => this.#db.watchAnew(watch));
  }

  /**
   * How far the database has come: what was acknowledged before this was called, by whatever log of the handle, has a
   * lower number or this one. Compare with {@link syncedUpTo}.
   */
  writtenUpTo(): bigint {
    this.#life.requireOpen();
    return native({ path: this.path }, () => this.#db.latestSequence());
  }

  /** How far of what {@link writtenUpTo} says a crash of the machine leaves. */
  syncedUpTo(): bigint {
    this.#life.requireOpen();
    return native({ path: this.path }, () => this.#db.syncedSequence());
  }

  /** Makes everything durable that was written with `sync: false`. */
  async sync(): Promise<void> {
    this.#life.requireWritable();
    await nativeAsync({ path: this.path }, () => this.#db.syncWal());
  }

  /** Writes what is in memory to table files. Never needed for durability. */
  async flush(): Promise<void> {
    this.#life.requireWritable();
    await nativeAsync({ path: this.path }, () => this.#db.flush());
  }

  /**
   * How often a table was dropped so far, in any instance and by any log of this handle. For `since` of
   * {@link ReclaimOptions}.
   */
  dropCount(): bigint {
    this.#life.requireOpen();
    return native({ path: this.path }, () => this.#db.drops());
  }

  /**
   * Gives back the space of trimmed ranges, as {@link trim} returned them. Throws SHALE_INVALID_ARGUMENT when a range
   * is not trimmed: nothing that can be read is ever removed. Tables may be dropped and begun again meanwhile, also by
   * other logs of the handle: their ranges are then left alone.
   */
  async reclaim(ranges: Iterable<KeyRange>, options: ReclaimOptions = {}): Promise<ReclaimReport> {
    this.#life.requireWritable();
    return await reclaim(this.#context, ranges, options);
  }

  /** About how many bytes each range takes, in table files, to the size of a block, and in memory. */
  async storedBytes(ranges: Iterable<KeyRange>): Promise<Float64Array> {
    this.#life.requireOpen();
    return await storedBytes(this.#context, ranges);
  }

  /**
   * Compacts those parts of the database of which trimmed ranges, or those of dropped tables, take a large enough share.
   * It removes only what has been removed already, whatever ranges it is given.
   */
  async compactWorthwhile(ranges: Iterable<KeyRange>, options: WorthOptions): Promise<WorthReport> {
    this.#life.requireWritable();
    return await compactWorthwhile(this.#context, ranges, options);
  }

  /**
   * Compacts the whole database down to its last level. Long, and heavy on the disk. Throws SHALE_CORRUPT when it meets
   * a file that cannot be read, which {@link damagedFiles} then has.
   */
  async compact(): Promise<void> {
    this.#life.requireWritable();
    await compact(this.#context);
  }

  /**
   * Lets writes go on after SHALE_NO_SPACE, once there is room again: as much as `spaceReserve`, at least. RocksDB is
   * opened again for it, so every thread's calls wait meanwhile, and region scans and `verify` that are under way
   * fail.
   */
  async resume(): Promise<void> {
    this.#life.requireWritable();
    await nativeAsync({ path: this.path }, () => this.#db.resume());
  }

  /**
   * Copies the database, as it is now, to a directory that does not exist yet, and appears when it is whole; table
   * files are hard links if they can. It grows in a directory `.<name>.partial-…` beside it.
   *
   * Rejects with SHALE_INVALID_ARGUMENT (there is something already, it is, lies in or holds the log, it lies in
   * another one, or it cannot be made), SHALE_NO_SPACE, SHALE_NO_RESOURCES, SHALE_IO.
   */
  async checkpoint(directory: string | URL): Promise<void> {
    this.#life.requireOpen();
    await checkpoint(this.#db, fromHere(directory));
  }

  /**
   * Adds a backup of the database as it is now, all instances', to a directory of backups, while writing goes on. Table
   * files that the directory has already are not copied again. `listBackups` and `restoreBackup` are the other half.
   *
   * Rejects with SHALE_READ_ONLY, SHALE_LOCKED (another backup is made in the directory, or one of it is restored),
   * SHALE_INVALID_ARGUMENT (it is, lies in or holds the log, it lies in another one, or something in it is of no backup
   * and in the way), SHALE_UNSUPPORTED (a file system without locks), SHALE_NO_SPACE, SHALE_NO_RESOURCES, SHALE_IO.
   */
  async backup(directory: string | URL, options: BackupOptions = {}): Promise<BackupInfo> {
    this.#life.requireWritable();
    return await backup(this.#db, fromHere(directory), options);
  }

  /** Table files that a compaction could not read since this process opened the database; cheap to ask for. */
  damagedFiles(): DamagedFile[] {
    this.#life.requireOpen();
    return native({ path: this.path }, () => damagedFiles(this.#db));
  }

  /** What this log has done, and the numbers of RocksDB. */
  stats(): LogStats {
    this.#life.requireOpen();
    return stats(this.#context, this.readOnly);
  }

  /**
   * Gives the handle back; the last one to do so closes the database. Idempotent. Generators under way fail with
   * SHALE_CLOSED.
   */
  close(): Promise<void> {
    return this.#life.close();
  }

  /** `await using` closes the log. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Reads a span, each field once. Throws SHALE_INVALID_ARGUMENT. */
function toSpan({ from, to, watch, strict, reverse }: SequenceSpan): SequenceSpan {
  return {
    from: toU64('from', from),
    to: toU64('to', to),
    watch: toU64('watch', watch),
    strict: strict === true,
    reverse: reverse === true,
  };
}

/** Without the steps that found nothing. */
function* found<T>(steps: Generator<T | null, void, undefined>): Generator<T, void, undefined> {
  for (const item of steps) if (item !== null) yield item;
}
