import { type TableId, WalError } from '@shale/codec';
import { damagedFileError, type Log, toIdWindow } from '@shale/storage';
import { Catalog } from './catalog/catalog.js';
import { DamageWatch } from './damage-watch.js';
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
import { JointLane } from './joint/joint-lane.js';
import { Lifecycle } from './lifecycle.js';
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
import { type OnLoss, Shard } from './shard/shard.js';
import type { ShardThread } from './shard/shard-thread.js';
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
  readonly retention: RetentionEnforcer;
  /** This thread's own view of the database: it holds the claim, and its promises do long work off this thread. */
  readonly log: Log;
  /** Why nobody can look into it although that was asked for; null otherwise. */
  inspectTrouble: WalError | null = null;
  readonly #endings: (() => void)[] = [];
  /** Drops under way. */
  readonly #changes = new Set<Promise<unknown>>();
  readonly #trims: TrimContext;
  readonly #damage: DamageWatch;
  readonly #joint: JointLane;
  /** Null when nothing is to be synced by itself. */
  readonly syncThread: SyncThread | null;
  #closing: Promise<void> | null = null;
  #turn = 0;
  #calledSyncs = 0;

  constructor(log: Log, options: ResolvedOptions) {
    this.log = log;
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
    this.follows = new FollowedTables({
      log,
      routing: this.routing,
      barrier: async () => {
        const answers = this.shards.map((shard) =>
          shard.request<'incarnation'>({ kind: 'incarnation' }, 'insist'),
        );
        await Promise.all(answers);
      },
      ends: async (address) => await this.ends(address),
    });
    this.syncThread = isSyncedByItself(options)
      ? new SyncThread({
          log,
          instance: options.instance,
          withinMs: options.syncWithinMs,
          synced: () => this.follows.synced(),
          failed: (error) => this.health.notice(error),
          gaveUp: (error) => this.health.fail(error),
        })
      : null;
    const pool = new BufferPool(options.frameBytes, options.shards * BUFFERS_PER_SHARD);
    const context = {
      routing: this.routing,
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
    this.catalog = new Catalog(this.shard(0), this.routing, options.readOnly, this.health);
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
      openLoan: () => this.log.openLoan(),
      endLoan: (loan) => this.log.endLoan(loan, []),
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
      trouble: () => this.health.error,
    });
    this.reclaimer = new Reclaimer({
      instance: options.instance,
      worth: worthOf(options.reclaim),
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
      activity: () => this.shards.reduce((sum, shard) => sum + shard.counters.frames, 0),
      appendedBytes: () => this.shards.reduce((sum, shard) => sum + shard.counters.bytes, 0),
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
      activity: () => this.shards.reduce((sum, shard) => sum + shard.counters.frames, 0),
    });
    this.trimEvents = new TrimEvents(place);
    this.#trims = {
      intake: this.intake,
      reclaimer: this.reclaimer,
      events: this.trimEvents,
      trouble: () => this.#troubleOfRemoval(),
      release: (cost) => this.flow.release(cost),
    };
  }

  /**
   * Starts the shards, each with a thread that is starting already, and the thread behind those if there is one more.
   * When one cannot start, all are ended and its error is thrown.
   */
  async start(threads: readonly ShardThread[]): Promise<void> {
    const starters = [...this.shards, ...(this.syncThread === null ? [] : [this.syncThread])];
    const started = await Promise.allSettled(threads.map((thread, index) => starters[index]?.start(thread)));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(starters.map((starter) => starter.stop()));
      this.lifecycle.to('closed');
      throw failed.reason;
    }
    this.lifecycle.to('open');
    if (this.options.readOnly) return;
    this.#damage.start();
    if (this.#isRetained()) this.retention.start();
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
    return await this.ask<'ends'>({ address, name }, { kind: 'ends', id: address.id }, 'insist');
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
    this.follows.synced();
  }

  /** Syncs of the log beside those of frames. */
  get logSyncs(): LogSyncs {
    const within = this.syncThread?.syncs ?? 0;
    return { within, follows: this.follows.syncs, calls: this.#calledSyncs };
  }

  /** Work on the whole database, off this thread. */
  async admin<R>(work: (log: Log) => Promise<R>): Promise<R> {
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
    this.#damage.stop();
    this.reads.abort(this.lifecycle.closedError());
    for (const shard of this.shards) shard.hurry();
    await this.settled();
    // What is waited for is told, if it is on stable storage then.
    await this.follows.lookedUp();
    const failure = await this.#syncLast();
    this.follows.synced();
    this.durables.fail(this.lifecycle.closedError());
    this.follows.stop();
    await Promise.all(this.shards.map((shard) => shard.stop()));
    await this.log.close();
    this.lifecycle.to('closed');
    if (failure !== null) throw failure;
  }

  /** Puts on stable storage what is not, if that was promised; returns a failure that nobody has been told of. */
  async #syncLast(): Promise<unknown> {
    if (this.syncThread === null) return null;
    await this.syncThread.stop();
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

/** Whether a thread has to see to it that what is acknowledged with `'os'` is synced. */
function isSyncedByItself({ syncWithinMs, readOnly }: ResolvedOptions): boolean {
  return syncWithinMs > 0 && !readOnly;
}

/** How many threads a WAL has. */
export function threadCount(options: ResolvedOptions): number {
  return options.shards + (isSyncedByItself(options) ? 1 : 0);
}
