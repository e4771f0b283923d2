import { requirePosition, type SequenceSpan } from '@shale/storage';
import type { Engine } from '../engine.js';
import type { ReadPart } from '../shard/protocol.js';
import type { Address } from '../table-ref.js';
import { checkInTurn, nextTurn } from '../turn.js';
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
    const place = this.#place;
    if (this.#left === 0 && (place !== null || !this.#options.strict)) return await nothing();
    const part = place === null ? await this.#start() : await this.#continue(place.address, place.span);
    if (part === null) return await nothing();
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
    if (address === null && this.#options.strict) await this.#requireBegin();
    if (address === null || this.#isOver) return null;
    const watch = this.#engine.log.watch(address.id);
    this.#watch = watch;
    const part = await this.#engine.shard(address.shard).request<'readStart'>(
      {
        kind: 'readStart',
        id: address.id,
        watch,
        bounds: this.#range.bounds,
        strict: this.#options.strict,
        chunkBytes: this.#options.chunkBytes,
        // Of a limit of 0 the shard only checks where it begins.
        maxEntries: Math.max(1, this.#maxEntries()),
      },
      'retry',
    );
    if (this.#left === 0) return null;
    if (part !== null) this.#place = { address, span: part.span };
    return part;
  }

  /** There is no table: the next entry would be its first. */
  async #requireBegin(): Promise<void> {
    await checkInTurn(() =>
      requirePosition({ first: 1n, next: 1n }, this.#range.bounds, { path: this.#engine.path }),
    );
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

/** The end, without having asked a shard. */
async function nothing(): ReturnType<ChunkFetcher['fetch']> {
  await nextTurn();
  return { chunk: null, done: true };
}
