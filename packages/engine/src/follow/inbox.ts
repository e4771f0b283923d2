import { keepRunning } from '../keep-running.js';

/** What waits in an inbox: a table that has something for its follow. */
export interface Ready {
  isQueued: boolean;
}

/**
 * The tables that have something for a follow, in turn. Tables hold it, and with it nothing of the follow but, while the
 * follow waits, the call that wakes it: a follow that nobody waits for can be collected.
 */
export class Inbox<R extends Ready> {
  /** Whether who waits keeps the event loop running. */
  keepsRunning = true;
  /** Whether the follow has its positions: until then nothing is handed out. */
  isOpen = false;
  readonly #queue: R[] = [];
  #wake: (() => void) | null = null;
  #failure: { readonly error: unknown } | null = null;

  /** What made following impossible; null while nothing has. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** Puts one at the end, unless it is there. */
  push(ready: R): void {
    if (ready.isQueued) return;
    ready.isQueued = true;
    this.#queue.push(ready);
    if (this.isOpen) this.wake();
  }

  /** Puts one at the beginning, wherever it is. */
  pushFirst(ready: R): void {
    if (ready.isQueued) this.#queue.splice(this.#queue.indexOf(ready), 1);
    ready.isQueued = true;
    this.#queue.unshift(ready);
  }

  /** Takes the first one out. */
  shift(): R | undefined {
    const ready = this.#queue.shift();
    if (ready !== undefined) ready.isQueued = false;
    return ready;
  }

  open(): void {
    this.isOpen = true;
    this.wake();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.wake();
  }

  /** Resolves when something may have come. One at a time waits. */
  whenWoken(): Promise<void> {
    const isOver = this.keepsRunning ? keepRunning() : nothing;
    return new Promise((resolve) => {
      this.#wake = () => {
        isOver();
        resolve();
      };
    });
  }

  wake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

function nothing(): void {}
