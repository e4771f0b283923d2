import type { EntryChunk, PayloadCodec } from '@shale/codec';
import { decodeWith } from '../payload.js';
import type { ChunkStream } from './chunk-stream.js';
import { type Entry, EntryOfTable } from './entry.js';
import { type ChunkSource, EntryIterator, type ItemChunk } from './entry-iterator.js';
import type { TablePosition } from './table-chunks.js';

/** Consecutive entries of a read in one buffer, decoded when asked for. */
export class TableChunk<T = Uint8Array> implements Iterable<Entry<T>> {
  readonly #chunk: EntryChunk;
  readonly #codec: PayloadCodec<T, never>;

  /** @internal */
  constructor(chunk: EntryChunk, codec: PayloadCodec<T, never>) {
    this.#chunk = chunk;
    this.#codec = codec;
  }

  /** Entries in the chunk, at least 1. */
  get length(): number {
    return this.#chunk.length;
  }

  /** The sequence of the first entry. */
  get first(): bigint {
    return this.#chunk.sequenceAt(0);
  }

  /** The sequence of the last entry. */
  get last(): bigint {
    return this.#chunk.sequenceAt(this.#chunk.length - 1);
  }

  /** Entry `index`, from 0. Throws SHALE_INVALID_ARGUMENT, or SHALE_PAYLOAD when the codec cannot decode it. */
  at(index: number): Entry<T> {
    return new EntryOfTable(this.#chunk.sequenceAt(index), this.payloadAt(index));
  }

  /** The sequence of entry `index`, from 0. */
  sequenceAt(index: number): bigint {
    return this.#chunk.sequenceAt(index);
  }

  /** The payload of entry `index`, from 0. */
  payloadAt(index: number): T {
    return decodeWith(this.#codec, this.#chunk.payloadAt(index));
  }

  /** The entries, one by one. */
  *[Symbol.iterator](): Iterator<Entry<T>, undefined> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
}

/** Makes what gives chunks once the log is open: at once, as a rule. */
type WhenOpen = <E>(make: () => ChunkSource<E>) => ChunkSource<E>;

/**
 * A read that has not begun yet: iterate it for entries, or `chunks()` for many at a time. Each iteration is a read
 * of its own, whose upper bound is fixed when it begins: it sees every entry acknowledged before, and none that is
 * appended later.
 *
 * An iteration fails with SHALE_TRIMMED when entries that it had not reached yet are trimmed meanwhile or the table is
 * dropped (it never skips them in silence, nor goes on in a table that was begun again; drops of other tables are none
 * of it), with SHALE_HOLE, if it is strict, where sequences have no entries, with SHALE_CORRUPT at a block that cannot
 * be read or a key that is not an entry's, SHALE_CLOSED when the WAL is closed, SHALE_PAYLOAD when the codec fails, and
 * the signal's reason. What stands before damage is delivered first; a new read from behind it goes on there. Once an
 * iteration has failed it keeps failing with the same error.
 */
export class TableRead<T = Uint8Array> implements AsyncIterable<Entry<T>> {
  readonly #begin: () => ChunkStream<TablePosition>;
  readonly #codec: PayloadCodec<T, never>;
  readonly #when: WhenOpen;

  /** @internal */
  constructor(begin: () => ChunkStream<TablePosition>, codec: PayloadCodec<T, never>, when: WhenOpen) {
    this.#begin = begin;
    this.#codec = codec;
    this.#when = when;
  }

  /** Reads entry by entry. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Entry<T>> {
    return new EntryIterator(this.#source((chunk) => chunk));
  }

  /** Reads many entries at a time: much cheaper per entry. */
  chunks(): AsyncIterableIterator<TableChunk<T>> {
    return new EntryIterator(this.#source((chunk) => ({ length: 1, at: () => chunk })));
  }

  #source<E>(itemsOf: (chunk: TableChunk<T>) => ItemChunk<E>): ChunkSource<E> {
    return this.#when(() => this.#sourceNow(itemsOf));
  }

  #sourceNow<E>(itemsOf: (chunk: TableChunk<T>) => ItemChunk<E>): ChunkSource<E> {
    const stream = this.#begin();
    return {
      next: async () => {
        const held = await stream.next();
        return held === null ? null : { items: itemsOf(new TableChunk(held.chunk, this.#codec)), held };
      },
      leave: () => stream.leave(),
    };
  }
}
