import { WalError } from '@shale/codec';
import type { ShardWorkerData } from './protocol.js';
import { type Arrival, type ShardLine, TaskFailed, ThreadLost } from './shard-line.js';
import { ShardThread } from './shard-thread.js';

/** Between attempts while a caller waits for the failure: opening and closing. */
export const BRIEF_PAUSES_MS: readonly number[] = [25, 50, 100];
/**
 * Between attempts to replace a thread that died. Appends wait meanwhile, and what keeps a thread from starting, such
 * as a lack of memory, may last: about half a minute in all before the WAL is given up.
 */
export const PATIENT_PAUSES_MS: readonly number[] = [
  25, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000,
];

/** What a bring-up begins with. */
export interface BringUpStart {
  readonly data: ShardWorkerData;
  /** A thread that is starting already. */
  readonly first?: ShardThread;
  /** The thread that died: it must be gone before another one starts. */
  readonly previous?: ShardLine;
  readonly pauses: readonly number[];
}

/**
 * The way to a thread that is attached to the database: attempts, one after the other, with growing pauses between
 * them. It is over when one succeeds, when the database refuses, when the last one has failed, or by `stop()`.
 */
export class BringUp implements Arrival {
  readonly #data: ShardWorkerData;
  readonly #previous: ShardLine | undefined;
  #thread: ShardThread | undefined;
  #pauses: readonly number[];
  #attempts = 0;
  #stopped = false;
  #cutPause: () => void = () => {};

  constructor({ data, first, previous, pauses }: BringUpStart) {
    this.#data = data;
    this.#thread = first;
    this.#previous = previous;
    this.#pauses = pauses;
  }

  /**
   * Makes the attempts. Resolves after `ready` was called with a thread that is attached and alive at that moment;
   * rejects with what kept the threads from that, and then none of them is left.
   */
  async run(ready: (thread: ShardThread) => void): Promise<void> {
    await this.#previous?.end();
    while (!this.#isStopped()) {
      this.#attempts++;
      const thread = this.#thread ?? new ShardThread();
      this.#thread = thread;
      let failure: unknown;
      try {
        await thread.run<'attach'>({ kind: 'attach', data: this.#data });
        // It may have died, or have been ended, while its answer was on its way.
        if (!thread.isGone) {
          ready(thread);
          return;
        }
        failure = thread.cause;
      } catch (error) {
        failure = error instanceof ThreadLost ? error.cause : error;
      }
      await this.#endThread();
      if (failure instanceof TaskFailed) throw failure.error;
      if (isAccessDenied(failure)) throw this.#notPermitted(failure);
      await this.#pause(failure);
    }
    await this.#endThread();
    throw new WalError('SHALE_CLOSED', 'the WAL was closed while a thread was being started', {
      path: this.#data.path,
    });
  }

  /** A caller waits: tries again at once, and gives up soon. */
  hurry(): void {
    this.#pauses = BRIEF_PAUSES_MS;
    this.#cutPause();
  }

  /** Tries no more, and ends the thread that is being started. */
  stop(): void {
    this.#stopped = true;
    this.#cutPause();
    void this.#thread?.end();
  }

  async #endThread(): Promise<void> {
    await this.#thread?.end();
    this.#thread = undefined;
  }

  /** Waits before the next attempt; throws if there is to be none. */
  async #pause(cause: unknown): Promise<void> {
    if (this.#stopped) return;
    const [milliseconds, ...rest] = this.#pauses;
    if (milliseconds === undefined) {
      throw new WalError(
        'SHALE_INTERNAL',
        `the thread of a shard could not be started ${this.#attempts} times, the last time because of this: ` +
          `${describe(cause)}; put that right, then close the WAL and open it again`,
        { path: this.#data.path, cause, details: { attempts: this.#attempts } },
      );
    }
    this.#pauses = rest;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#cutPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #notPermitted(cause: unknown): WalError {
    return new WalError(
      'SHALE_UNSUPPORTED',
      `Node's permission model keeps the thread of a shard from starting (${describe(cause)}): allow it with ` +
        '--allow-worker, --allow-addons and --allow-fs-read for the packages of Shale and Piscina',
      { path: this.#data.path, cause },
    );
  }

  /** A method, for it changes while others are awaited. */
  #isStopped(): boolean {
    return this.#stopped;
  }
}

/** Whether Node's permission model refused something: trying again does not change that. */
function isAccessDenied(cause: unknown): boolean {
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED';
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
