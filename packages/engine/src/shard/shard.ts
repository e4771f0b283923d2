import { MessageChannel } from 'node:worker_threads';
import { decodeAppendReply, errorFromData, WalError } from '@shale/codec';
import { sharedNow } from '../clock.js';
import { Batcher } from '../frames/batcher.js';
import type { BufferPool } from '../frames/buffer-pool.js';
import type { Frame } from '../frames/frame.js';
import type { FrameWatcher } from '../frames/frame-watcher.js';
import type { PendingChange } from '../frames/pending-append.js';
import type { Health } from '../health.js';
import { ShardEvents } from '../metrics/shard-events.js';
import { ShardMetrics } from '../metrics/shard-metrics.js';
import { nextTurn } from '../turn.js';
import { BRIEF_PAUSES_MS, BringUp, PATIENT_PAUSES_MS } from './bring-up.js';
import { threadPort } from './port.js';
import { PortLine } from './port-line.js';
import type { ShardPart, ShardResults, ShardTaskKind, ShardTasks, ShardWorkerData } from './protocol.js';
import { type Arrival, type Moved, type ShardLine, TaskFailed, ThreadLost } from './shard-line.js';
import { ShardThread } from './shard-thread.js';

/**
 * The state of a shard. Each `starting` begins another incarnation, with a thread of its own:
 *
 *   starting ──► ready ──► starting ──► ...      its thread died
 *       └──────────┴──► over                     it failed for good, or was stopped
 *
 * What depends on the incarnation is in here, so that one comparison tells what comes late from an earlier one.
 */
type ShardState =
  | { readonly is: 'starting'; readonly bringUp: Arrival; readonly done: Promise<void> }
  | { readonly is: 'ready'; readonly thread: ShardLine }
  | { readonly is: 'over'; readonly error: WalError };

/** What a shard counts on the main thread. Cheap sums since the WAL was opened. */
export interface ShardCounters {
  /** Appends sent, with each part of a write over several tables counted. */
  appends: number;
  /** Entries sent. */
  entries: number;
  /** Payload bytes sent. */
  bytes: number;
  /** Frames sent. */
  frames: number;
  /** Frames sent that asked for stable storage. */
  syncs: number;
  /** Frames that failed as a whole. */
  failedFrames: number;
  /** Threads that died and were replaced. */
  restarts: number;
}

/** What shards of one WAL share. */
export interface ShardContext {
  readonly data: Omit<ShardWorkerData, 'cells' | 'part'>;
  /** How tables are spread over the shards. */
  readonly routing: Omit<ShardPart, 'index'>;
  readonly pool: BufferPool;
  /** Gives back what an append, trim or drop had booked. */
  release(cost: number): void;
  readonly health: Health;
  readonly watcher: FrameWatcher;
  /** Not 0 while somebody listens to what is done to tables. */
  readonly ear: SharedArrayBuffer;
  /** The way to the thread, which another thread has started; null where this one starts it. */
  readonly arrival: ((index: number, cells: SharedArrayBuffer, previous: ShardLine | null) => Arrival) | null;
}

/** What a request does when the thread dies under it: asks the next thread, or every next one, or fails. */
export type OnLoss = 'retry' | 'insist' | 'fail';

/** One shard: the appends on their way to it, its thread, and the replacement of the thread when it dies. */
export class Shard {
  readonly index: number;
  readonly counters: ShardCounters = {
    appends: 0,
    entries: 0,
    bytes: 0,
    frames: 0,
    syncs: 0,
    failedFrames: 0,
    restarts: 0,
  };
  readonly metrics: ShardMetrics = new ShardMetrics();
  /** What threads attach to; tests put something else in its place to keep them from starting. */
  readonly startData: ShardWorkerData;
  readonly #context: ShardContext;
  readonly #events: ShardEvents;
  readonly #batcher: Batcher;
  #state: ShardState;
  #isClosing = false;
  /** Whether what is done to tables is told by the thread itself, in one order whoever has done it. */
  #isTold: boolean;
  /** By which it is told; null where the line to the thread does that. */
  #ear: { readonly line: PortLine; readonly opened: Promise<unknown> } | null = null;

  constructor(index: number, context: ShardContext) {
    this.index = index;
    this.#context = context;
    this.#isTold = context.arrival !== null;
    this.#events = new ShardEvents(context.data, index);
    const { shards, shardBy } = context.routing;
    const part = { index, shards, shardBy };
    this.startData = { ...context.data, cells: this.metrics.memory, part };
    this.#state = { is: 'over', error: this.#stopped() };
    const isOpen = (): boolean => this.#state.is !== 'starting';
    this.#batcher = new Batcher(context.pool, {
      get isOpen() {
        return isOpen();
      },
      send: (frame, done) => this.#send(frame, done),
      refuse: (change, error) => {
        change.reject(error);
        context.release(change.cost);
      },
    });
  }

  /** The thread of now, for tests that end it. */
  get thread(): ShardThread | null {
    return this.#state.is === 'ready' && this.#state.thread instanceof ShardThread
      ? this.#state.thread
      : null;
  }

  /** Whether what frames that are sent now do is told by the thread, and not by their answers. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** Whether it has ended for good: every request fails. */
  get isOver(): boolean {
    return this.#state.is === 'over';
  }

  /**
   * Lets a thread that is starting attach to the database, or finds the way to the one that there is. Rejects with the
   * error that kept it from that.
   */
  async start(first: ShardThread | null): Promise<void> {
    await this.#begin(this.#arrival(first, null, BRIEF_PAUSES_MS));
  }

  /** From now on other threads write, too: has the thread tell what is done to tables. */
  listen(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    if (this.#state.is === 'ready') this.#openEar(this.#state.thread);
  }

  /**
   * Asks the thread, whatever threads die meanwhile. What was done to tables before it answers is told before this
   * resolves.
   */
  async told<K extends ShardTaskKind>(task: ShardTasks[K]): Promise<ShardResults[K]> {
    for (;;) {
      while (this.#state.is === 'starting') await this.#state.done.catch(() => undefined);
      const state: ShardState = this.#state;
      const ear = this.#ear;
      if (ear === null || state.is !== 'ready') return await this.request<K>(task, 'insist');
      try {
        await ear.opened;
        return await ear.line.run<K>(task);
      } catch (error) {
        if (error instanceof TaskFailed) throw error.error;
        this.#lost(state.thread);
      }
    }
  }

  /**
   * Asks the thread. Sent at once when the thread is there, so requests and frames keep their order.
   *
   * @param onLoss whether to ask the next thread once more when this one dies, or every next one, or to reject with
   *   SHALE_OUTCOME_UNKNOWN because the request may have changed something
   * @param transfer buffers of the task that go to the thread: then it can be asked only once
   */
  async request<K extends ShardTaskKind>(
    task: ShardTasks[K],
    onLoss: OnLoss,
    transfer: readonly Moved[] = [],
  ): Promise<ShardResults[K]> {
    for (let attempt = 1; ; attempt++) {
      while (this.#state.is === 'starting') await this.#state.done.catch(() => undefined);
      const state: ShardState = this.#state;
      if (state.is !== 'ready') {
        await nextTurn();
        throw state.is === 'over' ? state.error : this.#stopped();
      }
      try {
        return await state.thread.run<K>(task, transfer);
      } catch (error) {
        if (error instanceof TaskFailed) throw error.error;
        this.#lost(state.thread);
        if (onLoss === 'fail' || (onLoss === 'retry' && attempt > 1))
          throw unknownOutcome(ADVICE[task.kind] ?? 'ask again', error);
      }
    }
  }

  /**
   * Copies an append, trim or drop into a frame, whole, or throws and has nothing of it. `wake` sends it. Throws
   * SHALE_TOO_LARGE when there is no memory for a frame of its size.
   */
  append(change: PendingChange): void {
    this.#batcher.add(change);
  }

  /** Something was appended: sends it when its time has come. */
  wake(): void {
    this.#batcher.wake();
  }

  /**
   * Calls `follow` when everything appended so far, and not failed, is with the thread: at once if that is so
   * already.
   */
  afterSent(follow: () => void): void {
    this.#batcher.afterSent(follow);
  }

  /** Calls `follow` when everything appended so far is settled: at once if that is so already. */
  afterSettled(follow: () => void): void {
    this.#batcher.afterSettled(follow);
  }

  /**
   * Rejects everything that was not sent yet; returns what it had booked.
   *
   * @param spare what is not rejected
   */
  failUnsent(error: WalError, spare: (change: PendingChange) => boolean): number {
    return this.#batcher.failUnsent(error, spare);
  }

  /** Writes a frame of tables of this shard, past what was appended; returns the reply. Rejects with WalError. */
  write(frame: Uint8Array): Promise<Uint8Array> {
    return this.request<'append'>({ kind: 'append', frame, slot: -1 }, 'fail', [frame.buffer as ArrayBuffer]);
  }

  /** Writes a frame of tables of this shard and others. Rejects with WalError. */
  joint(task: ShardTasks['joint']): Promise<ShardResults['joint']> {
    const { frame, states } = task;
    return this.request<'joint'>(task, 'fail', [frame.buffer as ArrayBuffer, states.buffer as ArrayBuffer]);
  }

  /** Counts a frame that is being sent. */
  count(frame: Frame): void {
    const counters = this.counters;
    counters.frames++;
    counters.appends += frame.appendCount;
    counters.entries += frame.entryCount;
    counters.bytes += frame.byteCount;
    if (frame.sync) counters.syncs++;
  }

  /** The WAL is closing: a thread that cannot be started is given up soon. */
  hurry(): void {
    this.#isClosing = true;
    if (this.#state.is === 'starting') this.#state.bringUp.hurry();
  }

  /**
   * Lets the thread detach from the database and ends it, or the attempt to start one. Requests that wait reject with
   * SHALE_CLOSED. When it resolves, nothing of the shard's threads is left.
   */
  async stop(): Promise<void> {
    const state = this.#state;
    if (state.is === 'over') return;
    this.#state = { is: 'over', error: this.#stopped() };
    this.#batcher.wake();
    await this.#ear?.line.end();
    if (state.is === 'starting') {
      state.bringUp.stop();
      await state.done.catch(() => undefined);
      return;
    }
    // If it cannot detach, its end releases what it holds just as well.
    await state.thread.run<'detach'>({ kind: 'detach' }).catch(() => null);
    await state.thread.end();
  }

  #arrival(first: ShardThread | null, previous: ShardLine | null, pauses: readonly number[]): Arrival {
    const { arrival } = this.#context;
    if (arrival !== null) return arrival(this.index, this.metrics.memory, previous);
    return new BringUp({
      data: this.startData,
      pauses,
      ...(first === null ? {} : { first }),
      ...(previous === null ? {} : { previous }),
    });
  }

  /** Before anything else is sent to the thread: what is sent from here on it tells. */
  #openEar(thread: ShardLine): void {
    const { watcher, ear } = this.#context;
    const { port1, port2 } = new MessageChannel();
    const line = new PortLine(threadPort(port1), (wrote, isDurable) => watcher.heard(wrote, isDurable));
    const opened = thread.run<'connect'>({ kind: 'connect', port: port2, cells: null, ear }, [port2]).then(
      // By now all that was sent before is answered.
      () => line.start(),
      async (error: unknown) => {
        await line.end();
        throw error;
      },
    );
    opened.catch(() => undefined);
    this.#ear = { line, opened };
  }

  #begin(bringUp: Arrival): Promise<void> {
    const isCurrent = (): boolean => this.#state.is === 'starting' && this.#state.bringUp === bringUp;
    const done = bringUp
      .run((thread) => {
        thread.watch(() => this.#lost(thread));
        this.#state = { is: 'ready', thread };
        const isFirst = this.counters.restarts === 0;
        if (!isFirst) this.#events.replaced();
        if (this.#isTold && this.#context.arrival === null) this.#openEar(thread);
        // What the thread before had not told yet is not known.
        if (this.#isTold && !isFirst) this.#context.watcher.doubted(this.index);
        this.#batcher.wake();
      })
      .catch((cause: unknown) => {
        if (isCurrent()) this.#fail(cause);
        throw cause;
      });
    this.#state = { is: 'starting', bringUp, done };
    return done;
  }

  /** The thread died: once it is really gone, another one is started. */
  #lost(thread: ShardLine): void {
    if (this.#state.is !== 'ready' || this.#state.thread !== thread) return;
    this.counters.restarts++;
    this.#events.lost(thread.cause);
    const pauses = this.#isClosing ? BRIEF_PAUSES_MS : PATIENT_PAUSES_MS;
    this.#begin(this.#arrival(null, thread, pauses)).catch(() => undefined);
  }

  #fail(cause: unknown): void {
    const failure =
      cause instanceof WalError
        ? cause
        : new WalError('SHALE_INTERNAL', `shard ${this.index} cannot go on: ${String(cause)}`, {
            path: this.#context.data.path,
            cause,
          });
    this.#state = { is: 'over', error: failure };
    this.#events.gaveUp(failure);
    this.#context.health.fail(failure);
    this.#batcher.wake();
  }

  #stopped(): WalError {
    return new WalError('SHALE_CLOSED', 'the WAL is closed: open it again with openWal to go on', {
      path: this.#context.data.path,
    });
  }

  #send(frame: Frame, done: () => void): void {
    const state = this.#state;
    const { pool, health, watcher } = this.#context;
    const { counters } = this;
    this.count(frame);
    const settled = (
      error: WalError | null,
      errorOf = (_: PendingChange): WalError | null => error,
    ): void => {
      // Whatever happens here, the room is given back and the next frame may go.
      try {
        if (error === null) return;
        counters.failedFrames++;
        this.#events.failed(frame, error);
        frame.fail((change) => errorOf(change) ?? error);
        health.notice(error);
      } finally {
        try {
          this.#context.release(frame.cost);
        } finally {
          done();
        }
      }
    };
    if (state.is !== 'ready') {
      settled(state.is === 'over' ? state.error : this.#stopped());
      return;
    }
    const isLost = (error: unknown): void => {
      settled(lost('append', error), (change) => lost(change.kind, error));
      if (frame.outline !== null) watcher.lost(frame.outline);
    };
    const message = frame.seal(watcher.isWatching);
    const isTold = this.#isTold;
    const slot = this.metrics.nextSlot();
    const sentAt = sharedNow();
    const task = { kind: 'append', frame: message, slot } as const;
    state.thread.run<'append'>(task, [message.buffer as ArrayBuffer]).then(
      (answer) => {
        try {
          const phases = this.metrics.answered(frame, slot, sentAt);
          const reply = decodeAppendReply(answer);
          frame.settle(reply);
          this.#events.answered(frame, phases);
          // Appends alone were refused: trims and drops found room.
          const full = reply.errors.find(({ error }) => error.code === 'SHALE_NO_SPACE');
          if (full !== undefined) health.notice(errorFromData(full.error));
          if (frame.outline !== null && !isTold) watcher.settled(frame.outline, reply, frame.sync);
        } catch (error) {
          isLost(error);
          return;
        }
        pool.give(answer.buffer);
        settled(null);
      },
      (error: unknown) => {
        if (error instanceof TaskFailed) {
          if (error.buffer !== undefined) pool.give(error.buffer);
          settled(error.error);
          return;
        }
        this.#lost(state.thread);
        isLost(error);
      },
    );
  }
}

const APPEND_ADVICE =
  'the append may or may not be in: to append once and only once, append again with `expect` set to the sequence it must get, if the table has no other writer';

const WRITE_ADVICE =
  'the write may or may not have been done, and all of it is in or nothing: to write once and only once, write again with `expect` set in each part to the sequence it must get, if the tables have no other writer';

const ONCE_ADVICE = 'the append may or may not be in: append again with the same id, and it is in once';

const TRIM_ADVICE = 'the trim may or may not have been done: trimming again does no harm';
const DROP_ADVICE = 'the table may or may not have been dropped: drop it again';

/** What to do after a request of each kind was lost with its thread. */
const ADVICE: { readonly [K in ShardTaskKind]?: string } = {
  append: APPEND_ADVICE,
  joint: WRITE_ADVICE,
  scanNext: 'the scan went with it: begin a new one',
  listNext: 'the listing went with it: begin a new one',
  namesMake: 'the name may or may not have been made: append again, with `expect` to append only once',
};

/** What to do after a change of each kind was lost with its frame. */
const ADVICE_AFTER: Readonly<Record<PendingChange['kind'] | 'append', string>> = {
  append: APPEND_ADVICE,
  single: APPEND_ADVICE,
  batch: APPEND_ADVICE,
  write: WRITE_ADVICE,
  once: ONCE_ADVICE,
  trim: TRIM_ADVICE,
  drop: DROP_ADVICE,
};

/** The error of what was in a frame that got lost with its thread. */
export function lost(kind: PendingChange['kind'] | 'append', error: unknown): WalError {
  return unknownOutcome(ADVICE_AFTER[kind], error);
}

function unknownOutcome(advice: string, error: unknown): WalError {
  const isTold = error instanceof WalError && error.code === 'SHALE_OUTCOME_UNKNOWN';
  const cause = isTold || error instanceof ThreadLost ? error.cause : error;
  return new WalError('SHALE_OUTCOME_UNKNOWN', `the shard's thread went away before it answered; ${advice}`, {
    cause,
  });
}
