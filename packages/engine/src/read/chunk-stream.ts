import { EntryChunk } from '@shale/codec';
import { abortReason, hasAborted, onAbort } from '../abort.js';
import type { ChunkData } from '../shard/protocol.js';
import { nextTurn } from '../turn.js';
import type { Abortable, Belongings } from './open-reads.js';
import type { ReadContext } from './read-context.js';
import type { Room } from './read-memory.js';

/** A part of a read, and where the next one begins. */
export interface Part<P> {
  /** Null when the part has no entry. */
  readonly chunk: ChunkData | null;
  /** Null at the end. */
  readonly next: P | null;
  /** Above 0: the next entry alone needs so many bytes, and nothing was read. */
  readonly neededBytes: number;
}

/** Where chunks come from. `end` releases what it holds elsewhere. */
export interface ChunkFetcher<P> extends Belongings {
  /** The part that begins at `at`, of about `bytes` at most. `at` is null until a part has said what comes next. */
  fetch(at: P | null, bytes: number): Promise<Part<P>>;
  /** Where entry `index` of the chunk is that was fetched at `at`. */
  positionOf(at: P | null, chunk: EntryChunk, index: number): P;
}

/** The least that is fetched, after what was held had to be given up. */
const RESTART_BYTES = 64 * 1024;
const GROWTH = 4;

/** A fetched part, in the memory that is booked for it. */
interface Fetched<P> {
  readonly at: P | null;
  readonly next: P | null;
  readonly chunk: ChunkData | null;
  readonly room: Room;
}

/** A read-ahead. */
interface Ahead<P> {
  readonly result: Promise<Fetched<P>>;
  /** Its result; null until it has one. */
  fetched: Fetched<P> | null;
  /** Cancels it. */
  isVoid: boolean;
}

/** A chunk that was handed out: its unused part can be taken back, as long as it says so. */
export class HandedOut {
  readonly chunk: EntryChunk;
  readonly #room: Room;
  readonly #goBack: (index: number) => void;
  readonly #onEnd: () => void;

  constructor(chunk: EntryChunk, room: Room, goBack: (index: number) => void, onEnd: () => void) {
    this.chunk = chunk;
    this.#room = room;
    this.#goBack = goBack;
    this.#onEnd = onEnd;
  }

  /**
   * The entries from `index()` on wait to be asked for. When there is no room for them any more, `forget` is called,
   * and the stream then hands them out again.
   */
  lend(index: () => number, forget: () => void): void {
    this.#room.lend({
      progress: index,
      letGo: () => {
        this.#goBack(index());
        forget();
      },
    });
  }

  /** The rest of it is not wanted any more. */
  release(): void {
    this.#room.release();
    this.#onEnd();
  }
}

/**
 * Chunks in order, the next one being read while one is used if there is room for it. A failure is latched: after it
 * every call fails with the same error, so that it can never be taken for the end. Closing the WAL and aborting the
 * signal make a stream fail. A stream that is left alone holds nothing after a moment, and is forgotten when it is
 * collected.
 */
export class ChunkStream<P> implements Abortable {
  readonly #context: ReadContext;
  readonly #fetcher: ChunkFetcher<P>;
  readonly #signal: AbortSignal | undefined;
  readonly #chunkBytes: number;
  /** What is released at the end, also when the stream is collected. */
  #belongings: Belongings;
  /**
   * Makes the call that waits for a part fail. It waits no longer than for that: nothing is kept of parts handed out.
   */
  #rejectWaiting: (error: unknown) => void = nothing;
  #state: 'new' | 'running' | 'done' | 'failed' = 'new';
  #failure: unknown;
  /** Where what has not been handed out begins, and whether there is anything. */
  #at: P | null = null;
  #isAtEnd = false;
  /** How much is asked for at a time. */
  #pace: number;
  #ahead: Ahead<P> | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    context: ReadContext,
    fetcher: ChunkFetcher<P>,
    options: { readonly signal: AbortSignal | undefined; readonly chunkBytes: number },
  ) {
    this.#context = context;
    this.#fetcher = fetcher;
    this.#belongings = fetcher;
    this.#signal = options.signal;
    this.#chunkBytes = options.chunkBytes;
    this.#pace = options.chunkBytes;
  }

  /** The next chunk that has entries; null at the end. */
  next(): Promise<HandedOut | null> {
    const mine = this.#turn.then(() => this.#advance());
    this.#turn = mine.then(nothing, nothing);
    return mine;
  }

  /** Leaves the stream: the next call says that it has ended, unless it has failed. */
  leave(): void {
    if (this.#state === 'new' || this.#state === 'running') this.#finish('done');
  }

  /** The signal has aborted, or the WAL is closed. */
  abort(error: unknown): void {
    this.#fail(error);
  }

  async #advance(): Promise<HandedOut | null> {
    if (this.#state === 'new') await this.#begin();
    try {
      while (this.#state === 'running') {
        if (this.#isAtEnd) {
          this.#finish('done');
          break;
        }
        const { at, next, chunk, room } = await this.#unlessAborted(
          this.#takeAhead() ?? this.#fetch(this.#at, null),
        );
        this.#at = next;
        this.#isAtEnd = next === null;
        this.#pace = Math.min(this.#chunkBytes, this.#pace * GROWTH);
        if (next !== null) this.#fetchAhead(next);
        if (chunk === null) {
          room.release();
          continue;
        }
        return this.#handOut(at, new EntryChunk(chunk.buffer, chunk.layout), room);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#state === 'failed') throw this.#failure;
    return null;
  }

  #handOut(at: P | null, chunk: EntryChunk, room: Room): HandedOut {
    return new HandedOut(
      chunk,
      room,
      (index) => this.#goBack(this.#fetcher.positionOf(at, chunk, index)),
      () => {
        if (this.#isAtEnd && this.#state === 'running') this.#finish('done');
      },
    );
  }

  async #begin(): Promise<void> {
    this.#state = 'running';
    try {
      if (hasAborted(this.#signal)) throw abortReason(this.#signal);
      this.#context.lifecycle.requireOpen();
      // The signal may outlive the reader.
      const self = new WeakRef(this);
      const signal = this.#signal;
      const forget = onAbort(signal, () => self.deref()?.abort(abortReason(signal)));
      const fetcher = this.#fetcher;
      this.#belongings = {
        end: () => {
          forget();
          fetcher.end();
        },
      };
      this.#context.reads.add(this, this.#belongings);
    } catch (error) {
      this.#fail(error);
      await nextTurn();
    }
  }

  /** What has been fetched ahead, or is about to be; null when there is nothing. */
  #takeAhead(): Promise<Fetched<P>> | null {
    const ahead = this.#ahead;
    if (ahead === null) return null;
    this.#ahead = null;
    if (ahead.fetched !== null) {
      ahead.fetched.room.pin();
      return Promise.resolve(ahead.fetched);
    }
    return ahead.result;
  }

  /** Fetches the next part, if there is room for it now. */
  #fetchAhead(at: P): void {
    const room = this.#context.readMemory.tryTake(this.#pace);
    if (room === null) return;
    const result = this.#fetch(at, room);
    const ahead: Ahead<P> = { result, fetched: null, isVoid: false };
    this.#ahead = ahead;
    result.then(
      (fetched) => {
        ahead.fetched = fetched;
        if (ahead.isVoid || this.#state !== 'running') fetched.room.release();
        else if (this.#ahead === ahead) {
          fetched.room.lend({
            progress: () => 0,
            letGo: () => {
              if (this.#ahead === ahead) this.#ahead = null;
            },
          });
        }
      },
      // The reader that waits for it gets the error.
      nothing,
    );
  }

  /** Fetches a part in memory that is booked for it. */
  async #fetch(from: P | null, booked: Room | null): Promise<Fetched<P>> {
    const { readMemory } = this.#context;
    let at = from;
    let room = booked ?? (await readMemory.take(this.#pace));
    try {
      for (;;) {
        this.#requireRunning();
        const { chunk, next, neededBytes } = await this.#fetcher.fetch(at, room.bytes);
        if (neededBytes === 0) {
          room.resize(chunk?.buffer.byteLength ?? 0);
          return { at, next, chunk, room };
        }
        // An entry that is larger than a chunk comes in one of its own.
        at = next;
        room.release();
        room = await readMemory.take(neededBytes, neededBytes);
      }
    } catch (error) {
      room.release();
      throw error;
    }
  }

  #requireRunning(): void {
    // The error has no caller.
    if (this.#state !== 'running') throw new Error('the read has ended');
  }

  /** What has been handed out is to be handed out again from a position on. */
  #goBack(at: P): void {
    if (this.#state !== 'running') return;
    this.#dropAhead();
    this.#at = at;
    this.#isAtEnd = false;
    this.#pace = Math.min(this.#chunkBytes, RESTART_BYTES);
  }

  #dropAhead(): void {
    const ahead = this.#ahead;
    if (ahead === null) return;
    this.#ahead = null;
    ahead.isVoid = true;
    ahead.fetched?.room.release();
  }

  /** What a fetch comes to, or the failure that the stream comes to before. */
  async #unlessAborted(part: Promise<Fetched<P>>): Promise<Fetched<P>> {
    try {
      const fetched = await new Promise<Fetched<P>>((resolve, reject) => {
        this.#rejectWaiting = reject;
        part.then(resolve, reject);
      });
      this.#requireRunning();
      return fetched;
    } catch (error) {
      // Its reader has gone.
      part.then(({ room }) => room.release(), nothing);
      throw error;
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
    this.#dropAhead();
    this.#context.reads.delete(this.#belongings);
    this.#belongings.end();
  }
}

function nothing(): void {}
