import { type TableId, WalError } from '@shale/codec';
import type { Log } from '@shale/storage';
import { onAbort } from './abort.js';
import { BufferPool } from './append/buffer-pool.js';
import { FlowControl } from './append/flow.js';
import { HeldAppends } from './append/held-appends.js';
import type { PendingAppend } from './append/pending-append.js';
import { byteSum, isAddressed, refsOf } from './append/pending-append.js';
import { Catalog } from './catalog/catalog.js';
import { Health } from './health.js';
import { Lifecycle } from './lifecycle.js';
import type { ResolvedOptions } from './options.js';
import { Reclaimer } from './reclaimer.js';
import { Shard } from './shard/shard.js';
import { addressOf, type Routing, TableRef } from './table-ref.js';

/** Something that must fail at once when the WAL is closed. */
export interface Cuttable {
  cut(error: WalError): void;
}

/** Idle frame buffers kept per shard: one filling, two on their way, and one to spare. */
const BUFFERS_PER_SHARD = 4;

/**
 * What stands behind a `Wal`: it accepts appends, routes them to the shards, and keeps track of everything that is
 * under way, so that closing leaves nothing behind.
 */
export class Engine {
  /** The real path of the database. */
  readonly path: string;
  readonly options: ResolvedOptions;
  readonly routing: Routing;
  readonly lifecycle: Lifecycle;
  readonly health: Health;
  readonly flow: FlowControl;
  readonly shards: readonly Shard[];
  readonly catalog: Catalog;
  readonly reclaimer: Reclaimer;
  /** This thread's own view of the database: it holds the claim, and does what takes long off this thread. */
  readonly log: Log;
  readonly #cuttables = new Set<Cuttable>();
  readonly #held: HeldAppends;
  #closing: Promise<void> | null = null;
  #turn = 0;

  constructor(log: Log, options: ResolvedOptions) {
    this.log = log;
    this.path = log.path;
    this.options = options;
    this.routing = { instance: options.instance, shards: options.shards, shardBy: options.shardBy };
    this.lifecycle = new Lifecycle(log.path);
    this.health = new Health((error) => this.#failQueued(error));
    this.flow = new FlowControl(options.maxInFlightBytes, options.maxQueuedAppends);
    const pool = new BufferPool(options.frameBytes, options.shards * BUFFERS_PER_SHARD);
    const context = {
      data: { path: log.path, instance: options.instance, readOnly: options.readOnly },
      pool,
      flow: this.flow,
      health: this.health,
    };
    this.shards = Array.from({ length: options.shards }, (_, index) => new Shard(index, context));
    this.catalog = new Catalog(this.shard(0), this.routing, options.readOnly, this.health);
    this.#held = new HeldAppends(
      this.catalog,
      (append) => this.#route(append),
      (append, error) => this.#refuse(append, error),
    );
    this.reclaimer = new Reclaimer({
      reclaim: (ranges, deep) =>
        this.nextShard().request<'reclaim'>({ kind: 'reclaim', ranges, deep }, 'fail'),
      activity: () => this.shards.reduce((sum, shard) => sum + shard.counters.frames, 0),
    });
  }

  /** Starts the shards. When one cannot start, all are ended and its error is thrown. */
  async start(): Promise<void> {
    const started = await Promise.allSettled(this.shards.map((shard) => shard.start()));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(this.shards.map((shard) => shard.stop()));
      this.lifecycle.to('closed');
      throw failed.reason;
    }
    this.lifecycle.to('open');
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

  refOf(id: TableId): TableRef {
    return new TableRef(addressOf(id, this.routing), null);
  }

  /** Throws SHALE_CLOSED, SHALE_READ_ONLY, or what made the WAL unusable. */
  requireWritable(): void {
    this.lifecycle.requireOpen();
    if (this.options.readOnly) throw this.#readOnlyError();
    if (this.health.state === 'poisoned' || this.health.state === 'failed') throw this.health.error;
  }

  /** Takes an append in, or rejects it. From here on its promise is always settled. */
  accept(append: PendingAppend, signal: AbortSignal | undefined): void {
    const refusal = this.#refusal(append, signal);
    if (refusal !== null) {
      append.reject(refusal.error);
      return;
    }
    if (this.flow.tryTake(append.cost)) this.#admit(append);
    else this.#queue(append, signal);
  }

  /** Asks a shard to change something, after the appends that were made before, and looks at how it went. */
  async change<R>(shard: Shard, request: () => Promise<R>): Promise<R> {
    try {
      return await new Promise<R>((resolve, reject) => {
        shard.batcher.afterSent(() => request().then(resolve, reject));
      });
    } catch (error) {
      if (error instanceof WalError) this.health.notice(error);
      throw error;
    }
  }

  /** Work on the whole database, off this thread. */
  async admin(work: (log: Log) => Promise<void>): Promise<void> {
    try {
      await work(this.log);
    } catch (error) {
      if (error instanceof WalError && error.code === 'SHALE_POISONED') this.health.notice(error);
      throw error;
    }
  }

  /** Resolves when there is room for appends. */
  ready(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.lifecycle.requireOpen();
      signal?.throwIfAborted();
      let forget = (): void => {};
      const place = this.flow.wait({
        cost: 1,
        takes: false,
        admit: () => {
          forget();
          resolve();
        },
        fail: (error) => {
          forget();
          reject(error);
        },
      });
      if (place.waiter === null) return;
      forget = onAbort(signal, () => {
        if (this.flow.leave(place)) reject(signal?.reason);
      });
    });
  }

  /** Resolves when every append made so far is settled. */
  async settled(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.flow.wait({ cost: 0, takes: false, admit: resolve, fail: () => resolve() });
    });
    await this.#held.drained();
    await Promise.all(
      this.shards.map((shard) => new Promise<void>((resolve) => shard.batcher.afterSettled(resolve))),
    );
  }

  /** Registers something to be cut when the WAL is closed. Throws SHALE_CLOSED. */
  watch(cuttable: Cuttable): void {
    this.lifecycle.requireOpen();
    this.#cuttables.add(cuttable);
  }

  unwatch(cuttable: Cuttable): void {
    this.#cuttables.delete(cuttable);
  }

  /** Closes; the same promise however often it is asked. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.lifecycle.to('closing');
    this.reclaimer.stop();
    for (const cuttable of [...this.#cuttables]) cuttable.cut(this.lifecycle.closedError());
    this.#cuttables.clear();
    await this.settled();
    await Promise.all(this.shards.map((shard) => shard.stop()));
    await this.log.close();
    this.lifecycle.to('closed');
  }

  #refusal(append: PendingAppend, signal: AbortSignal | undefined): { readonly error: unknown } | null {
    const closed = this.lifecycle.refusal() ?? this.health.error;
    if (closed !== null) return { error: closed };
    if (this.options.readOnly) return { error: this.#readOnlyError() };
    if (signal?.aborted === true) return { error: signal.reason };
    if (append.cost > this.flow.maxBytes) {
      return {
        error: new WalError(
          'SHALE_TOO_LARGE',
          `an append of ${append.bytes} bytes in ${append.entries} entries counts as ${append.cost} bytes, and maxInFlightBytes is ${this.flow.maxBytes}: split it, or open with a larger maxInFlightBytes`,
          { details: { bytes: append.bytes, entries: append.entries, limit: this.flow.maxBytes } },
        ),
      };
    }
    return null;
  }

  #queue(append: PendingAppend, signal: AbortSignal | undefined): void {
    let forget = (): void => {};
    const place = this.flow.wait({
      cost: append.cost,
      takes: true,
      admit: () => {
        forget();
        if (byteSum(append) === append.bytes) this.#admit(append);
        else this.#refuse(append, changedWhileWaiting());
      },
      fail: (error) => {
        forget();
        append.reject(error);
      },
    });
    if (place.waiter === null) return;
    forget = onAbort(signal, () => {
      if (this.flow.leave(place)) append.reject(signal?.reason);
    });
  }

  #admit(append: PendingAppend): void {
    // Behind an append that waits for a name, so that nothing overtakes.
    if (this.#held.isEmpty && isAddressed(append)) this.#route(append);
    else this.#held.add(append);
  }

  #route(append: PendingAppend): void {
    const trouble = this.health.error ?? this.#crossShard(append);
    if (trouble !== null) {
      this.#refuse(append, trouble);
      return;
    }
    const shard = refsOf(append)[0]?.address?.shard ?? 0;
    this.shard(shard).batcher.add(append);
  }

  #crossShard(append: PendingAppend): WalError | null {
    if (append.kind !== 'write') return null;
    const shards = new Set(append.parts.map((part) => part.ref.address?.shard));
    if (shards.size < 2) return null;
    return new WalError(
      'SHALE_CROSS_SHARD',
      `one write can be atomic only over tables of one shard, and these ${append.parts.length} are on ${shards.size}: open with shardBy: 'region' and keep a write to one region, or with shards: 1`,
      { details: { tables: append.parts.length, shards: shards.size } },
    );
  }

  /** Rejects an append that has booked its bytes. */
  #refuse(append: PendingAppend, error: unknown): void {
    append.reject(error);
    this.flow.release(append.cost);
  }

  /** Nothing may be acknowledged now: whatever has not been sent gets the error. */
  #failQueued(error: WalError): void {
    this.flow.failAll(error);
    for (const shard of this.shards) this.flow.release(shard.batcher.failUnsent(error));
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

function changedWhileWaiting(): WalError {
  return new WalError(
    'SHALE_INVALID_ARGUMENT',
    'the payload changed while its append waited for room: leave it alone until the promise settles, or wait for wal.ready() first',
    { details: { field: 'payload' } },
  );
}
