import type { SequenceSpan } from '@shale/storage';
import type { Engine } from '../engine.js';
import type { ReadPart } from '../shard/protocol.js';
import type { Address } from '../table-ref.js';
import type { ChunkFetcher } from './chunk-stream.js';
import type { CheckedRange, CheckedRead } from './read-options.js';

/** Fetches the chunks of a table's range from the shard that owns it, which fixes the bounds when the first is read. */
export class TableChunks implements ChunkFetcher {
  readonly #engine: Engine;
  readonly #locate: () => Promise<Address | null>;
  readonly #range: CheckedRange;
  readonly #options: CheckedRead;
  /** Where the table is and what is left to read, once the read has begun. */
  #place: { readonly address: Address; span: SequenceSpan } | null = null;
  #left: number;
  /** Tells the shard whether the table was dropped meanwhile. */
  #watch: bigint | null = null;
  #isOver = false;

  /** @param locate finds the table; null when there is none */
  constructor(
    engine: Engine,
    locate: () => Promise<Address | null>,
    range: CheckedRange,
    options: CheckedRead,
  ) {
    this.#engine = engine;
    this.#locate = locate;
    this.#range = range;
    this.#options = options;
    this.#left = range.limit;
  }

  async fetch(): ReturnType<ChunkFetcher['fetch']> {
    if (this.#left === 0) return { chunk: null, done: true };
    const place = this.#place;
    const part = place === null ? await this.#start() : await this.#continue(place.address, place.span);
    if (part === null) return { chunk: null, done: true };
    this.#left -= part.chunk?.layout.entries ?? 0;
    if (part.next !== null && this.#place !== null) {
      this.#place.span = { ...this.#place.span, from: part.next };
    }
    return { chunk: part.chunk, done: part.next === null || this.#left === 0 };
  }

  end(): void {
    this.#isOver = true;
    if (this.#watch !== null) this.#engine.log.unwatch(this.#watch);
    this.#watch = null;
  }

  async #start(): Promise<ReadPart | null> {
    const address = await this.#locate();
    if (address === null || this.#isOver) return null;
    const watch = this.#engine.log.watch(address.id);
    this.#watch = watch;
    const part = await this.#engine.shard(address.shard).request<'readStart'>(
      {
        kind: 'readStart',
        id: address.id,
        watch,
        bounds: this.#range.bounds,
        chunkBytes: this.#options.chunkBytes,
        maxEntries: this.#maxEntries(),
      },
      'retry',
    );
    if (part !== null) this.#place = { address, span: part.span };
    return part;
  }

  #continue(address: Address, span: SequenceSpan): Promise<ReadPart> {
    return this.#engine.shard(address.shard).request<'readNext'>(
      {
        kind: 'readNext',
        id: address.id,
        span,
        chunkBytes: this.#options.chunkBytes,
        maxEntries: this.#maxEntries(),
      },
      'retry',
    );
  }

  #maxEntries(): number {
    return Math.min(this.#left, this.#options.chunkEntries);
  }
}
