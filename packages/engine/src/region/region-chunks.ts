import type { EntryChunk } from '@shale/codec';
import type { RegionPosition } from '@shale/storage';
import type { Engine } from '../engine.js';
import type { ChunkFetcher, Part } from '../read/chunk-stream.js';
import { newCursor } from '../shard/cursor-number.js';
import type { Shard } from '../shard/shard.js';

/**
 * Fetches the chunks of a whole region. Any shard can do it: the tables are in one database. It
 * works on a snapshot that the thread holds until the end, so a thread that dies takes the scan with it.
 */
export class RegionChunks implements ChunkFetcher<RegionPosition> {
  readonly #shard: Shard;
  readonly #region: bigint;
  readonly #cursor = newCursor();
  #state: 'new' | 'open' | 'over' = 'new';

  constructor(engine: Engine, region: bigint) {
    this.#shard = engine.nextShard();
    this.#region = region;
  }

  async fetch(at: RegionPosition | null, bytes: number): Promise<Part<RegionPosition>> {
    const begin = this.#state === 'new';
    this.#state = 'open';
    return await this.#shard.request<'scanNext'>(
      { kind: 'scanNext', cursor: this.#cursor, region: this.#region, at, chunkBytes: bytes, begin },
      begin ? 'retry' : 'fail',
    );
  }

  positionOf(_at: RegionPosition | null, chunk: EntryChunk, index: number): RegionPosition {
    return { table: chunk.tableAt(index).table, sequence: chunk.sequenceAt(index), isRead: false };
  }

  end(): void {
    if (this.#state === 'open') {
      // The thread gives the snapshot back with everything else when it ends, so a failure does not matter.
      this.#shard
        .request<'cursorEnd'>({ kind: 'cursorEnd', cursor: this.#cursor }, 'fail')
        .catch(() => undefined);
    }
    this.#state = 'over';
  }
}
