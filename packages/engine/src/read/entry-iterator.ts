/** A chunk of a source, while some of it waits to be used. */
export interface Held {
  /**
   * The items from `index()` on wait to be asked for; `forget` is called when they are to be had from the source again.
   */
  lend(index: () => number, forget: () => void): void;
  /** The rest of it is not wanted any more. */
  release(): void;
}

/** A source of chunks that can be left. */
export interface ChunkSource<E> {
  next(): Promise<{ readonly items: ItemChunk<E>; readonly held: Held } | null>;
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
export class EntryIterator<E> implements AsyncIterableIterator<E> {
  readonly #source: ChunkSource<E>;
  #chunk: ItemChunk<E> | null = null;
  #held: Held | null = null;
  #index = 0;
  #failure: { readonly error: unknown } | null = null;
  /** Calls that wait for a chunk, in order. */
  #turn: Promise<unknown> | null = null;

  constructor(source: ChunkSource<E>) {
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
    this.#drop();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<E, undefined>> {
    this.#source.leave();
    this.#drop();
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
    let chunk = this.#chunk;
    while (chunk === null || this.#index >= chunk.length) {
      this.#drop();
      const next = await this.#source.next();
      if (next === null) return { done: true, value: undefined };
      chunk = next.items;
      this.#chunk = chunk;
      this.#held = next.held;
      this.#index = 0;
    }
    const value = this.#take(chunk);
    // From here on, so that every call gets an item.
    this.#held?.lend(
      () => this.#index,
      () => {
        this.#chunk = null;
        this.#held = null;
      },
    );
    return { done: false, value };
  }

  /** Releases the current chunk. */
  #drop(): void {
    const held = this.#held;
    this.#chunk = null;
    this.#held = null;
    held?.release();
  }

  #take(chunk: ItemChunk<E>): E {
    if (this.#failure !== null) throw this.#failure.error;
    let item: E;
    try {
      item = chunk.at(this.#index++);
    } catch (error) {
      this.#failure = { error };
      this.#source.leave();
      this.#drop();
      throw error;
    }
    if (this.#index >= chunk.length) this.#drop();
    return item;
  }
}
