import { decodeAppendReply, errorFromData, WalError } from '@shale/codec';
import { Batcher } from '../frames/batcher.js';
import type { BufferPool } from '../frames/buffer-pool.js';
import type { Frame } from '../frames/frame.js';
import type { PendingChange } from '../frames/pending-append.js';
import type { Health } from '../health.js';
import type { FlowControl } from '../intake/flow.js';
import { nextTurn } from '../turn.js';
import { BRIEF_PAUSES_MS, BringUp, PATIENT_PAUSES_MS } from './bring-up.js';
import type { ShardResults, ShardTaskKind, ShardTasks, ShardWorkerData } from './protocol.js';
import { type ShardThread, TaskFailed, ThreadLost } from './shard-thread.js';

/**
 * Where a shard is in its lives, each of which has one thread:
 *
 *   starting ──► ready ──► starting ──► ...      its thread died
 *       └──────────┴──► over                     it failed for good, or was stopped
 *
 * All that depends on the life is in here, so whatever comes late, from a life before, is told by one comparison.
 */
type Life =
  | { readonly is: 'starting'; readonly bringUp: BringUp; readonly done: Promise<void> }
  | { readonly is: 'ready'; readonly thread: ShardThread }
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
  readonly data: ShardWorkerData;
  readonly pool: BufferPool;
  readonly flow: FlowControl;
  readonly health: Health;
}

/** What a request does when the thread dies under it. */
export type OnLoss = 'retry' | 'fail';

/** One shard: the appends on their way to it, its thread, and the replacement of the thread when it dies. */
export class Shard {
  readonly index: number;
  readonly batcher: Batcher;
  readonly counters: ShardCounters = {
    appends: 0,
    entries: 0,
    bytes: 0,
    frames: 0,
    syncs: 0,
    failedFrames: 0,
    restarts: 0,
  };
  readonly #context: ShardContext;
  #life: Life;
  #isClosing = false;

  constructor(index: number, context: ShardContext) {
    this.index = index;
    this.#context = context;
    this.#life = { is: 'over', error: this.#stopped() };
    const isOpen = (): boolean => this.#life.is !== 'starting';
    this.batcher = new Batcher(context.pool, {
      get isOpen() {
        return isOpen();
      },
      send: (frame, done) => this.#send(frame, done),
      refuse: (change, error) => {
        change.reject(error);
        context.flow.release(change.cost);
      },
    });
  }

  /** The thread of now, for tests that end it. */
  get thread(): ShardThread | null {
    return this.#life.is === 'ready' ? this.#life.thread : null;
  }

  /** What threads attach to, for tests that keep them from starting. */
  get startData(): ShardWorkerData {
    return this.#context.data;
  }

  /** Lets a thread that is starting attach to the database. Rejects with the error that kept it from that. */
  async start(first: ShardThread): Promise<void> {
    await this.#begin(new BringUp({ data: this.#context.data, first, pauses: BRIEF_PAUSES_MS }));
  }

  /**
   * Asks the thread. Sent at once when the thread is there, so requests and frames keep their order.
   *
   * @param onLoss whether to ask the next thread once more when this one dies, or to reject with
   *   SHALE_OUTCOME_UNKNOWN because the request may have changed something
   * @param transfer buffers of the task that go to the thread: then it can be asked only once
   */
  async request<K extends ShardTaskKind>(
    task: ShardTasks[K],
    onLoss: OnLoss,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ShardResults[K]> {
    for (let attempt = 1; ; attempt++) {
      while (this.#life.is === 'starting') await this.#life.done.catch(() => undefined);
      const life: Life = this.#life;
      if (life.is !== 'ready') {
        await nextTurn();
        throw life.is === 'over' ? life.error : this.#stopped();
      }
      try {
        return await life.thread.run<K>(task, transfer);
      } catch (error) {
        if (error instanceof TaskFailed) throw error.error;
        this.#lost(life.thread);
        if (onLoss === 'fail' || attempt > 1) throw unknownOutcome(ADVICE[task.kind] ?? 'ask again', error);
      }
    }
  }

  /** Writes a frame of tables of this shard, beside its batcher; returns the reply. Rejects with WalError. */
  append(frame: Uint8Array): Promise<Uint8Array> {
    return this.request<'append'>({ kind: 'append', frame }, 'fail', [frame.buffer as ArrayBuffer]);
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
    if (this.#life.is === 'starting') this.#life.bringUp.hurry();
  }

  /**
   * Lets the thread detach from the database and ends it, or the attempt to start one. Requests that wait reject with
   * SHALE_CLOSED. When it resolves, nothing of the shard's threads is left.
   */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life.is === 'over') return;
    this.#life = { is: 'over', error: this.#stopped() };
    this.batcher.wake();
    if (life.is === 'starting') {
      life.bringUp.stop();
      await life.done.catch(() => undefined);
      return;
    }
    // If it cannot detach, its end releases what it holds just as well.
    await life.thread.run<'detach'>({ kind: 'detach' }).catch(() => null);
    await life.thread.end();
  }

  #begin(bringUp: BringUp): Promise<void> {
    const isCurrent = (): boolean => this.#life.is === 'starting' && this.#life.bringUp === bringUp;
    const done = bringUp
      .run((thread) => {
        thread.watch(() => this.#lost(thread));
        this.#life = { is: 'ready', thread };
        this.batcher.wake();
      })
      .catch((cause: unknown) => {
        if (isCurrent()) this.#fail(cause);
        throw cause;
      });
    this.#life = { is: 'starting', bringUp, done };
    return done;
  }

  /** The thread died: once it is really gone, another one is started. */
  #lost(thread: ShardThread): void {
    if (this.#life.is !== 'ready' || this.#life.thread !== thread) return;
    this.counters.restarts++;
    const pauses = this.#isClosing ? BRIEF_PAUSES_MS : PATIENT_PAUSES_MS;
    this.#begin(new BringUp({ data: this.#context.data, previous: thread, pauses })).catch(() => undefined);
  }

  #fail(cause: unknown): void {
    const failure =
      cause instanceof WalError
        ? cause
        : new WalError('SHALE_INTERNAL', `shard ${this.index} cannot go on: ${String(cause)}`, {
            path: this.#context.data.path,
            cause,
          });
    this.#life = { is: 'over', error: failure };
    this.#context.health.fail(failure);
    this.batcher.wake();
  }

  #stopped(): WalError {
    return new WalError('SHALE_CLOSED', 'the WAL is closed: open it again with openWal to go on', {
      path: this.#context.data.path,
    });
  }

  #send(frame: Frame, done: () => void): void {
    const life = this.#life;
    const { pool, flow, health } = this.#context;
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
        frame.fail((change) => errorOf(change) ?? error);
        health.notice(error);
      } finally {
        try {
          flow.release(frame.cost);
        } finally {
          done();
        }
      }
    };
    if (life.is !== 'ready') {
      settled(life.is === 'over' ? life.error : this.#stopped());
      return;
    }
    const message = frame.seal();
    life.thread.run<'append'>({ kind: 'append', frame: message }, [message.buffer as ArrayBuffer]).then(
      (answer) => {
        try {
          const reply = decodeAppendReply(answer);
          frame.settle(reply);
          // Appends alone were refused: trims and drops found room.
          const full = reply.errors.find(({ error }) => error.code === 'SHALE_NO_SPACE');
          if (full !== undefined) health.notice(errorFromData(full.error));
        } catch (error) {
          settled(lost('append', error), (change) => lost(change.kind, error));
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
        this.#lost(life.thread);
        settled(lost('append', error), (change) => lost(change.kind, error));
      },
    );
  }
}

const APPEND_ADVICE =
  'the append may or may not be in: to append once and only once, append again with `expect` set to the sequence it must get, if nobody else appends to the table';

const WRITE_ADVICE =
  'the write may or may not have been done, and all of it is in or nothing: to write once and only once, write again with `expect` set in each part to the sequence it must get, if nobody else appends to the tables';

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
