import type { EntryChunk } from '@shale/codec';
import type { Engine } from '../engine.js';
import type { Follow } from '../follow/follow.js';
import type { WideFollowOptions } from '../follow/follow-options.js';
import type { FollowedEntry } from '../follow/followed-entry.js';
import { followMany } from '../follow/wide-follow.js';
import { ChunkStream } from '../read/chunk-stream.js';
import { EntryOfRegion, type RegionEntry } from '../read/entry.js';
import { type ChunkSource, EntryIterator, type ItemChunk } from '../read/entry-iterator.js';
import { checkRegionReadOptions, type RegionReadOptions } from '../read/read-options.js';
import type { Seat } from '../seat.js';
import { RegionChunks } from './region-chunks.js';
import { openRegion, type RegionReport } from './region-recovery.js';

/** A region: tables that belong together. Made by `wal.region`; costs nothing and needs no closing. */
export class Region {
  /** The region's id. */
  readonly id: bigint;
  readonly #seat: Seat;

  /** @internal Use `wal.region`. */
  constructor(seat: Seat, id: bigint) {
    this.#seat = seat;
    this.id = id;
  }

  get #engine(): Engine {
    return this.#seat.engine;
  }

  /** @internal Whether it is a region of `engine`, and not only looks like one. */
  static isOf(value: object, engine: Engine): value is Region {
    return #seat in value && value.#engine === engine;
  }

  /**
   * Recovers every table of the region now, on all shards at once, instead of each when it is first touched. Never
   * needed for correctness: it moves the time that recovery takes, and reports what is there.
   */
  open(): Promise<RegionReport> {
    return this.#seat.run(async () => {
      this.#engine.lifecycle.requireOpen();
      this.#engine.requireOpener('region.open');
      return await openRegion(this.#engine, this.id);
    });
  }

  /**
   * Follows every table of the region, those that come into being later included: see {@link Follow}. Throws
   * SHALE_INVALID_ARGUMENT, SHALE_READ_ONLY, SHALE_CLOSED, and what keeps the WAL from writing.
   */
  follow(options?: WideFollowOptions): Follow<Uint8Array, FollowedEntry> {
    return followMany(this.#engine, this.id, options);
  }

  /**
   * Reads all tables of the region, ordered by (table, sequence), as they are when the iteration begins: everything
   * acknowledged before, and nothing that is appended or trimmed later. It holds a snapshot, which keeps trimmed
   * entries on disk, until it ends, fails or is left: leave it by `return()`, since one that is abandoned holds it
   * until it is collected.
   *
   * Fails with SHALE_CORRUPT at a block that cannot be read or a key that is not an entry's, after all that stands
   * before it, SHALE_CLOSED, the signal's reason, and SHALE_OUTCOME_UNKNOWN when the thread it ran on died: begin a new
   * one. Once it has failed it keeps failing.
   */
  scan(options: RegionReadOptions = {}): AsyncIterableIterator<RegionEntry> {
    const { signal, chunkBytes } = checkRegionReadOptions(options);
    const make = (): ChunkSource<RegionEntry> => {
      const chunks = new RegionChunks(this.#engine, this.id);
      const stream = new ChunkStream(this.#engine, chunks, { signal, chunkBytes });
      return {
        next: async () => {
          const held = await stream.next();
          return held === null ? null : { items: new RegionItems(held.chunk), held };
        },
        leave: () => stream.leave(),
      };
    };
    return new EntryIterator(this.#seat.source(make, signal));
  }
}

class RegionItems implements ItemChunk<RegionEntry> {
  readonly #chunk: EntryChunk;

  constructor(chunk: EntryChunk) {
    this.#chunk = chunk;
  }

  get length(): number {
    return this.#chunk.length;
  }

  at(index: number): RegionEntry {
    const chunk = this.#chunk;
    return new EntryOfRegion(chunk.tableAt(index).table, chunk.sequenceAt(index), chunk.payloadAt(index));
  }
}
