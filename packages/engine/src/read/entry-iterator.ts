/** A source of chunks that can be left. */
export interface ChunkSource<C> {
  next(): Promise<C | null>;
  leave(): void;
}

/** A chunk as the iterator sees it: so many items, each made when asked for. */
export interface ItemChunk<E> {
  /** Items in the chunk. */
  readonly length: number;
  /** Item `index`, from 0. */
  at(index: number): E;
}

/**
 * Walks the items of chunks. Written by hand because an async generator costs several microtasks per item, and this
 * runs once per entry: an item that is there already costs one resolved promise.
 */
export class EntryIterator<E> implements AsyncIterableIterator<E, undefined> {
  readonly #source: ChunkSource<ItemChunk<E>>;
  #chunk: ItemChunk<E> | null = null;
  #index = 0;
  #failure: { readonly error: unknown } | null = null;
  /** Calls that wait for a chunk, in order. */
  #turn: Promise<unknown> | null = null;

  constructor(source: ChunkSource<ItemChunk<E>>) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<E, undefined>> {
    if (this.#turn === null && this.#chunk !== null && this.#index < this.#chunk.length) {
      try {
        return Promise.resolve({ done: false, value: this.#take(this.#chunk) });
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const mine = (this.#turn ?? Promise.resolve()).then(() => this.#step());
    const turn = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#turn = turn;
    // The last one in the queue opens the short way again.
    void turn.then(() => {
      if (this.#turn === turn) this.#turn = null;
    });
    return mine;
  }

  return(): Promise<IteratorResult<E, undefined>> {
    this.#source.leave();
    this.#chunk = null;
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<E, undefined>> {
    this.#source.leave();
    this.#failure ??= { error };
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #step(): Promise<IteratorResult<E, undefined>> {
    if (this.#failure !== null) throw this.#failure.error;
    while (this.#chunk === null || this.#index >= this.#chunk.length) {
      this.#chunk = await this.#source.next();
      this.#index = 0;
      if (this.#chunk === null) return { done: true, value: undefined };
    }
    return { done: false, value: this.#take(this.#chunk) };
  }

  #take(chunk: ItemChunk<E>): E {
    if (this.#failure !== null) throw this.#failure.error;
    try {
      return chunk.at(this.#index++);
    } catch (error) {
      this.#failure = { error };
      this.#source.leave();
      throw error;
    }
  }
}
