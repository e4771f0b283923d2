import type { Worker } from 'node:worker_threads';
import { addonPath } from '@shale/storage';
import type { Piscina } from 'piscina';
import { threadParts } from './installed.js';
import type { ShardReply, ShardResults, ShardTaskKind, ShardTasks, ThreadStart } from './protocol.js';
import { type Moved, type ShardLine, TaskFailed, ThreadLost } from './shard-line.js';
import { type ThreadOptions, threadOptions } from './thread-options.js';

/**
 * The most tasks given to the thread at once: no limit. A task that waits for a lent table waits in the thread, and the
 * task that takes the table back comes behind it: Piscina must not queue that one until the first is done.
 */
const TASKS_AT_ONCE = Number.MAX_SAFE_INTEGER;

/**
 * One incarnation of a shard's thread: a Piscina with a single worker, from its start to its end.
 *
 * Piscina would replace a dead worker by itself, but not after a failed start (then its next run() never settles), and
 * it starts the replacement while the old thread may still be inside a native write. So a pool here starts its worker
 * at the first task (`minThreads: 0`) and never a second one: when the worker is gone, this incarnation is over, and
 * everything that it had not answered fails with ThreadLost.
 */
export class ShardThread implements ShardLine {
  readonly #pool: Piscina<ShardTasks[ShardTaskKind], ShardReply>;
  #worker: Worker | null = null;
  #exited: Promise<void> = Promise.resolve();
  #cause: unknown = undefined;
  #gone = false;
  #ending: Promise<void> | null = null;
  #onGone: () => void = () => {};

  constructor(options: ThreadOptions = threadOptions()) {
    const { code, piscina, marker } = threadParts();
    this.#pool = new piscina.Piscina({
      filename: code,
      ...options,
      workerData: { addon: addonPath(), marker } satisfies ThreadStart,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: TASKS_AT_ONCE,
      stricterFIFO: true,
      // Waiting in Atomics.wait would keep finalizers and timers of the worker from running.
      atomics: 'disabled',
      recordTiming: false,
    });
    // Without a listener an error of an idle worker would be thrown at the process.
    this.#pool.on('error', (error: unknown) => this.#blame(error));
  }

  /** Threads that have begun to start and to load their code, for work that comes soon. */
  static start(count: number): ShardThread[] {
    const options = threadOptions();
    return Array.from({ length: count }, () => {
      const thread = new ShardThread(options);
      // When it fails, so does every later task.
      thread.run<'load'>({ kind: 'load' }).catch(() => undefined);
      return thread;
    });
  }

  /** Whether it can do nothing any more: every task fails with ThreadLost, and was not begun. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** Why it is gone; undefined while it is not. */
  get cause(): unknown {
    return this.#cause;
  }

  /** Calls `onGone` when the thread is going away without having been asked to; not if it has gone already. */
  watch(onGone: () => void): void {
    this.#onGone = onGone;
  }

  /** Calls `listener` with what the thread says without being asked. */
  listen(listener: (message: unknown) => void): void {
    this.#pool.on('message', listener);
  }

  /** The thread itself, for tests that end it. */
  get worker(): Worker | null {
    return this.#worker;
  }

  /** Runs a task. Rejects with TaskFailed or ThreadLost. */
  async run<K extends ShardTaskKind>(
    task: ShardTasks[K],
    transfer: readonly Moved[] = [],
  ): Promise<ShardResults[K]> {
    let reply: ShardReply;
    try {
      // Piscina would start another worker for it.
      if (this.#gone) throw this.#cause;
      const running = this.#pool.run(task, transfer.length === 0 ? {} : { transferList: [...transfer] });
      if (this.#worker === null) this.#adopt();
      reply = await running;
    } catch (cause) {
      this.#blame(cause);
      throw new ThreadLost(`the thread of the shard is gone: ${String(this.#cause)}`, { cause: this.#cause });
    }
    // The thread answers each kind of task with its own kind of result.
    if (reply.ok) return reply.value as ShardResults[K];
    throw new TaskFailed(reply.error, reply.buffer);
  }

  /** Ends the thread, whatever it is doing. Resolves when it is gone: nothing native of it runs any more. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#gone = true;
    this.#cause ??= new Error('it was ended');
    // Without a worker there is nothing to destroy but a task that Piscina still has, whose promise was not handed
    // out: its rejection would end the process.
    if (this.#worker !== null) await this.#pool.destroy();
    await this.#exited;
  }

  #adopt(): void {
    const worker = this.#pool.threads[0];
    if (worker === undefined) return;
    this.#worker = worker;
    this.#exited = new Promise((resolve) => {
      worker.once('error', (error: unknown) => this.#blame(error));
      worker.once('exit', (code) => {
        this.#blame(new Error(`its thread ended with code ${code}`));
        resolve();
        // What Piscina had queued for a worker that never got ready would wait without end.
        void this.#pool.destroy();
      });
    });
  }

  /** Keeps the first reason. */
  #blame(cause: unknown): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#cause = cause;
    this.#onGone();
  }
}
