import type { EntryChunk } from '@shale/codec';
import { type RangeBounds, requirePosition, type SequenceSpan, spanFrom } from '@shale/storage';
import type { ReadPart } from '../shard/protocol.js';
import type { Address } from '../table-ref.js';
import { checkInTurn, nextTurn } from '../turn.js';
import type { ChunkFetcher, Part } from './chunk-stream.js';
import type { ReadContext } from './read-context.js';
import type { CheckedRead } from './read-options.js';

/** At which sequence a read goes on, and how many entries it still takes. */
export interface TablePosition {
  readonly at: bigint;
  readonly left: number;
}

/** The table of a read. */
export interface ReadPlace {
  /** Its name, for messages; null when it was asked for by its id. */
  readonly name: string | null;
  /** Finds it; null when there is none. */
  readonly locate: () => Promise<Address | null>;
}

/**
 * Fetches the chunks of a table's range beside the shards: what is acknowledged is in the database. The bounds are fixed
 * when the first chunk is read. Where that leaves a doubt, the shard that owns the table says what the read comes to, as
 * it does of where a strict one begins: it alone knows which sequences were given out.
 */
export class TableChunks implements ChunkFetcher<TablePosition> {
  readonly #context: ReadContext;
  readonly #name: string | null;
  readonly #locate: () => Promise<Address | null>;
  #bounds: RangeBounds;
  /** Where it begins in time, until that is found. */
  #since: bigint | undefined;
  readonly #options: CheckedRead;
  /** Where the table is and what the read spans, once it has begun. */
  #place: { readonly address: Address; readonly span: SequenceSpan } | null = null;
  /** Tells the shard whether the table was dropped meanwhile. */
  #watch: bigint | null = null;
  #isOver = false;

  /** @param since milliseconds since 1970 */
  constructor(
    context: ReadContext,
    { name, locate }: ReadPlace,
    bounds: RangeBounds,
    options: CheckedRead,
    since?: bigint,
  ) {
    this.#context = context;
    this.#name = name;
    this.#locate = locate;
    this.#bounds = bounds;
    this.#since = since;
    this.#options = options;
  }

  async fetch(at: TablePosition | null, bytes: number): Promise<Part<TablePosition>> {
    return at === null ? await this.#start(bytes) : await this.#continue(at, bytes);
  }

  positionOf(at: TablePosition | null, chunk: EntryChunk, index: number): TablePosition {
    return { at: chunk.sequenceAt(index), left: (at?.left ?? this.#bounds.limit) - index };
  }

  end(): void {
    this.#isOver = true;
    if (this.#watch !== null) this.#context.log.unwatch(this.#watch);
    this.#watch = null;
  }

  async #start(bytes: number): Promise<Part<TablePosition>> {
    const { limit, reverse } = this.#bounds;
    const { strict, chunkEntries } = this.#options;
    if (limit === 0 && !strict) return await nothing();
    const address = await this.#locate();
    if (address !== null) await this.#beginAtTime(address);
    if (address === null && strict) await this.#requireBegin();
    if (address === null || this.#isOver) return await nothing();
    const watch = this.#watch ?? this.#context.log.watch(address.id);
    this.#watch = watch;
    // Of a limit of 0 the shard only checks where it begins.
    const maxEntries = Math.max(1, Math.min(limit, chunkEntries));
    const size = { chunkBytes: bytes, maxEntries };
    if (!strict && !reverse && !this.#context.shard(address.shard).isOver) {
      const fetched = await this.#context.log.fetchStart(address.id, this.#bounds, watch, size);
      if (fetched !== null) {
        const { chunk, next, neededBytes, to } = fetched;
        this.#place = { address, span: { from: 0n, to, watch } };
        return after({ chunk, next, neededBytes }, limit);
      }
      if (this.#isOver) return await nothing();
    }
    const part = await this.#context.ask<'readStart'>(
      { address, name: this.#name },
      {
        kind: 'readStart',
        id: address.id,
        watch,
        bounds: this.#bounds,
        strict,
        ...size,
      },
    );
    if (part === null || limit === 0) return END;
    this.#place = { address, span: part.span };
    return after(part, limit);
  }

  /** Finds where the time is at which the read begins. */
  async #beginAtTime(address: Address): Promise<void> {
    const ms = this.#since;
    if (ms === undefined) return;
    const at = await this.#context.ask<'timeAt'>(
      { address, name: this.#name },
      { kind: 'timeAt', id: address.id, ms },
    );
    const { from } = this.#bounds;
    this.#bounds = { ...this.#bounds, from: from === undefined || from < at ? at : from };
    this.#since = undefined;
  }

  async #continue({ at, left }: TablePosition, bytes: number): Promise<Part<TablePosition>> {
    const place = this.#place;
    if (place === null) return await nothing();
    const { address } = place;
    const span = spanFrom(place.span, at);
    const size = { chunkBytes: bytes, maxEntries: Math.min(left, this.#options.chunkEntries) };
    if (!span.reverse && !this.#context.shard(address.shard).isOver) {
      const fetched = await this.#context.log.fetchNext(address.id, span, size);
      if (fetched !== null) return after(fetched, left);
      if (this.#isOver) return await nothing();
    }
    const part = await this.#context.ask<'readNext'>(
      { address, name: this.#name },
      { kind: 'readNext', id: address.id, span, ...size },
    );
    return after(part, left);
  }

  /** There is no table: the next entry would be its first. */
  async #requireBegin(): Promise<void> {
    await checkInTurn(() =>
      requirePosition({ first: 1n, next: 1n }, this.#bounds, {
        path: this.#context.path,
        tableName: this.#name ?? undefined,
      }),
    );
  }
}

const END: Part<TablePosition> = { chunk: null, next: null, neededBytes: 0 };

/** The end, without having asked a shard. */
async function nothing(): Promise<Part<TablePosition>> {
  await nextTurn();
  return END;
}

/** The part that a shard has answered, when `before` entries were left to read. */
function after({ chunk, next, neededBytes }: ReadPart, before: number): Part<TablePosition> {
  const left = before - (chunk?.layout.entries ?? 0);
  return { chunk, next: next === null || left === 0 ? null : { at: next, left }, neededBytes };
}
