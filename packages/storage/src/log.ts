import {
  type AppendFrame,
  type EntryChunk,
  type KeyRange,
  type RecoveryReport,
  type TableId,
  WalError,
} from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { readBag } from './arguments/option-bag.js';
import { toFlag, wantsSync } from './arguments/switches.js';
import { type BackupOptions, backup } from './backup/backup.js';
import type { BackupInfo } from './backup/list.js';
import { checkpoint } from './checkpoint.js';
import { CHUNK_OPTIONS, ChunkBuffers, type ChunkOptions } from './chunk-buffers.js';
import { Committer } from './commit.js';
import type { CommitResult } from './commit-result.js';
import { compact } from './compaction.js';
import type { LogContext } from './context.js';
import { newCounters } from './counters.js';
import { type DamagedFile, damagedFiles } from './damaged-files.js';
import { DropWatch, watchTable } from './drop-watch.js';
import { native, nativeAsync } from './errors.js';
import type { FilePlace } from './file-place.js';
import { floors, type TableFloor } from './floors.js';
import { type HeadsOptions, heads, readHeadsOptions, type TableHead } from './heads.js';
import { type TableIdLike, toTableId, toU64, type U64Like } from './ids.js';
import { LatchedGenerator } from './latched-generator.js';
import { commitWithLoan, endLoan, type LoanResult, lend, takeBack } from './loan.js';
import { Names } from './names/names.js';
import {
  type Extent,
  type RangeBounds,
  type ReadRange,
  requirePosition,
  resolveRange,
  type SequenceSpan,
  toBounds,
} from './range.js';
import { entriesOf, type LogEntry, type ReadChunk, readableExtent, readChunk, readChunks } from './read.js';
import { type ReclaimOptions, type ReclaimReport, reclaim } from './reclaim.js';
import { install, openRegion, type RegionReport } from './recovery.js';
import { type RegionEntry, RegionScan, regionEntries } from './region-scan.js';
import { type LogStats, stats } from './stats.js';
import { TableUnits } from './table-units.js';
import { type TableInfo, tables } from './tables.js';
import { fromHere } from './targets/real-path.js';
import { type TrimResult, trimmedKeys } from './trim.js';
import { toVerifyChunkBytes, type VerifyOptions, verify } from './verify.js';
import type { VerifyEvent } from './verify-events.js';
import { checkFiles, type FileCheckEvent } from './verify-files.js';
import { FrameBuilder, type FramePart } from './write.js';

/** Whether a log can be used. `closing` while `close` runs. */
export type LogState = 'open' | 'closing' | 'closed';

/**
 * The first and last sequence of what was appended. For an empty batch `last` is the current last, `first` one more.
 */
export interface AppendSpan {
  readonly first: bigint;
  readonly last: bigint;
}

/** How durable a change must be before the call returns. */
export interface SyncOptions {
  /** True (default): it survives a crash of the machine. False: it survives a crash of the process. */
  readonly sync?: boolean | undefined;
}

/** How to append. */
export interface AppendOptions extends SyncOptions {
  /** The sequence that the first entry must get; otherwise SHALE_SEQUENCE_MISMATCH, and nothing is written. */
  readonly expect?: U64Like | undefined;
}

/** How to read a table. */
export interface LogReadOptions extends ChunkOptions {
  /**
   * Whether a range that does not begin in the table, or right behind it, is an error: SHALE_TRIMMED, with `details.first`,
   * when it begins before the first entry that there is, SHALE_AHEAD, with `details.next`, when it begins after the
   * sequence that the next entry gets; and whether the read fails, with SHALE_HOLE and `details.first`, at sequences that
   * were given out and have no entry. Default false: the read gives what there is.
   */
  readonly strict?: boolean | undefined;
}

/** One table's part of an atomic write. */
export interface WritePart {
  readonly id: TableIdLike;
  readonly payloads: readonly Uint8Array[];
  /** As in {@link AppendOptions}. */
  readonly expect?: U64Like | undefined;
}

/**
 * Many table logs in one database, each with its own dense 64-bit sequence, as one thread uses them. Made by `openLog`
 * and `attachLog`.
 *
 * A log works in the thread that made it and blocks it for the length of each call, the promises apart. It holds the
 * state of the tables it has touched, so no two logs may write the same table; reading is always safe. Every call can
 * throw SHALE_CLOSED once the log is closed, SHALE_IO when the disk fails and SHALE_INVALID_ARGUMENT, besides what it
 * says itself; every call that changes something SHALE_READ_ONLY, SHALE_NO_SPACE and SHALE_POISONED, the latter for
 * ever after a write or sync of RocksDB's log has failed.
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
  readonly #db: Database;
  readonly #claim: string | undefined;
  readonly #context: LogContext;
  readonly #committer: Committer;
  readonly #frames: FrameBuilder;
  #state: LogState = 'open';
  #closing: Promise<void> | undefined;

  /** @internal Use `openLog` or `attachLog`. The log owns the lease, and gives back `claim` with it. */
  constructor(db: Database, instance: number, claim?: string) {
    this.path = db.path;
    this.instance = instance;
    this.readOnly = db.readOnly;
    this.handleId = db.handleId;
    this.recovery = db.recovery;
    this.#db = db;
    this.#claim = claim;
    const home = { db, path: db.path, instance };
    this.names = new Names(home);
    this.#context = { ...home, units: new TableUnits(home), counters: newCounters() };
    this.#committer = new Committer(this.#context);
    this.#frames = new FrameBuilder(instance);
  }

  /** Whether the log can be used. */
  get state(): LogState {
    return this.#state;
  }

  /**
   * Appends a batch to a table, all of it or nothing, and returns the sequences it got: dense, from 1 on. An empty
   * batch writes nothing. Throws SHALE_SEQUENCE_MISMATCH, SHALE_SEQUENCE_EXHAUSTED, SHALE_TOO_LARGE, and SHALE_CORRUPT
   * when the table cannot be recovered.
   */
  append(id: TableIdLike, payloads: readonly Uint8Array[], options?: AppendOptions): AppendSpan {
    this.#requireWritable();
    const { sync, expect } = options === undefined ? NO_OPTIONS : readBag('append', options, APPEND_OPTIONS);
    const spans = this.#write([toPart({ id, payloads, expect })], toFlag('sync', sync, true));
    return spans[0] ?? never();
  }

  /** Appends to several tables, or several times to one, all or nothing. Throws as {@link append}. */
  write(parts: readonly WritePart[], options?: SyncOptions): AppendSpan[] {
    this.#requireWritable();
    const sync = wantsSync('write', options);
    return this.#write(
      parts.map((part) => toPart(readBag('a part of a write', part, PART_FIELDS))),
      sync,
    );
  }

  #write(checked: readonly FramePart[], sync: boolean): AppendSpan[] {
    const frame = this.#frames.build(checked, sync);
    const { firsts, errors } = this.#committer.commit(frame);
    const failure = errors[0];
    if (failure !== undefined) throw failure.error;
    return checked.map(({ payloads }, index) => {
      const first = firsts[index] ?? never();
      if (payloads.length > 0) return { first, last: first + BigInt(payloads.length) - 1n };
      return { first: first + 1n, last: first };
    });
  }

  /**
   * Writes a frame of appends, trims and drops as the engine makes them, with one native call. Those that cannot be
   * written are left out and reported; see {@link CommitResult}. The frame must have passed `decodeAppendFrame`.
   */
  commit(frame: AppendFrame): CommitResult {
    this.#requireWritable();
    return this.#committer.commit(frame);
  }

  /**
   * Begins a loan: other logs of the handle lend tables, and one of them writes all of these in one batch. It is gone
   * once it was used, and when a log that has lent to it ends before. Its number is not given out again.
   */
  openLoan(): bigint {
    this.#requireWritable();
    return native({ path: this.path }, () => this.#db.openLoan());
  }

  /**
   * Leaves tables to a loan and returns what is known of them, for {@link commitWithLoan}; null when the loan is
   * gone, and then they are not lent. Until {@link takeBack} or {@link endLoan} they must not be changed through this
   * log.
   */
  lend(loan: bigint, ids: readonly TableId[]): BigUint64Array | null {
    this.#requireWritable();
    return lend(this.#context, loan, ids);
  }

  /**
   * As {@link commit}, over tables of this log and those of others that were lent, whose states are given one list
   * after the other. Null when the loan is gone: nothing was written. Otherwise the loan is gone afterwards, and the
   * result says what the others are to take back; when this throws, they take back what they have lent.
   */
  commitWithLoan(loan: bigint, states: BigUint64Array, frame: AppendFrame): LoanResult | null {
    this.#requireWritable();
    return commitWithLoan(this.#context, this.#committer, loan, states, frame);
  }

  /** Takes tables back that were lent, with what is known of them now. */
  takeBack(states: BigUint64Array): void {
    this.#requireOpen();
    takeBack(this.#context, states);
  }

  /**
   * Takes tables back of which it is not known whether they were written. It waits while they are being written, and
   * afterwards they are not any more; they are recovered when they are next touched. What was listed of them before
   * must not be installed afterwards.
   */
  endLoan(loan: bigint, ids: readonly TableId[]): void {
    this.#requireOpen();
    endLoan(this.#context, loan, ids);
  }

  /**
   * Reads entries in order. The range is fixed when this is called: the read sees everything that was acknowledged
   * before, and nothing that comes later. Reversed and empty ranges and unknown tables give nothing; with `strict` it
   * throws SHALE_TRIMMED or SHALE_AHEAD when the range does not begin in the table, or right behind it, and the generator
   * SHALE_HOLE where sequences have no entries.
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
    this.#requireOpen();
    const watch = new DropWatch(this.#context, table);
    try {
      const { strict, ...chunks } = readBag('a read', options, READ_OPTIONS);
      const buffers = new ChunkBuffers(chunks);
      const bounds = toBounds(range);
      const span = this.#resolve(table, bounds, watch.token, toFlag('strict', strict, false));
      return new LatchedGenerator(
        this.#whileOpen(watch.during(readChunks(this.#context, table, span, bounds.limit, buffers))),
        () => watch.end(),
      );
    } catch (error) {
      watch.end();
      throw error;
    }
  }

  /**
   * Begins to watch a table for its being dropped, by whatever log of the handle, and returns what names the watch to
   * all of them. It ends by {@link unwatch}, or with this log. Every read needs one: {@link resolveRange}.
   */
  watch(id: TableIdLike): bigint {
    this.#requireOpen();
    return watchTable(this.#context, toTableId(id));
  }

  /** Ends a watch. Idempotent; also fine on a closed log. */
  unwatch(watch: bigint): void {
    this.#db.unwatch(toU64(watch, 'watch'));
  }

  /**
   * What a range means for a table now; null when it holds nothing. For {@link readChunk}. The limit only counts when
   * it is 0: pass it on as `maxEntries`. From now on the watch tells whether the table is dropped. `strict` as in
   * {@link LogReadOptions}.
   *
   * Of a table that cannot be recovered, because something in it cannot be read, the span is what is asked for: what
   * stands before the damage, and behind it, can be read.
   */
  resolveRange(id: TableIdLike, range: ReadRange, watch: bigint, strict = false): SequenceSpan | null {
    this.#requireOpen();
    return this.#resolve(toTableId(id), toBounds(range), toU64(watch, 'watch'), strict);
  }

  /**
   * Reads the entries of a span of a table into `into`, as many as fit. The span comes from {@link resolveRange}; to go
   * on, give it the `next` of the chunk before as its `from`. Another log of the same handle may go on with it too, as
   * long as its watch has not ended. `maxEntries` is at least 1; default: as many as fit. Throws as {@link read}.
   */
  readChunk(
    id: TableIdLike,
    span: SequenceSpan,
    into: ArrayBuffer,
    maxEntries: number = Number.POSITIVE_INFINITY,
  ): ReadChunk {
    this.#requireOpen();
    const checked = {
      from: toU64(span.from, 'from'),
      to: toU64(span.to, 'to'),
      watch: toU64(span.watch, 'watch'),
      strict: span.strict === true,
    };
    return readChunk(this.#context, toTableId(id), checked, into, maxEntries);
  }

  /**
   * Reads all tables of a region, ordered by (table, sequence), as they were when this was called. It holds a snapshot
   * until it ends, fails or is left. Throws SHALE_CORRUPT as {@link read} does.
   */
  scanRegion(region: U64Like, options: ChunkOptions = {}): Generator<RegionEntry, void, undefined> {
    const buffers = new ChunkBuffers(readBag('a scan', options, CHUNK_OPTIONS));
    const scan = this.regionScan(region);
    return new LatchedGenerator(this.#whileOpen(regionEntries(scan, buffers)), () => scan.close());
  }

  /** As {@link scanRegion}, in chunks into buffers of the caller, who closes it. */
  regionScan(region: U64Like): RegionScan {
    this.#requireOpen();
    return new RegionScan(this.#context, toU64(region, 'region'));
  }

  /** The smallest readable sequence; `lastSequence + 1n` when all was trimmed; 0n for a table never written. */
  firstSequence(id: TableIdLike): bigint {
    this.#requireOpen();
    const unit = this.#context.units.look(toTableId(id));
    return unit.last === 0n ? 0n : unit.first;
  }

  /** The largest sequence ever given out, trimmed or not; 0n for a table never written. */
  lastSequence(id: TableIdLike): bigint {
    return this.nextSequence(id) - 1n;
  }

  /** The sequence that the next entry gets. 2^64 when there are no more. */
  nextSequence(id: TableIdLike): bigint {
    this.#requireOpen();
    return this.#context.units.look(toTableId(id)).next;
  }

  /**
   * Removes the entries up to and including `upTo`; beyond the last one means all. When it returns they are gone, and
   * their sequences are never given out again. `reclaim` with the returned range gives their space back. On a full disk
   * it works on the room that `spaceReserve` has kept, and throws SHALE_NO_SPACE once that is used up.
   */
  trim(id: TableIdLike, upTo: U64Like, options?: SyncOptions): TrimResult {
    this.#requireWritable();
    const table = toTableId(id);
    const { firsts, trims } = this.#remove(table, toU64(upTo, 'upTo'), wantsSync('trim', options));
    const [last = never(), removed = never()] = trims;
    const trimmed = last === 0n ? 0n : (firsts[0] ?? never()) + 1n;
    return { trimmed, last, range: trimmedKeys(this.instance, table, removed) };
  }

  /**
   * Removes a table for good: its entries, its metadata record, and its name if it has one. Afterwards it is as never
   * written. Only for table ids that no region uses any more: the record is one for all regions, and without it a
   * table of another region that has been trimmed empty would begin at 1 again.
   */
  drop(id: TableIdLike, options?: SyncOptions): void {
    this.#requireWritable();
    this.#remove(toTableId(id), 'drop', wantsSync('drop', options));
  }

  /** The first and last entry of every table that has any, by (region, table): about two seeks per table. */
  heads(options: HeadsOptions = {}): Generator<TableHead, void, undefined> {
    this.#requireOpen();
    const { range, onProblem } = readHeadsOptions(this.instance, options);
    return new LatchedGenerator(this.#whileOpen(heads(this.#context, range, onProblem)));
  }

  /**
   * The metadata records, by table id, from table `from` on. What is not of this format is given to `onProblem`;
   * without it the generator fails with SHALE_CORRUPT, as it does in any case at a block that cannot be read.
   */
  floors(
    onProblem?: (problem: WalError) => void,
    from: U64Like = 0n,
  ): Generator<TableFloor, void, undefined> {
    this.#requireOpen();
    const table = toU64(from, 'from');
    return new LatchedGenerator(this.#whileOpen(floors(this.#context, onProblem, undefined, table)));
  }

  /**
   * Recovers every table of a region at once, instead of each when it is first touched, and reports what it found.
   * A key that is not of this format is reported and does not hinder other tables.
   */
  openRegion(region: U64Like): RegionReport {
    this.#requireOpen();
    return openRegion(this.#context, toU64(region, 'region'));
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
    this.#requireOpen();
    return install(this.#context, tableHeads, tableFloors, toU64(since, 'since'));
  }

  /**
   * Every table: those with entries by (region, table), then those of which only the metadata record is left. What cannot
   * be read or is not of this format is left out and given to `onProblem`; without it the generator lists all others and
   * then fails with SHALE_CORRUPT. Where a table was left out, those of which only the record is left are not listed: one
   * with entries could be among them.
   */
  tables(onProblem?: (problem: WalError) => void): Generator<TableInfo, void, undefined> {
    return new LatchedGenerator(found(this.tableSteps(onProblem)));
  }

  /** As {@link tables}, in steps of which none takes long: null says that there is nothing yet. */
  tableSteps(onProblem?: (problem: WalError) => void): Generator<TableInfo | null, void, undefined> {
    this.#requireOpen();
    return new LatchedGenerator(this.#whileOpen(tables(this.#context, onProblem)));
  }

  /** Reads and checks everything; yields progress and findings, and totals at the end. */
  verify(options: VerifyOptions = {}): Generator<VerifyEvent, void, undefined> {
    this.#requireOpen();
    const chunkBytes = toVerifyChunkBytes(options);
    const snapshot = native({ path: this.path }, () => this.#db.snapshot());
    return new LatchedGenerator(this.#whileOpen(verify(this.#context, snapshot, chunkBytes)), () =>
      snapshot.release(),
    );
  }

  /**
   * Checks the checksums of all table files of the database, off the thread: all instances', and what no entry that is
   * left can show. Places that {@link verify} has reported are given as `known`, so that they are not reported twice.
   */
  async *checkFiles(known: readonly FilePlace[] = []): AsyncGenerator<FileCheckEvent, void, undefined> {
    this.#requireOpen();
    for await (const event of checkFiles(this.#context, known)) {
      yield event;
      this.#requireOpen();
    }
  }

  /** Makes everything durable that was written with `sync: false`. */
  async sync(): Promise<void> {
    this.#requireWritable();
    await nativeAsync({ path: this.path }, () => this.#db.syncWal());
  }

  /** Writes what is in memory to table files. Never needed for durability. */
  async flush(): Promise<void> {
    this.#requireWritable();
    await nativeAsync({ path: this.path }, () => this.#db.flush());
  }

  /**
   * How often a table was dropped so far, in any instance and by any log of this handle. For `since` of
   * {@link ReclaimOptions}.
   */
  dropCount(): bigint {
    this.#requireOpen();
    return this.#drops();
  }

  /**
   * Gives back the space of trimmed ranges, as {@link trim} returned them. Throws SHALE_INVALID_ARGUMENT when a range
   * is not trimmed: nothing that can be read is ever removed. Tables may be dropped and begun again meanwhile, also by
   * other logs of the handle: their ranges are then left alone.
   */
  async reclaim(ranges: Iterable<KeyRange>, options: ReclaimOptions = {}): Promise<ReclaimReport> {
    this.#requireWritable();
    return await reclaim(this.#context, ranges, options);
  }

  /**
   * Compacts the whole database down to its last level. Long, and heavy on the disk. Throws SHALE_CORRUPT when it comes
   * upon a file that cannot be read, which {@link damagedFiles} then has.
   */
  async compact(): Promise<void> {
    this.#requireWritable();
    await compact(this.#context);
  }

  /**
   * Lets writes go on after SHALE_NO_SPACE, once there is room again: as much as `spaceReserve`, at least. RocksDB is
   * opened again for it, so every thread's calls wait meanwhile, and region scans and `verify` that are under way
   * fail.
   */
  async resume(): Promise<void> {
    this.#requireWritable();
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
    this.#requireOpen();
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
    this.#requireWritable();
    return await backup(this.#db, fromHere(directory), options);
  }

  /** Table files that a compaction could not read since this process opened the database; cheap to ask for. */
  damagedFiles(): DamagedFile[] {
    this.#requireOpen();
    return native({ path: this.path }, () => damagedFiles(this.#db));
  }

  /** What this log has done, and the numbers of RocksDB. */
  stats(): LogStats {
    this.#requireOpen();
    return stats(this.#context, this.readOnly);
  }

  /**
   * Gives the handle back; the last one to do so closes the database. Idempotent. Generators under way fail with
   * SHALE_CLOSED.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `await using` closes the log. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#state = 'closing';
    try {
      if (this.#claim !== undefined) this.#db.releaseClaim(this.#claim);
      await nativeAsync({ path: this.path }, () => this.#db.close());
    } finally {
      this.#state = 'closed';
    }
  }

  #resolve(table: TableId, bounds: RangeBounds, watch: bigint, strict: boolean): SequenceSpan | null {
    native({ path: this.path, table }, () => this.#db.watchAnew(watch));
    if (strict) requirePosition(this.#context.units.look(table), bounds, { path: this.path, table });
    const extent = readableExtent(this.#context, table, bounds);
    const span = resolveRange(strict ? givenOut(extent) : extent, bounds);
    return span === null ? null : { ...span, watch, strict };
  }

  #remove(id: TableId, upTo: bigint | 'drop', sync: boolean): CommitResult {
    const frame = FrameBuilder.removal(this.instance, id, upTo, sync);
    const result = native({ path: this.path, table: id }, () => this.#committer.commit(frame));
    const failure = result.errors[0];
    if (failure !== undefined) throw failure.error;
    return result;
  }

  *#whileOpen<T>(inner: Generator<T, void, undefined>): Generator<T, void, undefined> {
    try {
      for (;;) {
        this.#requireOpen();
        const { done, value } = inner.next();
        if (done === true) return;
        yield value as T;
      }
    } finally {
      inner.return(undefined);
    }
  }

  #drops(): bigint {
    return native({ path: this.path }, () => this.#db.drops());
  }

  #requireOpen(): void {
    if (this.#state !== 'open') {
      throw new WalError('SHALE_CLOSED', `the log of ${this.path} is closed: open it again`, {
        path: this.path,
      });
    }
  }

  #requireWritable(): void {
    this.#requireOpen();
    if (this.readOnly) {
      throw new WalError(
        'SHALE_READ_ONLY',
        `the log of ${this.path} was opened read-only: open it without readOnly to change it`,
        { path: this.path },
      );
    }
  }
}

/** As far as a table's sequences were given out, whether they have entries or not. */
function givenOut({ first, tail, next }: Extent & { readonly next?: bigint }): Extent {
  return { first, tail: next === undefined ? tail : next - 1n };
}

const NO_OPTIONS: { readonly sync?: unknown; readonly expect?: unknown } = {};
const APPEND_OPTIONS = ['sync', 'expect'] as const;
const PART_FIELDS = ['id', 'payloads', 'expect'] as const;
const READ_OPTIONS = [...CHUNK_OPTIONS, 'strict'] as const;

/** A part of a write. What its payloads are is looked at when they are copied. */
function toPart({ id, payloads, expect }: { readonly [P in keyof WritePart]?: unknown }): FramePart {
  return {
    id: toTableId(id as TableIdLike),
    payloads: payloads as readonly Uint8Array[],
    expect: expect === undefined ? undefined : toU64(expect, 'expect'),
  };
}

function never(): never {
  throw new WalError('SHALE_INTERNAL', 'a commit returned fewer results than it was given appends');
}

function* found<T>(steps: Generator<T | null, void, undefined>): Generator<T, void, undefined> {
  for (const item of steps) if (item !== null) yield item;
}
