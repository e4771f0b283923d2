import type { EntryChunk } from '@shale/codec';
import { abortReason, hasAborted, onAbort } from '../abort.js';
import type { Held } from '../read/entry-iterator.js';
import type { Abortable, Belongings } from '../read/open-reads.js';
import type { ReadContext } from '../read/read-context.js';
import type { Room } from '../read/read-memory.js';
import type { CheckedRead } from '../read/read-options.js';
import { type Cursor, type CursorFetch, type FollowGap, PEEKED_BYTES } from './cursor.js';
import type { Inbox } from './inbox.js';

/** What comes next of a table: entries, or what is missing before those that come. */
export interface Delivery {
  readonly cursor: Cursor;
  readonly chunk: EntryChunk | null;
  readonly gap: FollowGap | null;
  /** The memory of the chunk, while some of it waits to be used. */
  readonly held: Held;
}

/** A fetch that is under way, or done. */
interface Fetching {
  readonly cursor: Cursor;
  readonly result: Promise<Fetched>;
  /** Its result; null until it has one. */
  fetched: Fetched | null;
}

/** What was fetched, in the memory that is booked for it. */
interface Fetched {
  readonly found: CursorFetch;
  readonly room: Room;
}

/**
 * The chunks of a follow, of one table after the other, the next one being read while one is used if there is room for
 * it. It has no end of its own: it ends when the WAL is closed or it is left, and a failure is latched. What was handed
 * out and not used is given up after a moment without use, and read again when it is asked for: a follow that stands
 * still holds nothing.
 */
export class FollowStream implements Abortable {
  readonly #context: ReadContext;
  readonly #inbox: Inbox<Cursor>;
  readonly #read: CheckedRead;
  /** What is released at the end, also when the stream is collected. */
  readonly #belongings: Belongings;
  #state: 'running' | 'done' | 'failed' = 'running';
  #failure: unknown;
  #ahead: Fetching | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** Makes what the stream waits for not be waited for. */
  #stopWaiting: () => void = nothing;

  /** @param end lets go of the tables; must not reference the stream */
  constructor(context: ReadContext, inbox: Inbox<Cursor>, read: CheckedRead, end: () => void) {
    this.#context = context;
    this.#inbox = inbox;
    this.#read = read;
    const { signal } = read;
    // The signal may outlive the follow.
    const self = new WeakRef(this);
    const forget = onAbort(signal, () => self.deref()?.fail(abortReason(signal)));
    this.#belongings = {
      end: () => {
        forget();
        end();
      },
    };
    context.reads.add(this, this.#belongings);
    if (hasAborted(signal)) this.fail(abortReason(signal));
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Throws what it has failed with. */
  requireNoFailure(): void {
    if (this.#state === 'failed') throw this.#failure;
  }

  /** Whoever waits for it lets the event loop end from now on. */
  unref(): void {
    this.#inbox.keepsRunning = false;
  }

  /** What comes next; null when the follow is over. */
  next(): Promise<Delivery | null> {
    const mine = this.#turn.then(() => this.#advance());
    this.#turn = mine.then(nothing, nothing);
    return mine;
  }

  /** Ends the follow, unless it has failed. */
  leave(): void {
    this.#finish('done');
  }

  /** The WAL is closed. */
  abort(): void {
    this.leave();
  }

  fail(error: unknown): void {
    if (this.#state !== 'running') return;
    this.#failure = error;
    this.#finish('failed');
  }

  async #advance(): Promise<Delivery | null> {
    try {
      while (this.#state === 'running') {
        const delivery = await this.#step();
        if (delivery !== null) return delivery;
      }
    } catch (error) {
      this.fail(error);
    }
    this.requireNoFailure();
    return null;
  }

  /** What comes next, if one step comes to that. */
  async #step(): Promise<Delivery | null> {
    const { failure, isOpen } = this.#inbox;
    if (failure !== null) throw failure.error;
    const ahead = this.#ahead;
    this.#ahead = null;
    ahead?.fetched?.room.pin();
    const cursor = isOpen ? (ahead?.cursor ?? this.#inbox.shift()) : undefined;
    if (cursor === undefined) {
      await this.#inbox.whenWoken();
      return null;
    }
    const gap = cursor.takeGap();
    if (gap !== null) {
      ahead?.result.then(release, nothing);
      cursor.changed();
      return { cursor, chunk: null, gap, held: NOTHING_HELD };
    }
    const fetched =
      (ahead === null ? this.#peek(cursor) : null) ??
      (await this.#unlessStopped(ahead?.result ?? this.#fetch(cursor, null)));
    if (fetched === null) return null;
    const { found, room } = fetched;
    if (!cursor.take(found)) {
      // What it is instead, its table tells, or has told.
      room.release();
      return null;
    }
    cursor.changed();
    this.#fetchAhead();
    if (found.is === 'gap') {
      room.release();
      return { cursor, chunk: null, gap: found.gap, held: NOTHING_HELD };
    }
    return found.is === 'chunk' ? this.#handOut(cursor, found.epoch, found.chunk, room) : null;
  }

  #handOut(cursor: Cursor, epoch: number, chunk: EntryChunk, room: Room): Delivery {
    const held: Held = {
      lend: (index, forget) =>
        room.lend({
          progress: index,
          letGo: () => {
            this.#goBack(cursor, epoch, chunk.sequenceAt(index()));
            forget();
          },
        }),
      release: () => room.release(),
    };
    return { cursor, chunk, gap: null, held };
  }

  /** What has been handed out is to be handed out again from a sequence on. */
  #goBack(cursor: Cursor, epoch: number, sequence: bigint): void {
    if (this.#state !== 'running') return;
    this.#dropAhead();
    cursor.goBack(epoch, sequence);
  }

  /** Fetches what comes next, if there is room for it now. */
  #fetchAhead(): void {
    if (this.#inbox.isEmpty) return;
    const room = this.#context.readMemory.tryTake(this.#read.chunkBytes);
    if (room === null) return;
    const cursor = this.#inbox.shift();
    if (cursor === undefined) {
      room.release();
      return;
    }
    const ahead: Fetching = { cursor, result: this.#fetch(cursor, room), fetched: null };
    this.#ahead = ahead;
    ahead.result.then(
      (fetched) => {
        ahead.fetched = fetched;
        if (this.#ahead !== ahead) return;
        fetched.room.lend({
          progress: () => 0,
          letGo: () => {
            if (this.#ahead === ahead) this.#dropAhead();
          },
        });
      },
      // Who waits for it gets the error.
      nothing,
    );
  }

  #dropAhead(): void {
    const ahead = this.#ahead;
    if (ahead === null) return;
    this.#ahead = null;
    ahead.result.then(release, nothing);
    if (ahead.cursor.hasWork) this.#inbox.pushFirst(ahead.cursor);
  }

  /** What can be had without waiting; null when there is nothing. */
  #peek(cursor: Cursor): Fetched | null {
    const { chunkBytes, chunkEntries } = this.#read;
    const room = this.#context.readMemory.tryTake(Math.min(chunkBytes, PEEKED_BYTES));
    if (room === null) return null;
    const found = cursor.peek({ chunkBytes: room.bytes, maxEntries: chunkEntries });
    if (found?.is !== 'chunk') {
      room.release();
      return null;
    }
    room.resize(found.bytes);
    return { found, room };
  }

  /** Fetches in memory that is booked for it. */
  async #fetch(cursor: Cursor, booked: Room | null): Promise<Fetched> {
    const { readMemory } = this.#context;
    const { chunkBytes, chunkEntries } = this.#read;
    let room = booked ?? (await readMemory.take(chunkBytes));
    try {
      for (;;) {
        const found = await cursor.fetch({ chunkBytes: room.bytes, maxEntries: chunkEntries });
        if (found.is !== 'tooLarge') {
          room.resize(found.is === 'chunk' ? found.bytes : 0);
          return { found, room };
        }
        // An entry that is larger than a chunk comes in one of its own.
        room.release();
        room = await readMemory.take(found.bytes, found.bytes);
      }
    } catch (error) {
      room.release();
      throw error;
    }
  }

  /** What a fetch comes to; null when the follow ends before. */
  async #unlessStopped(result: Promise<Fetched>): Promise<Fetched | null> {
    const fetched = await new Promise<Fetched | null>((resolve, reject) => {
      this.#stopWaiting = () => resolve(null);
      result.then(resolve, reject);
    }).finally(() => {
      this.#stopWaiting = nothing;
    });
    if (fetched !== null && this.#state === 'running') return fetched;
    result.then(release, nothing);
    return null;
  }

  #finish(state: 'done' | 'failed'): void {
    if (this.#state !== 'running') return;
    this.#state = state;
    this.#dropAhead();
    this.#context.reads.delete(this.#belongings);
    this.#belongings.end();
    this.#stopWaiting();
    this.#inbox.wake();
  }
}

const NOTHING_HELD: Held = { lend: nothing, release: nothing };

function release({ room }: Fetched): void {
  room.release();
}

function nothing(): void {}
