import type { PayloadCodec } from '@shale/codec';
import { invalid } from '@shale/storage';
import type { Entry } from '../read/entry.js';
import { type ChunkSource, EntryIterator, type ItemChunk } from '../read/entry-iterator.js';
import { FollowChunk } from './follow-chunk.js';
import type { FollowStream } from './follow-stream.js';

/**
 * Entries as they come: first those that are there, then each that is appended, of every table in order, without a hole
 * and each once. It begins when it is made; iterate it once, for entries, or for `chunks()`. There is no order between
 * tables, and an atomic write over several may come in parts.
 *
 * A follower that is slow holds no more memory than a read does, and keeps nothing on the disk; what is trimmed before it
 * comes there is told, never passed over in silence. Threads that die, and `wal.resume()`, it does not notice.
 *
 * Whoever waits for an entry keeps the thread or process running, as a server that listens does.
 *
 * It ends when it is left, or when the WAL is closed: follow on from the last sequence that came when it is open again.
 * It fails with SHALE_TRIMMED when entries are gone that it was not given, unless `onTrimmed` is `'skip'`, or when a table
 * that was dropped begins again; with SHALE_HOLE, if it is strict, where sequences have no entries; with SHALE_CORRUPT
 * at something that cannot be read, SHALE_PAYLOAD when the codec fails, the error that keeps the WAL from putting anything
 * on stable storage, and the signal's reason. Once it has failed it keeps failing with the same error.
 */
export class Follow<T = Uint8Array, E extends Entry<T> = Entry<T>>
  implements AsyncIterable<E>, AsyncDisposable
{
  /**
   * Resolves when it is fixed where the follow begins: every entry that is acknowledged from then on comes. Rejects with
   * SHALE_AHEAD, with what the follow has failed with, or with SHALE_CLOSED.
   */
  readonly ready: Promise<void>;
  readonly #stream: FollowStream;
  readonly #codec: PayloadCodec<T, never>;
  readonly #itemsOf: (chunk: FollowChunk<T>) => ItemChunk<E>;
  #isTaken = false;

  /** @internal */
  constructor(
    stream: FollowStream,
    ready: Promise<void>,
    codec: PayloadCodec<T, never>,
    itemsOf: (chunk: FollowChunk<T>) => ItemChunk<E>,
  ) {
    this.#stream = stream;
    this.ready = ready;
    this.#codec = codec;
    this.#itemsOf = itemsOf;
  }

  /** @internal Whoever waits for it lets the process end: it is for somebody elsewhere. */
  unref(): void {
    this.#stream.unref();
  }

  /** The entries, one by one. Throws SHALE_INVALID_ARGUMENT the second time. */
  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    return new EntryIterator(this.#source(this.#itemsOf));
  }

  /** Many entries of a table at a time, which is much cheaper per entry. Throws as the entries do. */
  chunks(): AsyncIterableIterator<FollowChunk<T>> {
    return new EntryIterator(this.#source((chunk) => ({ length: 1, at: () => chunk })));
  }

  /** `await using` ends the follow. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.leave();
  }

  #source<I>(itemsOf: (chunk: FollowChunk<T>) => ItemChunk<I>): ChunkSource<I> {
    if (this.#isTaken) throw invalid('follow', 'a follow can be iterated once: follow again for another one');
    this.#isTaken = true;
    const stream = this.#stream;
    return {
      next: async () => {
        const delivery = await stream.next();
        if (delivery === null) return null;
        const { cursor, chunk, gap, held } = delivery;
        const { id } = cursor.table.address;
        return { items: itemsOf(new FollowChunk(id, cursor.name, chunk, gap, this.#codec)), held };
      },
      leave: () => stream.leave(),
    };
  }
}
