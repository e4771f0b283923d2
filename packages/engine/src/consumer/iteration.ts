import type { Batch } from './batch.js';

/** What an iteration needs of its consumer. */
export interface IterationSource<T> {
  next(): Promise<Batch<T> | null>;
  leave(): void;
  /** Whether asking for a batch acknowledges the one before. */
  readonly acksByAsking: boolean;
}

/** An iteration of a consumer. Those who ask at the same time get batches in the order in which they ask. */
export class Iteration<T> implements AsyncIterableIterator<Batch<T>> {
  readonly #source: IterationSource<T>;
  #last: Batch<T> | null = null;
  #isOver = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(source: IterationSource<T>) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<Batch<T>, undefined>> {
    const mine = this.#turn.then(() => this.#step());
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  return(): Promise<IteratorResult<Batch<T>, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<Batch<T>, undefined>> {
    this.#end();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #step(): Promise<IteratorResult<Batch<T>, undefined>> {
    if (this.#isOver) return { done: true, value: undefined };
    if (this.#source.acksByAsking) this.#last?.ack();
    this.#last = null;
    try {
      const batch = await this.#source.next();
      if (batch === null) this.#end();
      else {
        this.#last = batch;
        return { done: false, value: batch };
      }
    } catch (error) {
      this.#end();
      throw error;
    }
    return { done: true, value: undefined };
  }

  #end(): void {
    this.#last = null;
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source.leave();
  }
}
