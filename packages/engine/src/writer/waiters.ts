interface Waiter {
  readonly at: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Promises that wait for a count that only grows. */
export class Waiters {
  #waiting: Waiter[] = [];

  /** Resolves when the count has reached `at`. Counts that are waited for never get less. */
  wait(at: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ at, resolve, reject }));
  }

  /** The count is `count` now. */
  reached(count: number): void {
    const later = this.#waiting.findIndex(({ at }) => at > count);
    for (const { resolve } of this.#waiting.splice(0, later < 0 ? this.#waiting.length : later)) resolve();
  }

  /** It will not be reached. */
  fail(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
