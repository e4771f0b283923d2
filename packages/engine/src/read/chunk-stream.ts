import { EntryChunk, type WalError } from '@shale/codec';
import { onAbort } from '../abort.js';
import type { Cuttable, Engine } from '../engine.js';
import type { ChunkData } from '../shard/protocol.js';
import { nextTurn } from '../turn.js';

/** Where chunks come from, one after the other. */
export interface ChunkFetcher {
  /** The next part. Called again only when the one before has come, and not after `done`. */
  fetch(): Promise<{ readonly chunk: ChunkData | null; readonly done: boolean }>;
  /** The stream needs no more parts: it is through, has failed, or was left. Gives up whatever is held. */
  end(): void;
}

type Part = Awaited<ReturnType<ChunkFetcher['fetch']>>;

/**
 * Chunks in order, the next one being read while one is used. A failure sticks: after it every call fails with the
 * same error, so that it can never be taken for the end. Closing the WAL and aborting the signal make a stream fail.
 */
export class ChunkStream implements Cuttable {
  readonly #engine: Engine;
  readonly #fetcher: ChunkFetcher;
  readonly #signal: AbortSignal | undefined;
  #forgetSignal: () => void = nothing;
  /** Makes the call that waits for a part fail. It waits no longer than for that: nothing is kept of parts handed out. */
  #rejectWaiting: (error: unknown) => void = nothing;
  #state: 'new' | 'running' | 'done' | 'failed' = 'new';
  #failure: unknown;
  #ahead: Promise<Part> | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, fetcher: ChunkFetcher, signal: AbortSignal | undefined) {
    this.#engine = engine;
    this.#fetcher = fetcher;
    this.#signal = signal;
  }

  /** The next chunk that has entries; null at the end. */
  next(): Promise<EntryChunk | null> {
    const mine = this.#turn.then(() => this.#advance());
    this.#turn = mine.then(nothing, nothing);
    return mine;
  }

  /** Leaves the stream: the next call says that it has ended, unless it has failed. */
  leave(): void {
    if (this.#state === 'new' || this.#state === 'running') this.#finish('done');
  }

  cut(error: WalError): void {
    this.#fail(error);
  }

  async #advance(): Promise<EntryChunk | null> {
    if (this.#state === 'new') await this.#begin();
    try {
      while (this.#state === 'running') {
        const part = await this.#unlessCut(this.#ahead ?? this.#fetch());
        if (this.#state !== 'running') break;
        this.#ahead = null;
        if (part.done) this.#finish('done');
        else this.#ahead = this.#fetch();
        if (part.chunk !== null) return new EntryChunk(part.chunk.buffer, part.chunk.layout);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#state === 'failed') throw this.#failure;
    return null;
  }

  async #begin(): Promise<void> {
    this.#state = 'running';
    try {
      this.#signal?.throwIfAborted();
      this.#engine.watch(this);
      this.#forgetSignal = onAbort(this.#signal, () => this.#fail(this.#signal?.reason));
    } catch (error) {
      this.#fail(error);
      await nextTurn();
    }
  }

  #fetch(): Promise<Part> {
    const part = this.#fetcher.fetch();
    // Whether anybody still waits for it or not.
    part.catch(nothing);
    return part;
  }

  /** What a fetch comes to, or the failure that the stream comes to before. */
  async #unlessCut(part: Promise<Part>): Promise<Part> {
    try {
      return await new Promise((resolve, reject) => {
        this.#rejectWaiting = reject;
        part.then(resolve, reject);
      });
    } finally {
      this.#rejectWaiting = nothing;
    }
  }

  #fail(error: unknown): void {
    if (this.#state === 'failed' || this.#state === 'done') return;
    this.#failure = error;
    this.#finish('failed');
    this.#rejectWaiting(error);
  }

  #finish(state: 'done' | 'failed'): void {
    this.#state = state;
    this.#ahead = null;
    this.#fetcher.end();
    this.#engine.unwatch(this);
    this.#forgetSignal();
  }
}

function nothing(): void {}
