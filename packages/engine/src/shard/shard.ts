import { setTimeout as delay } from 'node:timers/promises';
import { decodeAppendReply, WalError } from '@shale/codec';
import { Batcher } from '../append/batcher.js';
import type { BufferPool } from '../append/buffer-pool.js';
import type { FlowControl } from '../append/flow.js';
import type { Frame } from '../append/frame.js';
import type { Health } from '../health.js';
import type { ShardResults, ShardTaskKind, ShardTasks, ShardWorkerData } from './protocol.js';
import { ShardThread, TaskFailed, ThreadLost } from './shard-thread.js';

/** Starts in a row that may fail before the WAL gives up. */
const MAX_STARTS = 4;
const START_DELAY_MS = 25;

/**
 * Where a shard's thread is:
 *
 *   starting ──► ready ──► restarting ──► ready
 *       └──────────┴──────────┴──► failed | stopped
 */
type ShardState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopped';

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
  #state: ShardState = 'starting';
  #thread: ShardThread | null = null;
  #failure: WalError | null = null;
  /** Requests that came while there was no thread. */
  #waiting: (() => void)[] = [];

  constructor(index: number, context: ShardContext) {
    this.index = index;
    this.#context = context;
    this.batcher = new Batcher(context.pool, (frame, done) => this.#send(frame, done));
    this.batcher.hold();
  }

  /** The thread of now, for tests that end it. */
  get thread(): ShardThread | null {
    return this.#thread;
  }

  /** What threads are born with, for tests that keep them from starting. */
  get startData(): ShardWorkerData {
    return this.#context.data;
  }

  /** Starts the thread. Rejects with the error that kept it from attaching to the database. */
  async start(): Promise<void> {
    await this.#bringUp();
  }

  /**
   * Asks the thread. Sent at once when the thread is there, so requests and frames keep their order.
   *
   * @param onLoss whether to ask the next thread once more when this one dies, or to reject with
   *   SHALE_OUTCOME_UNKNOWN because the request may have changed something
   */
  async request<K extends ShardTaskKind>(task: ShardTasks[K], onLoss: OnLoss): Promise<ShardResults[K]> {
    for (let attempt = 1; ; attempt++) {
      if (this.#state === 'starting' || this.#state === 'restarting') {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      const thread = this.#thread;
      if (this.#state !== 'ready' || thread === null) throw this.#failure ?? this.#stopped();
      try {
        return await thread.run<K>(task);
      } catch (error) {
        if (error instanceof TaskFailed) throw error.error;
        this.#lost(thread);
        if (onLoss === 'fail' || attempt > 1) throw unknownOutcome(ADVICE[task.kind] ?? 'ask again', error);
      }
    }
  }

  /** Lets the thread detach from the database and ends it. Requests that wait reject with SHALE_CLOSED. */
  async stop(): Promise<void> {
    const thread = this.#thread;
    const wasReady = this.#state === 'ready';
    this.#state = 'stopped';
    this.#wake();
    if (thread === null) return;
    // If it cannot detach, its end releases what it holds just as well.
    if (wasReady) await thread.run<'detach'>({ kind: 'detach' }).catch(() => null);
    await thread.end();
  }

  async #bringUp(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const thread: ShardThread = new ShardThread(this.#context.data, () => this.#lost(thread));
      this.#thread = thread;
      try {
        await thread.run<'attach'>({ kind: 'attach' });
        if (this.#state === 'stopped') return;
        this.#state = 'ready';
        this.#wake();
        this.batcher.release();
        return;
      } catch (error) {
        await thread.end();
        if (this.#state === 'stopped') return;
        if (error instanceof TaskFailed) throw error.error;
        if (attempt === MAX_STARTS) {
          throw new WalError(
            'SHALE_INTERNAL',
            `the thread of shard ${this.index} could not be started ${attempt} times: close the WAL and open it again`,
            { path: this.#context.data.path, cause: error },
          );
        }
        await delay(START_DELAY_MS * attempt);
      }
    }
  }

  /** The thread died: once it is really gone, start another. */
  #lost(thread: ShardThread): void {
    if (thread !== this.#thread || this.#state !== 'ready') return;
    this.#state = 'restarting';
    this.counters.restarts++;
    this.batcher.hold();
    void thread
      .end()
      .then(() => (this.#state === 'restarting' ? this.#bringUp() : undefined))
      .catch((cause: unknown) => this.#fail(cause));
  }

  #fail(cause: unknown): void {
    if (this.#state === 'stopped') return;
    const failure =
      cause instanceof WalError
        ? cause
        : new WalError('SHALE_INTERNAL', `shard ${this.index} cannot go on`, {
            path: this.#context.data.path,
            cause,
          });
    this.#state = 'failed';
    this.#failure = failure;
    this.#wake();
    this.#context.health.fail(failure);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #stopped(): WalError {
    return new WalError('SHALE_CLOSED', 'the WAL is closed: open it again with openWal to go on', {
      path: this.#context.data.path,
    });
  }

  #send(frame: Frame, done: () => void): void {
    const thread = this.#thread;
    const { pool, flow, health } = this.#context;
    const counters = this.counters;
    counters.frames++;
    counters.appends += frame.appendCount;
    counters.entries += frame.entryCount;
    counters.bytes += frame.byteCount;
    if (frame.sync) counters.syncs++;
    const settled = (error: WalError | null): void => {
      if (error !== null) {
        counters.failedFrames++;
        frame.fail(error);
        health.notice(error);
      }
      flow.release(frame.cost);
      done();
    };
    if (thread === null) {
      settled(this.#stopped());
      return;
    }
    const message = frame.seal();
    thread.run<'append'>({ kind: 'append', frame: message }, [message.buffer as ArrayBuffer]).then(
      (answer) => {
        try {
          const reply = decodeAppendReply(answer);
          frame.settle(reply);
        } catch (error) {
          settled(unknownOutcome(APPEND_ADVICE, error));
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
        this.#lost(thread);
        settled(unknownOutcome(APPEND_ADVICE, error));
      },
    );
  }
}

const APPEND_ADVICE =
  'the append may or may not be in: to append once and only once, append again with `expect` set to the sequence it must get';

/** What to do after a request of each kind was lost with its thread. */
const ADVICE: { readonly [K in ShardTaskKind]?: string } = {
  append: APPEND_ADVICE,
  trim: 'the trim may or may not have been done: trimming again does no harm',
  drop: 'the table may or may not have been dropped: drop it again',
  scanNext: 'the scan went with it: begin a new one',
  listNext: 'the listing went with it: begin a new one',
  catalogAppend: 'the name may or may not have been made: append again, with `expect` to append only once',
};

function unknownOutcome(advice: string, error: unknown): WalError {
  const cause = error instanceof ThreadLost ? error.cause : error;
  return new WalError('SHALE_OUTCOME_UNKNOWN', `the shard's thread went away before it answered; ${advice}`, {
    cause,
  });
}
