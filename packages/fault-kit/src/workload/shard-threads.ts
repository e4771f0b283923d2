import { BroadcastChannel, type Worker } from 'node:worker_threads';
import { THREAD_FAULTS, type ThreadFault } from './thread-fault.js';

/** The worker threads of this process, as Node itself announces them: for breaking them on purpose. */
export class ShardThreads {
  /** How many have been started so far. */
  started = 0;
  readonly #alive: Worker[] = [];
  readonly #channel = new BroadcastChannel(THREAD_FAULTS);

  /** @param broken called when a thread says that it is about to break */
  constructor(broken: () => void) {
    this.#channel.onmessage = broken;
    this.#channel.unref();
    process.on('worker', (worker: Worker) => {
      this.started++;
      this.#alive.push(worker);
      worker.once('exit', () => this.#alive.splice(this.#alive.indexOf(worker), 1));
    });
  }

  /** Ends one of them, whatever it is doing. False when there is none. */
  async end(pick: number): Promise<boolean> {
    const worker = this.#pick(pick);
    await worker?.terminate();
    return worker !== undefined;
  }

  /** Lets one of them run into something; it must have loaded `thread-faults.js`. False when there is none. */
  break(pick: number, fault: ThreadFault): boolean {
    const worker = this.#pick(pick);
    if (worker === undefined) return false;
    this.#channel.postMessage({ ...fault, threadId: worker.threadId });
    return true;
  }

  #pick(pick: number): Worker | undefined {
    return this.#alive[pick % this.#alive.length];
  }
}
