import type { MessagePort } from 'node:worker_threads';
import {
  type BytesInput,
  bytesCodec,
  mustBe,
  type PayloadCodec,
  type RecoveryReport,
  toU64,
  type WalError,
} from '@shale/codec';
import {
  type BackupInfo,
  type BackupOptions,
  fromCaller,
  fromHere,
  type ReclaimReport,
  readBag,
  type TableInfo,
  type VerifyEvent,
} from '@shale/storage';
import { checkSignal } from './abort.js';
import { dropConsumer, seekConsumer } from './consumer/change-consumers.js';
import type { Consumer } from './consumer/consumer.js';
import type {
  ConsumerInfo,
  ConsumerPosition,
  ConsumerPositionsOptions,
  ConsumersOptions,
} from './consumer/consumer-info.js';
import type { ConsumerOptions } from './consumer/consumer-options.js';
import { listConsumerNames, listConsumers, listPositions } from './consumer/list-consumers.js';
import { openConsumer } from './consumer/open-consumer.js';
import type { ConsumedTable, SeekTo } from './consumer/seek.js';
import type { Engine } from './engine.js';
import type { Follow } from './follow/follow.js';
import { FOLLOW_OPTIONS, type FollowAllOptions, type WideFollowOptions } from './follow/follow-options.js';
import type { FollowedEntry } from './follow/followed-entry.js';
import { NAMED_REGION, readPrefix } from './follow/name-prefix.js';
import { followMany } from './follow/wide-follow.js';
import { costOf, tooLarge } from './frames/cost.js';
import { type AppendResult, WriteAppend } from './frames/pending-append.js';
import type { HealthState } from './health.js';
import { type IdInput, type TableIdInput, toTableId } from './ids.js';
import type { WalState } from './lifecycle.js';
import { listTables, listVerifyEvents } from './listing.js';
import { collectMetrics, type WalMetrics } from './metrics.js';
import type { ResolvedOptions } from './options.js';
import { Region } from './region/region.js';
import type { RetainOptions } from './retention/limits.js';
import { listRetentions, type RetainTarget, type RetentionInfo, retain } from './retention/retain.js';
import type { Seat } from './seat.js';
import type { WalHandle } from './share/clients.js';
import { collectStats, type WalStats } from './stats.js';
import { Table } from './table.js';
import { inTurn, refusedInTurn } from './turn.js';
import { readWriteOptions, usualOptions, type WriteOptions } from './write-options.js';
import { gatherParts, measureParts, type WriteParts, type WriteResults } from './write-parts.js';

/** How to use a table. */
export interface TableOptions<T, Input = T> {
  /**
   * Turns values into payload bytes and back. Without options a table takes and gives bytes.
   */
  readonly codec: PayloadCodec<T, Input>;
}

/** A handle for another thread, and what has to be transferred with it. */
export interface SharedHandle {
  /** What `connectWal` takes there. */
  readonly handle: WalHandle;
  /** The transfer list of `postMessage`. */
  readonly transfer: readonly MessagePort[];
}

/** What to wait for. */
export interface ReadyOptions {
  /**
   * Payload bytes of the append that is to follow; for a batch 4 more for each entry after the first.
   *
   * @range 0 to `maxInFlightBytes` less 260
   * @defaultValue 16 KiB, or a sixteenth of `maxInFlightBytes` if that is less
   */
  readonly bytes?: number | undefined;
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What `ready` sets aside when it is not told how much. */
const READY_BYTES = 16 * 1024;
const READY_OPTIONS = ['bytes', 'signal'] as const;
const TABLE_OPTIONS = ['codec'] as const;
const BACKUP_OPTIONS = ['keep'] as const;

/**
 * An open write-ahead log. Made by `openWal`, or by `connectWal` in another thread; `close()` it, or declare it with `await using`. A process that forgets to
 * close it still ends when it has nothing else to do; appends that were acknowledged are in.
 *
 * It is of one thread; others get their own by `share`. Once it is closing, all methods but `table`,
 * `region` and `close` reject with SHALE_CLOSED, and so do those of the tables and regions that these give.
 */
export class Wal implements AsyncDisposable {
  readonly #seat: Seat;
  readonly #giveUp: () => Promise<void>;
  #closing: Promise<void> | null = null;

  /**
   * @internal Use `openWal`.
   *
   * @param giveUp what `close` does
   */
  constructor(seat: Seat, giveUp: () => Promise<void> = () => seat.engine.close()) {
    this.#seat = seat;
    this.#giveUp = giveUp;
  }

  /** That of now, or the last one. */
  get #engine(): Engine {
    return this.#seat.engine;
  }

  /** The real path of the database directory. */
  get path(): string {
    return this.#engine.path;
  }

  /**
   * What the opening found in RocksDB's log: what of it was replayed, where it was damaged, and what is missing. An end
   * that a crash tore off behind the last acknowledgement is normal.
   */
  get recovery(): RecoveryReport {
    return this.#engine.log.recovery;
  }

  /** `open`, `closing` or `closed`. */
  get state(): WalState {
    return this.#seat.state;
  }

  /**
   * Whether it can write now: `well`, or what keeps it from writing. Known at once, without asking the threads. The
   * channel `shale:health` tells each change.
   */
  get health(): HealthState {
    return this.#engine.health.state;
  }

  /** The error that every write gets now; null while the WAL is well. */
  get trouble(): WalError | null {
    return this.#engine.health.error;
  }

  /** Why nobody can look into the WAL although it was opened with `inspect: true`; null otherwise. */
  get inspectTrouble(): WalError | null {
    return this.#engine.inspectTrouble;
  }

  /**
   * Whether it is this thread that has the log open, so that all calls are there; false in one that has connected, to which
   * some are SHALE_UNSUPPORTED. With `join` of `openWal` it may become true later, and then stays so.
   */
  get isOwner(): boolean {
    return this.#engine.isOpener;
  }

  /** The options in force, defaults filled in; of `rocksdb` only what was given. */
  get options(): ResolvedOptions {
    return this.#engine.options;
  }

  /**
   * A table, by its ids or by its name. Returns at once: a table or name comes into being with its first append, and
   * reading what was never written gives nothing. Names are 1 to 512 bytes of UTF-8; their tables are tables from
   * 2^63 on of region 0. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE for a longer name.
   */
  table(id: TableIdInput | string): Table<Uint8Array, BytesInput>;
  table<T, Input = T>(id: TableIdInput | string, options: TableOptions<T, Input>): Table<T, Input>;
  table(
    id: TableIdInput | string,
    options?: TableOptions<unknown>,
  ): Table<unknown> | Table<Uint8Array, BytesInput> {
    const ref = typeof id === 'string' ? this.#engine.catalog.ref(id) : this.#engine.refOf(toTableId(id));
    if (options === undefined) return new Table(this.#seat, ref, bytesCodec());
    const { codec } = readBag('table', options, TABLE_OPTIONS);
    if (!isCodec(codec)) throw mustBe('codec', 'an object with name, encode and decode', codec);
    return new Table(this.#seat, ref, codec);
  }

  /** A region, by its id. Throws SHALE_INVALID_ARGUMENT. */
  region(id: IdInput): Region {
    return new Region(this.#seat, toU64('region', id));
  }

  /**
   * Appends to several tables, all of it or nothing, and resolves with one result per part, in order; an `expect` that
   * does not hold in one part keeps out every part. The tables may be any, whatever shards own them. One over tables of
   * several shards takes longer, for they lend the tables to one of them; writes that are made meanwhile go together.
   * Until it is acknowledged, what else is done to its tables goes the same way, in order; other tables do not wait.
   *
   * Rejects as `table.append` does; with SHALE_OUTCOME_UNKNOWN when the thread that wrote died: then all of it is in or
   * nothing. The death of another shard's thread is not noticed.
   */
  write<const Inputs extends readonly unknown[]>(
    parts: WriteParts<Inputs>,
    options?: WriteOptions,
  ): Promise<WriteResults<Inputs>> {
    return new Promise((resolve, reject) => {
      try {
        const usual = usualOptions(this.#engine.options.durability);
        const { sync, signal } = readWriteOptions('write', options, usual);
        const given = gatherParts(this.#engine, parts);
        // From here on no code of the caller runs until the payloads are copied.
        const checked = measureParts(given);
        const settle = resolve as unknown as (results: readonly AppendResult[]) => void;
        if (checked.length === 0) {
          if (!this.#seat.isVacant) this.#engine.requireWritable();
          inTurn(settle, []);
          return;
        }
        const append = new WriteAppend('write', checked, sync, settle, reject);
        this.#seat.accept(append, signal);
      } catch (error) {
        inTurn(reject, error);
      }
    });
  }

  /**
   * Every table: those with entries by (region, table), then those of which only the metadata record is left.
   *
   * Where something cannot be read, it lists the tables that can be, in the same order, and then fails with
   * SHALE_CORRUPT, which says between which tables the damage is (`details.region`, `firstTable`, `lastRegion`,
   * `lastTable`). Tables of which only the record is left are not listed then: one with entries could be among them.
   */
  tables(): AsyncGenerator<TableInfo, void, undefined> {
    return this.#seat.isVacant ? this.#tablesLater() : listTables(this.#engine);
  }

  async *#tablesLater(): AsyncGenerator<TableInfo, void, undefined> {
    yield* await this.#seat.run(async () => listTables(this.#engine));
  }

  /**
   * Resolves when there is room for an append, after those that wait for room already; at once if there is. The room is
   * set aside until the event loop turns: an append that is made right after this, before anything else is awaited, is
   * taken at once and cannot be refused with SHALE_OVERLOADED, as long as all who append wait like that. The
   * signal gives up waiting.
   *
   * Rejects with SHALE_TOO_LARGE when so much can never be under way, SHALE_INVALID_ARGUMENT, SHALE_CLOSED, and while
   * it waits with what keeps the WAL from writing.
   */
  ready(options?: ReadyOptions): Promise<void> {
    return refusedInTurn(async () => {
      const { bytes, signal } = options === undefined ? {} : readBag('ready', options, READY_OPTIONS);
      const limit = this.#engine.options.maxInFlightBytes;
      const checked = bytes === undefined ? Math.min(READY_BYTES, Math.floor(limit / 16)) : bytes;
      if (typeof checked !== 'number' || !Number.isSafeInteger(checked) || checked < 0) {
        throw mustBe('bytes', 'a safe integer from 0', bytes);
      }
      const cost = costOf(checked, 1);
      if (cost > limit) throw tooLarge({ bytes: checked, entries: 1 }, cost, limit);
      const until = checkSignal(signal);
      await this.#seat.run(() => this.#engine.ready(cost, until), until);
    });
  }

  /** Waits for every append made so far, and puts all that was acknowledged with `'os'` on stable storage. */
  sync(): Promise<void> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      await this.#engine.appended();
      await this.#engine.sync();
    });
  }

  /**
   * Follows every table, or those whose names have a prefix, those that come into being later included: see
   * {@link Follow}. Throws SHALE_INVALID_ARGUMENT, SHALE_TOO_LARGE for too long a prefix, SHALE_READ_ONLY, SHALE_CLOSED, and
   * what keeps the WAL from writing.
   */
  follow(options?: FollowAllOptions): Follow<Uint8Array, FollowedEntry> {
    if (options === undefined) return followMany(this.#engine, null, options);
    const { prefix, ...rest } = readBag('a follow', options, [...FOLLOW_OPTIONS, 'prefix']);
    // What is left is checked as that of any follow.
    const others = rest as WideFollowOptions;
    if (prefix === undefined) return followMany(this.#engine, null, others);
    return followMany(this.#engine, NAMED_REGION, others, readPrefix(prefix));
  }

  /**
   * Opens a consumer: a name that remembers, in the log's own database, how far its tables have been dealt with; see
   * {@link Consumer}. It comes into being with its first opening and stays until `dropConsumer`. One that is open under
   * the name already, for any of the same tables, is fenced: it writes nothing more, and fails with SHALE_FENCED.
   *
   * Resolves when it is fixed where it begins. On a full disk it opens where that takes no write: it has a position, or
   * begins at the start. Its opening is recorded soon after `resume()`, and before a position of it is stored; until
   * then a name that is new is not listed, and retention does not wait for it. Rejects with SHALE_INVALID_ARGUMENT, SHALE_TOO_LARGE for too long a name,
   * SHALE_READ_ONLY, SHALE_CLOSED, SHALE_CORRUPT, SHALE_NO_SPACE otherwise on a full disk, and what else keeps the WAL from
   * writing.
   */
  consumer<T = Uint8Array>(name: string, options: ConsumerOptions<T>): Promise<Consumer<T>> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.consumer');
      return await openConsumer(this.#engine, name, options);
    });
  }

  /**
   * Every consumer that there is, open or not, in the order of the names' bytes, and how far each is behind: all their
   * positions are read for that. Rejects with SHALE_INVALID_ARGUMENT, SHALE_CLOSED, SHALE_CORRUPT.
   */
  consumers(options?: ConsumersOptions): Promise<readonly ConsumerInfo[]> {
    return this.#seat.run(async () => {
      this.#engine.lifecycle.requireOpen();
      this.#engine.requireOpener('wal.consumers');
      return await listConsumers(this.#engine, options);
    });
  }

  /** The names of all consumers, open or not, in the order of their bytes. Rejects with SHALE_CLOSED, SHALE_CORRUPT. */
  consumerNames(): Promise<readonly string[]> {
    return this.#seat.run(async () => {
      this.#engine.lifecycle.requireOpen();
      this.#engine.requireOpener('wal.consumerNames');
      return await listConsumerNames(this.#engine);
    });
  }

  /**
   * Where a consumer is in each table that it has a position in, open or not, by (region, table), as it is stored.
   * Rejects with SHALE_NOT_FOUND when there is none of the name, SHALE_INVALID_ARGUMENT, SHALE_CLOSED, SHALE_CORRUPT.
   */
  consumerPositions(
    name: string,
    options?: ConsumerPositionsOptions,
  ): AsyncGenerator<ConsumerPosition, void, undefined> {
    return listPositions(this.#engine, name, options);
  }

  /**
   * Moves the position of a consumer in a table, and stores that: to the first entry, behind the last one, or behind a
   * sequence. Resolves with the last sequence that counts as done with. One that is open goes on there, as after its own
   * `seek`; what it has handed out and not acknowledged comes again.
   *
   * Rejects with SHALE_NOT_FOUND when there is none of the name, or no table of the table's name, SHALE_AHEAD beyond the
   * end of the table, SHALE_INVALID_ARGUMENT, and as an append does.
   */
  seekConsumer(name: string, table: ConsumedTable, to: SeekTo): Promise<bigint> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.seekConsumer');
      return await seekConsumer(this.#engine, name, table, to);
    });
  }

  /**
   * Drops a consumer for good, and its positions. One that is open is fenced. When it resolves nothing of it is left;
   * false when there was none of the name. Rejects as {@link consumer} does.
   */
  dropConsumer(name: string): Promise<boolean> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.dropConsumer');
      return await dropConsumer(this.#engine, name);
    });
  }

  /**
   * Sets what is retained of tables, those that come into being later included; null removes it. It is stored in the log
   * and enforced by whichever process has it open, within seconds, in short turns off the event loop: as by `trim`, with
   * the durability `'os'`. For a table the closest setting counts alone: its own, that of the longest prefix of its name,
   * that of its region, that of all. It stays when the table is dropped.
   *
   * `keep` waits for every consumer that reads the table: one that has a position in it, or was opened for it last.
   * `atMost` waits for none: a consumer that is further behind gets SHALE_TRIMMED, or a `gap`. While a table is written
   * to, a sixteenth more than its limit may be there. Age goes by the clock of the machine: one that is put forward ages
   * what there is.
   *
   * Rejects with SHALE_INVALID_ARGUMENT, SHALE_TOO_LARGE, SHALE_READ_ONLY, SHALE_CLOSED, SHALE_NO_SPACE, and what keeps
   * the WAL from writing.
   */
  retain(target: RetainTarget, options: RetainOptions | null): Promise<void> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.retain');
      await retain(this.#engine, target, options);
    });
  }

  /** Everything that {@link retain} has set, in no order. Rejects with SHALE_CORRUPT, SHALE_CLOSED. */
  retentions(): Promise<readonly RetentionInfo[]> {
    return this.#seat.run(async () => {
      this.#engine.lifecycle.requireOpen();
      this.#engine.requireOpener('wal.retentions');
      return await listRetentions(this.#engine);
    });
  }

  /** Numbers about the WAL, its shards and RocksDB. Cheap enough for every few seconds. */
  stats(): Promise<WalStats> {
    return this.#seat.run(() => collectStats(this.#engine));
  }

  /**
   * Counters, histograms and gauges for monitoring, collected on this thread without asking the shards, so that busy ones
   * keep nothing waiting: under a millisecond, however many tables there are. Only while `resume()` opens RocksDB anew it
   * waits for that. `quantile` reads the histograms. Throws SHALE_CLOSED.
   */
  metrics(): WalMetrics {
    return collectMetrics(this.#engine);
  }

  /**
   * Lets appends go on after SHALE_NO_SPACE, once there is room on the disk: as much as the option
   * `rocksdb.spaceReserve`, at least; and after SHALE_NO_RESOURCES, once files can be opened again. RocksDB is
   * reopened for it, so every shard waits meanwhile, and region scans that are under way fail with SHALE_CLOSED.
   * Rejects with SHALE_NO_SPACE when there is no room, reads and trims going on as before, with SHALE_NO_RESOURCES
   * when files cannot be opened yet, reads going on, and with what made the WAL unusable when resuming cannot end it.
   */
  resume(): Promise<void> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.resume');
      await this.#engine.admin((log) => log.resume());
      this.#engine.resumed();
    });
  }

  /**
   * Writes what RocksDB holds in memory to table files, so that everything acknowledged is on stable storage. `sync()`
   * does that with less.
   */
  flush(): Promise<void> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.flush');
      await this.#engine.admin((log) => log.flush());
      // Nothing but a sync says how far it has come.
      await this.#engine.sync();
    });
  }

  /**
   * Gives back now the space of everything trimmed and dropped through this Wal so far, whatever that is worth: drops
   * files that hold nothing else and compacts the others. In the background it comes back as the option `reclaim` says.
   * Takes I/O in proportion to what shares files with the trimmed entries; appends, reads and trims go on meanwhile.
   *
   * Rejects with SHALE_READ_ONLY, SHALE_NO_SPACE, SHALE_POISONED, SHALE_IO, SHALE_CLOSED, and SHALE_OUTCOME_UNKNOWN
   * when the thread it ran on died; the entries stay trimmed whatever comes of it.
   */
  reclaim(): Promise<ReclaimReport> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.reclaim');
      return await this.#engine.reclaimer.now();
    });
  }

  /**
   * Compacts the whole database down to its last level. Long, and heavy on the disk; appends go on meanwhile. Rejects
   * with SHALE_CORRUPT when it meets a file that cannot be read, which `stats().damagedFiles` then names.
   */
  compact(): Promise<void> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.compact');
      await this.#engine.admin((log) => log.compact());
    });
  }

  /**
   * Copies the database as it is now to a directory that does not exist yet; table files are hard links if they can
   * be. The copy is a database of its own. It grows in a directory `.<name>.partial-…` beside its place, and is moved
   * there when it is whole; a process that is killed meanwhile leaves that directory.
   *
   * Rejects with SHALE_INVALID_ARGUMENT (there is something already; it is, lies in or holds the log, however the
   * path is spelt, or lies in another one), SHALE_NO_SPACE, SHALE_NO_RESOURCES, SHALE_IO, SHALE_CLOSED.
   */
  checkpoint(directory: string | URL): Promise<void> {
    return this.#seat.run(async () => {
      this.#engine.lifecycle.requireOpen();
      this.#engine.requireOpener('wal.checkpoint');
      const target = fromHere(directory, 'directory');
      await this.#engine.admin((log) => log.checkpoint(target));
    });
  }

  /**
   * Adds a backup of the whole database to a directory of backups, while appends go on: everything that was
   * acknowledged before is in it. Table files that the directory has from earlier backups are not copied again.
   * `listBackups`, `restoreBackup` and `removeBackup` of `@shale/engine/admin` list them, make a database of one, and
   * remove one.
   *
   * Rejects with SHALE_READ_ONLY, SHALE_LOCKED (another backup is being made in the directory, by whatever thread,
   * process or path, or one of it restored), SHALE_INVALID_ARGUMENT (it is, lies in or holds the log, lies in another
   * one, or has files of others where a backup would remove them), SHALE_UNSUPPORTED (its file system has no locks),
   * SHALE_NO_SPACE, SHALE_NO_RESOURCES, SHALE_IO, SHALE_CLOSED.
   */
  backup(directory: string | URL, options?: BackupOptions): Promise<BackupInfo> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.backup');
      const { keep } = options === undefined ? {} : readBag('backup', options, BACKUP_OPTIONS);
      if (keep !== undefined && typeof keep !== 'number') {
        throw mustBe('keep', 'a number of backups from 1', keep);
      }
      const target = fromHere(directory, 'directory');
      return await this.#engine.admin((log) => log.backup(target, { keep }));
    });
  }

  /**
   * Reads everything of this instance and checks it: yields findings and progress, and totals at the end. It looks at
   * the WAL as it is when it begins, goes on after whatever it finds, and works on a read-only WAL.
   */
  verify(): AsyncGenerator<VerifyEvent, void, undefined> {
    return listVerifyEvents(this.#engine);
  }

  /**
   * Lets another thread of this process use the WAL: `connectWal(handle)` there gives a `Wal` of the same log, whose appends
   * and reads go to the shards without this thread. The handle is for one connection; it goes to the other thread by
   * `worker.postMessage({ handle }, transfer)`, or in `workerData` with `transferList`. It keeps nothing running. A handle
   * that is not used costs about a kilobyte until the WAL is closed, or the thread that has it ends.
   *
   * `close()` closes the WAL for all: it lets them finish what they have been given. Throws SHALE_CLOSED, SHALE_READ_ONLY,
   * and SHALE_UNSUPPORTED in a thread that is connected itself.
   */
  share(): SharedHandle {
    this.#engine.lifecycle.requireOpen();
    this.#engine.requireOpener('wal.share');
    this.#engine.requireWritable();
    const handle = this.#engine.clients.share();
    return { handle, transfer: [handle.port] };
  }

  /**
   * Lets other processes of the same user use the WAL, until it is closed: `connectWal({ socket: path })` there gives a `Wal`
   * of the same log. The path, or `file:` URL, is that of a Unix socket, which is made, with the permissions 0600; one that
   * a process has left which was killed is replaced. It keeps nothing running.
   *
   * Rejects with SHALE_LOCKED when somebody listens there, SHALE_INVALID_ARGUMENT, SHALE_NOT_FOUND without the directory,
   * SHALE_IO (something else has the name), SHALE_READ_ONLY, SHALE_CLOSED, and SHALE_UNSUPPORTED in a thread or process
   * that is connected itself, and where the name, or without /proc the path, is too long for a socket.
   */
  listen(path: string | URL): Promise<void> {
    return this.#seat.run(async () => {
      this.#engine.requireWritable();
      this.#engine.requireOpener('wal.listen');
      await this.#engine.listen(fromHere(path, 'path'));
    });
  }

  /**
   * Refuses new work, completes every append, trim and drop that was accepted, makes reads fail with SHALE_CLOSED and
   * follows end, ends the shards and gives the database back. Idempotent: the same promise in every state.
   *
   * With `syncWithinMs` of `openWal` everything is on stable storage then, and it rejects when that sync fails, once all
   * is given back. Otherwise it syncs nothing: what `'sync'` acknowledges is on stable storage, and what `'os'`
   * acknowledges stays with the operating system, unless `wal.sync()` comes before.
   *
   * Of several that share the WAL by `reuse: true` the last one does that. Those before it wait until every append,
   * trim and drop that was accepted is complete, and the WAL stays open.
   */
  close(): Promise<void> {
    this.#closing ??= this.#giveUp();
    return this.#closing;
  }

  /** `await using` closes the WAL. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function isCodec(value: unknown): value is PayloadCodec<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    const { encode, decode }: { readonly encode?: unknown; readonly decode?: unknown } = value;
    return typeof encode === 'function' && typeof decode === 'function';
  } catch (cause) {
    throw fromCaller('codec', 'the codec cannot be read', cause);
  }
}
