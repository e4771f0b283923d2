import { availableParallelism } from 'node:os';

/** How long at most the thread looks for the next task before it sleeps. */
const POLL_MS = 0.3;

/**
 * Keeps the thread's event loop from sleeping for a moment after a task, if the last task came that soon after the one
 * before it: waking up takes longer than what a small append takes by itself. Tasks that come at longer intervals do
 * not make it poll, and neither does a machine with one core, where the time is not its own.
 */
export class BriefPoll {
  readonly #isUseful: boolean;
  #idleSince = Number.NEGATIVE_INFINITY;
  #wasSoon = false;
  #until = 0;
  #isPolling = false;

  /** @param cores how many there are */
  constructor(cores: number = availableParallelism()) {
    this.#isUseful = cores > 1;
  }

  /** Whether the event loop is kept awake. */
  get isPolling(): boolean {
    return this.#isPolling;
  }

  /** @param now of `performance.now()` */
  taskBegins(now: number): void {
    this.#wasSoon = now - this.#idleSince < POLL_MS;
  }

  /** @param now of `performance.now()` */
  taskEnds(now: number): void {
    this.#idleSince = now;
    if (!this.#isUseful || !this.#wasSoon) return;
    this.#until = now + POLL_MS;
    if (this.#isPolling) return;
    this.#isPolling = true;
    setImmediate(this.#look);
  }

  // The loop looks for messages between immediates, without waiting for any.
  readonly #look = (): void => {
    this.#isPolling = performance.now() < this.#until;
    if (this.#isPolling) setImmediate(this.#look);
  };
}
