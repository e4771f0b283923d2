import { type TableId, WalError } from '@shale/codec';
import { damagedFileError, type Holder, toIdWindow } from '@shale/storage';
import { Catalog } from './catalog/catalog.js';
import type { OwnerNames } from './catalog/owner-names.js';
import { DamageWatch } from './damage-watch.js';
import { DiskBudget, NO_ROOM_MAKING, type RoomMaking, withHolder } from './disk-budget.js';
import { DropsUnderWay } from './drops-under-way.js';
import { DurableWaits } from './followed/durable-waits.js';
import { FollowedTables } from './followed/followed-tables.js';
import { BufferPool } from './frames/buffer-pool.js';
import { costOfRemoval } from './frames/cost.js';
import type { MakeRemoval } from './frames/removal.js';
import { Health } from './health.js';
import { publishHealth } from './health-channel.js';
import { FlowControl } from './intake/flow.js';
import { Intake } from './intake/intake.js';
import { Trim, type TrimContext, type TrimOutcome } from './intake/trim.js';
import { commitJointly } from './joint/joint-commit.js';
import { JointLane } from './joint/joint-lane.js';
import { Lifecycle } from './lifecycle.js';
import type { LogView } from './log-view.js';
import type { LogSyncs } from './metrics/log-syncs.js';
import { TrimEvents } from './metrics/trim-events.js';
import { OpenConsumers } from './open-consumers.js';
import type { ResolvedOptions } from './options.js';
import { OpenReads } from './read/open-reads.js';
import { PeekBudget } from './read/peek-budget.js';
import { PointReads } from './read/point-reads.js';
import { ReadMemory } from './read/read-memory.js';
import { worthOf } from './reclaim-policy.js';
import { Reclaimer } from './reclaimer.js';
import { RetentionEnforcer } from './retention-enforcer.js';
import type { ShardResults, ShardTasks } from './shard/protocol.js';
import { type OnLoss, Shard, type ShardContext } from './shard/shard.js';
import type { ShardThread } from './shard/shard-thread.js';
import { Clients } from './share/clients.js';
import { LineArrival } from './share/line-arrival.js';
import type { Opener } from './share/opener.js';
import { Listener } from './socket/listener.js';
import { SyncThread } from './sync/sync-thread.js';
import { withName } from './table-name.js';
import { type Address, addressOf, type Routing, TableRef } from './table-ref.js';

/** Idle frame buffers kept per shard: one filling, two on their way, and one to spare. */
const BUFFERS_PER_SHARD = 4;

/** What has entries that were written and are not in yet. */
interface Unsettled {
  /** Resolves when they are, or never will be. */
  settled(): Promise<void>;
}

/**
 * The machinery behind a `Wal`: it accepts appends, routes them to the shards, and tracks every operation under way, so
 * that closing leaves nothing behind.
 */
export class Engine {
  /** The real path of the database. */
  readonly path: string;
  readonly options: ResolvedOptions;
  readonly routing: Routing;
  readonly lifecycle: Lifecycle;
  readonly health: Health;
  readonly flow: FlowControl;
  readonly intake: Intake;
  readonly shards: readonly Shard[];
  readonly catalog: Catalog;
  readonly reclaimer: Reclaimer;
  readonly trimEvents: TrimEvents;
  readonly follows: FollowedTables;
  readonly durables: DurableWaits;
  readonly reads: OpenReads = new OpenReads();
  readonly readMemory: ReadMemory;
  readonly peeks: PeekBudget = new PeekBudget();
  readonly points: PointReads;
  /** Writers with entries that are not in yet. */
  readonly writers: Set<Unsettled> = new Set();
  /** Consumers that may have positions that are not. */
  readonly committing: Set<Unsettled> = new Set();
  readonly consumers: OpenConsumers = new OpenConsumers();
  readonly drops: DropsUnderWay = new DropsUnderWay();
  /** Other threads that use it. */
  readonly clients: Clients;
  readonly retention: RetentionEnforcer;
  readonly disk: DiskBudget;
  /** This thread's own view of the database: that of the thread that opened the WAL holds the claim. Its promises do long work off this thread. */
  readonly log: LogView;
  /** Why nobody can look into it although that was asked for; null otherwise. */
  inspectTrouble: WalError | null = null;
  readonly #endings: (() => void)[] = [];
  /** Drops under way. */
  readonly #changes = new Set<Promise<unknown>>();
  readonly #trims: TrimContext;
  readonly #damage: DamageWatch;
  readonly #joint: JointLane;
  /** The thread that opened the WAL; null when it is this one. */
  readonly #opener: Opener | null;
  /** Null when nothing is to be synced by itself. */
  readonly syncThread: SyncThread | null;
  #closing: Promise<void> | null = null;
  #turn = 0;
  #calledSyncs = 0;

  /** @param opener the thread that opened the WAL; null for this one */
  constructor(log: LogView, options: ResolvedOptions, opener: Opener | null = null) {
    this.log = log;
    this.#opener = opener;
    this.path = log.path;
    this.options = options;
    this.routing = { instance: options.instance, shards: options.shards, shardBy: options.shardBy };
    this.lifecycle = new Lifecycle(log.path);
    const place = { path: log.path, instance: options.instance };
    this.health = new Health(
      (error) => this.intake.failUnsent(error),
      (state, error) => {
        if (state === 'poisoned' || state === 'failed') this.durables.fail(error);
        publishHealth({ type: 'state', ...place, state, error });
        if (state === 'full') void this.#explainFullDisk();
      },
    );
    this.#damage = new DamageWatch(
      () => this.log.damagedFiles(),
      (damage) =>
        publishHealth({ type: 'damage', ...place, damage, error: damagedFileError(log.path, damage) }),
    );
    this.flow = new FlowControl({
      inFlightBytes: options.maxInFlightBytes,
      queuedBytes: options.maxQueuedBytes,
      queuedAppends: options.maxQueuedAppends,
    });
    this.readMemory = new ReadMemory(options.maxReadBytes);
    this.points = new PointReads(log, this.readMemory, this.peeks);
    const ear = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.follows = new FollowedTables({
      log,
      routing: this.routing,
      barrier: async () => {
        await Promise.all(this.shards.map((shard) => shard.told<'incarnation'>({ kind: 'incarnation' })));
      },
      ends: async (address) => await this.ends(address),
      listens: (isWatching) => {
        Atomics.store(new Int32Array(ear), 0, isWatching ? 1 : 0);
        opener?.listens(isWatching);
      },
    });
    this.syncThread =
      isSyncedByItself(options) && opener === null
        ? new SyncThread({
            log,
            instance: options.instance,
            withinMs: options.syncWithinMs,
            synced: () => this.#synced(),
            failed: (error) => this.health.notice(error),
            gaveUp: (error) => this.health.fail(error),
          })
        : null;
    const pool = new BufferPool(options.frameBytes, options.shards * BUFFERS_PER_SHARD);
    const context: ShardContext = {
      routing: this.routing,
      ear,
      arrival:
        opener === null
          ? null
          : (shard, cells, previous) => {
              const onWrote = this.follows.heard.bind(this.follows);
              return new LineArrival(opener, { shard, cells, ear, onWrote }, previous);
            },
      data: {
        path: log.path,
        instance: options.instance,
        handleId: log.handleId,
        unsynced: this.syncThread?.memory ?? null,
        idWindow: toIdWindow(options.idWindow),
      },
      pool,
      release: (cost: number) => this.flow.release(cost),
      health: this.health,
      watcher: this.follows,
    };
    this.shards = Array.from({ length: options.shards }, (_, index) => new Shard(index, context));
    const owner = opener === null ? null : namesOf(opener, log);
    this.catalog = new Catalog(this.shard(0), this.routing, options.readOnly, this.health, owner);
    this.durables = new DurableWaits({
      path: log.path,
      follows: this.follows,
      catalog: this.catalog,
      syncWithinMs: options.syncWithinMs,
      ends: async (address, name) => await this.ends(address, name),
    });
    this.#joint = new JointLane({
      pool,
      shards: this.shards,
      watcher: this.follows,
      commit: async (tables, frame) => {
        if (opener?.isFar === true) return await opener.joint(tables, frame);
        const endLoan = (loan: bigint): void => this.log.endLoan(loan, []);
        return await commitJointly({ openLoan: () => this.log.openLoan(), endLoan }, tables, frame);
      },
      settled: (frame, error) => {
        if (error !== null) this.health.notice(error);
        this.flow.release(frame.cost);
      },
    });
    this.intake = new Intake({
      flow: this.flow,
      health: this.health,
      catalog: this.catalog,
      shards: this.shards,
      joint: this.#joint,
      refusal: () => this.#refusal(),
      admit: (bytes) => this.disk.admit(bytes),
      trouble: () => this.health.error,
    });
    this.reclaimer = new Reclaimer({
      instance: options.instance,
      worth: opener === null ? worthOf(options.reclaim) : null,
      reclaim: async (trimmed, deep, spans) => {
        // Before anything else can happen: the reclaim leaves out what is dropped from here on.
        const since = this.log.dropCount();
        return await this.nextShard().request<'reclaim'>(
          { kind: 'reclaim', trimmed, deep, spans, since },
          'fail',
          [trimmed.buffer],
        );
      },
      weigh: async (trimmed) =>
        await this.nextShard().request<'weigh'>({ kind: 'weigh', trimmed }, 'fail', [trimmed.buffer]),
      compact: async (trimmed, worth) =>
        await this.nextShard().request<'compactWorthwhile'>(
          { kind: 'compactWorthwhile', trimmed, worth },
          'fail',
          [trimmed.buffer],
        ),
      activity: () => this.#written('frames'),
      appendedBytes: () => this.#written('bytes'),
      isHealthy: () => this.health.state === 'well',
    });
    this.retention = new RetentionEnforcer({
      shards: this.shards,
      trim: (id, upTo) =>
        new Promise((resolve, reject) => {
          const ref = new TableRef(addressOf(id, this.routing), null);
          this.trim(ref, upTo, false, undefined, () => resolve(), reject);
        }),
      health: () => this.health.state,
      activity: () => this.#written('frames'),
    });
    this.disk = new DiskBudget(
      {
        path: log.path,
        pendingBytes: () => this.flow.inFlightBytes + this.flow.queuedBytes,
        ...this.#roomMaking(),
      },
      options.readOnly ? null : options.disk,
    );
    this.trimEvents = new TrimEvents(place);
    this.#trims = {
      intake: this.intake,
      reclaimer: opener === null ? this.reclaimer : trimsOf(opener),
      events: this.trimEvents,
      trouble: () => this.#troubleOfRemoval(),
      release: (cost) => this.flow.release(cost),
    };
    this.clients = new Clients({
      path: log.path,
      handleId: log.handleId,
      options,
      shards: this.shards,
      catalog: this.catalog,
      refusal: () => this.lifecycle.refusal(),
      trimmed: (id, upTo) => {
        const trim = { ref: this.refOf(id), isDropped: false };
        this.reclaimer.begin(trim);
        this.reclaimer.end(trim, upTo);
      },
    });
  }

  /** Whether this is the thread that opened the WAL. */
  get isOpener(): boolean {
    return this.#opener === null;
  }

  /** Throws SHALE_UNSUPPORTED for what only the thread that opened the WAL can do. */
  requireOpener(call: string): void {
    if (this.#opener === null) return;
    throw new WalError(
      'SHALE_UNSUPPORTED',
      `${call} is not there for a thread that has connected to the WAL: call it in the thread that opened it`,
      { path: this.path },
    );
  }

  /**
   * Starts the shards, each with a thread that is starting already, and the thread behind those if there is one more.
   * When one cannot start, all are ended and its error is thrown.
   */
  async start(threads: readonly ShardThread[]): Promise<void> {
    const starters = [...this.shards, ...(this.syncThread === null ? [] : [this.syncThread])];
    const started = await Promise.allSettled(
      this.#opener === null
        ? threads.map((thread, index) => starters[index]?.start(thread))
        : this.shards.map((shard) => shard.start(null)),
    );
    const failed = started.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(starters.map((starter) => starter.stop()));
      this.lifecycle.to('closed');
      throw failed.reason;
    }
    this.lifecycle.to('open');
    if (this.options.readOnly) return;
    await this.disk.start();
    if (this.#opener !== null) return;
    this.#damage.start();
    if (this.#isRetained()) this.retention.start();
  }

  /** How room is made for a disk budget: by the thread that opened the WAL. Others take nothing in meanwhile. */
  #roomMaking(): RoomMaking {
    if (this.#opener !== null) return NO_ROOM_MAKING;
    return {
      flush: () => this.admin((each) => each.flush()),
      yieldOldest: () => this.retention.yieldOldest(),
      reclaim: async () => {
        const { isPending } = this.reclaimer;
        if (isPending) await this.reclaimer.now();
        return isPending;
      },
      holder: () => this.#holder(),
    };
  }

  /** The consumer that most is kept for; null for none. */
  async #holder(): Promise<Holder | null> {
    return await this.nextShard().request<'retentionHolder'>({ kind: 'retentionHolder' }, 'fail');
  }

  /** Whoever meets the full disk from then on is told whom entries are kept for. */
  async #explainFullDisk(): Promise<void> {
    try {
      const holder = await this.#holder();
      if (holder !== null) this.health.explain((error) => withHolder(error, holder));
    } catch {
      // The error says what is the matter, if not all of it.
    }
  }

  /** Lets other processes use it, by a socket at a path. Rejects as `wal.listen` does. */
  async listen(path: string): Promise<void> {
    const listener = await Listener.open(path, {
      log: this.log,
      options: this.options,
      admit: () => this.clients.admit(),
    });
    // It may have begun to close meanwhile.
    if (this.lifecycle.state === 'open') this.whenClosing(() => listener.end());
    else listener.end();
    this.lifecycle.requireOpen();
  }

  /** What the shards have written, whichever thread sent it. */
  #written(what: 'frames' | 'bytes'): number {
    return this.shards.reduce((sum, shard) => sum + shard.metrics.written[what], 0);
  }

  /** Whether anything is retained, as far as that can be read. */
  #isRetained(): boolean {
    try {
      return this.log.retentions.list().length > 0;
    } catch {
      return false;
    }
  }

  shard(index: number): Shard {
    const shard = this.shards[index];
    if (shard === undefined)
      throw new WalError('SHALE_INTERNAL', `there is no shard ${index}`, { path: this.path });
    return shard;
  }

  /** A shard for work that any of them can do, each in turn. */
  nextShard(): Shard {
    this.#turn = (this.#turn + 1) % this.shards.length;
    return this.shard(this.#turn);
  }

  /** Asks the shard that owns a table about it; by default the next thread of the shard once more when one dies. */
  async ask<K extends 'ends' | 'readStart' | 'readNext' | 'position' | 'timeAt'>(
    of: { readonly address: Address; readonly name: string | null },
    task: ShardTasks[K],
    onLoss: OnLoss = 'retry',
  ): Promise<ShardResults[K]> {
    try {
      return await this.shard(of.address.shard).request<K>(task, onLoss);
    } catch (error) {
      throw error instanceof WalError ? withName(error, [of]) : error;
    }
  }

  /** The first and last sequence of a table, 0n for none, whatever threads die meanwhile. */
  async ends(address: Address, name: string | null = null): Promise<ShardResults['ends']> {
    try {
      return await this.shard(address.shard).told<'ends'>({ kind: 'ends', id: address.id });
    } catch (error) {
      throw error instanceof WalError ? withName(error, [{ address, name }]) : error;
    }
  }

  refOf(id: TableId): TableRef {
    return new TableRef(addressOf(id, this.routing), null);
  }

  /** Throws SHALE_CLOSED, SHALE_READ_ONLY, or what made the WAL unusable. */
  requireWritable(): void {
    this.lifecycle.requireOpen();
    if (this.options.readOnly) throw this.#readOnlyError();
    if (this.health.state === 'poisoned' || this.health.state === 'failed') throw this.health.error;
  }

  /** Resolves when there is room for so many bytes, which are reserved until the next turn of the event loop. */
  async ready(cost: number, signal: AbortSignal | undefined): Promise<void> {
    this.lifecycle.requireOpen();
    await this.intake.ready(cost, signal);
  }

  /** Takes a trim in: it is done between the appends to its table made before and those made after, or rejected. */
  trim(
    ref: TableRef,
    upTo: bigint,
    sync: boolean,
    signal: AbortSignal | undefined,
    resolve: (outcome: TrimOutcome) => void,
    reject: (error: unknown) => void,
  ): void {
    const cost = costOfRemoval(this.flow.limits.inFlightBytes);
    this.intake.follow(new Trim(this.#trims, { ref, upTo, sync, cost }, resolve, reject), signal);
  }

  /**
   * Calls `act` between the appends to the table made before and those made after, once there is room and the table
   * has its address; null when there is none of its name. `act` must put one drop of this cost into a frame, by
   * `send`, at once.
   */
  async remove<R>(
    ref: TableRef,
    signal: AbortSignal | undefined,
    act: (address: Address, cost: number) => Promise<R>,
  ): Promise<R | null> {
    const cost = costOfRemoval(this.flow.limits.inFlightBytes);
    const change = new Promise<R | null>((resolve, reject) => {
      const go = (): void => {
        const { address } = ref;
        const trouble = this.#troubleOfRemoval();
        if (address !== null && trouble === null) {
          act(address, cost).then(resolve, reject);
          return;
        }
        this.flow.release(cost);
        if (trouble === null) resolve(null);
        else reject(trouble);
      };
      this.intake.follow({ ref, cost, go, fail: reject }, signal);
    });
    this.#changes.add(change);
    try {
      return await change;
    } finally {
      this.#changes.delete(change);
    }
  }

  /** On a full disk trims and drops are what makes room. */
  #troubleOfRemoval(): WalError | null {
    return this.health.state === 'full' ? null : this.health.error;
  }

  /** Puts a drop into a frame, and returns what it comes to. */
  send<R>(make: MakeRemoval<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      const change = make(resolve, reject);
      try {
        this.intake.send(change);
      } catch (error) {
        reject(error);
        this.flow.release(change.cost);
      }
    });
  }

  /** Puts what was written on stable storage, as the caller asks for. */
  async sync(): Promise<void> {
    await this.admin((log) => log.sync());
    this.#calledSyncs++;
    this.#synced();
  }

  #synced(): void {
    this.follows.synced();
    this.clients.tell({ news: 'synced' });
  }

  /** Writing goes on after trouble. Throws what made the WAL unusable, if that cannot end. */
  resumed(): void {
    this.health.resumed();
    this.follows.synced();
    this.consumers.resumed();
    this.clients.tell({ news: 'resumed' });
  }

  /** The same, as the thread that opened the WAL tells it. */
  resumedElsewhere(): void {
    if (this.health.state === 'full' || this.health.state === 'starved') this.resumed();
  }

  /** Syncs of the log beside those of frames. */
  get logSyncs(): LogSyncs {
    const within = this.syncThread?.syncs ?? 0;
    return { within, follows: this.follows.syncs, calls: this.#calledSyncs };
  }

  /** Work on the whole database, off this thread. */
  async admin<R>(work: (log: LogView) => Promise<R>): Promise<R> {
    try {
      return await work(this.log);
    } catch (error) {
      if (error instanceof WalError && error.code === 'SHALE_POISONED') this.health.notice(error);
      throw error;
    }
  }

  /** Waits for every append that was accepted, and for all that was given to writers. */
  async appended(): Promise<void> {
    await Promise.all([...this.writers, ...this.committing].map((writer) => writer.settled()));
    await this.intake.settled();
  }

  /** The same, and for every trim and drop. */
  async settled(): Promise<void> {
    await this.appended();
    await Promise.allSettled(this.#changes);
  }

  /** Calls `end` when the closing begins, before anything else. */
  whenClosing(end: () => void): void {
    this.#endings.push(end);
  }

  /** Closes; the same promise however often it is asked. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.lifecycle.to('closing');
    for (const end of this.#endings) end();
    this.consumers.end();
    this.reclaimer.stop();
    this.retention.stop();
    const roomMade = this.disk.stop();
    this.#damage.stop();
    this.reads.abort(this.lifecycle.closedError());
    for (const shard of this.shards) shard.hurry();
    await Promise.all([this.settled(), this.clients.close()]);
    // What is waited for is told, if it is on stable storage then.
    await this.follows.lookedUp();
    const failure = await this.#syncLast();
    this.follows.synced();
    this.durables.fail(this.lifecycle.closedError());
    this.follows.stop();
    await Promise.all(this.shards.map((shard) => shard.stop()));
    await roomMade;
    await this.log.close();
    this.#opener?.leave();
    this.lifecycle.to('closed');
    if (failure !== null) throw failure;
  }

  /** Puts on stable storage what is not, if that was promised; returns a failure that nobody has been told of. */
  async #syncLast(): Promise<unknown> {
    if (!isSyncedByItself(this.options)) return null;
    await this.syncThread?.stop();
    const isWell = this.health.state === 'well';
    try {
      if (this.log.syncedUpTo() < this.log.writtenUpTo()) await this.log.sync();
      return null;
    } catch (error) {
      return isWell ? error : null;
    }
  }

  #refusal(): WalError | null {
    const refusal = this.lifecycle.refusal() ?? this.health.error;
    return refusal === null && this.options.readOnly ? this.#readOnlyError() : refusal;
  }

  #readOnlyError(): WalError {
    return new WalError(
      'SHALE_READ_ONLY',
      'the WAL was opened with readOnly: true, so nothing can be changed',
      {
        path: this.path,
      },
    );
  }
}

/** The names of a WAL that another thread has opened. */
function namesOf(opener: Opener, log: LogView): OwnerNames {
  const isOpen = (): boolean => log.state === 'open';
  return {
    make: (names) => opener.make(names),
    whenMade: (name, call) => opener.whenMade(name, call),
    dropCount: () => log.dropCount(),
    watch: (id) => log.watch(id),
    sawDrop: (token) => isOpen() && log.sawDrop(token),
    unwatch: (token) => log.unwatch(token),
  };
}

/** The space of what is trimmed here is for the thread that opened the WAL to give back. */
function trimsOf(opener: Opener): TrimContext['reclaimer'] {
  return {
    begin: () => {},
    end: ({ ref }, removed) => {
      if (removed > 0n && ref.address !== null) opener.trimmed(ref.address.id, removed);
    },
  };
}

/** Whether a thread has to see to it that what is acknowledged with `'os'` is synced. */
function isSyncedByItself({ syncWithinMs, readOnly }: ResolvedOptions): boolean {
  return syncWithinMs > 0 && !readOnly;
}

/** How many threads a WAL has. */
export function threadCount(options: ResolvedOptions): number {
  return options.shards + (isSyncedByItself(options) ? 1 : 0);
}
