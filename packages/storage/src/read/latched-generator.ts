/**
 * A generator that latches its failure: once `next` has thrown, every later `next` throws the same error. A plain
 * generator would end, and a consumer that calls `next` again would take half a log for all of it.
 */
export class LatchedGenerator<T> implements Generator<T, void, undefined> {
  readonly #inner: Generator<T, void, undefined>;
  readonly #release: () => void;
  #failure: { readonly error: unknown } | undefined;

  /** `release` is called when the generator is left early: a generator that was never begun runs no `finally`. */
  constructor(inner: Generator<T, void, undefined>, release: () => void = () => {}) {
    this.#inner = inner;
    this.#release = release;
  }

  next(): IteratorResult<T, void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      return this.#inner.next();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  return(): IteratorResult<T, void> {
    this.#release();
    return this.#inner.return(undefined);
  }

  throw(error: unknown): IteratorResult<T, void> {
    this.#failure = { error };
    this.#release();
    return this.#inner.throw(error);
  }

  [Symbol.iterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.return();
  }

  get [Symbol.toStringTag](): string {
    return 'Generator';
  }
}
