import type { Engine } from '../engine.js';
import type { ChunkFetcher } from '../read/chunk-stream.js';
import type { Shard } from '../shard/shard.js';

let cursors = 0;

/** A number that names a scan or listing to the shard's thread it runs on. */
export function newCursor(): number {
  return ++cursors;
}

/**
 * Fetches the chunks of a whole region. Any shard can do it: the tables are in one database, whoever writes them. It
 * works on a snapshot that the thread holds, so a thread that dies takes the scan with it.
 */
export class RegionChunks implements ChunkFetcher {
  readonly #shard: Shard;
  readonly #region: bigint;
  readonly #chunkBytes: number;
  readonly #cursor = newCursor();
  #begun = false;
  /** Whether the thread may still hold something of the scan. */
  #isOpen = false;

  constructor(engine: Engine, region: bigint, chunkBytes: number) {
    this.#shard = engine.nextShard();
    this.#region = region;
    this.#chunkBytes = chunkBytes;
  }

  async fetch(): ReturnType<ChunkFetcher['fetch']> {
    const begin = !this.#begun;
    this.#begun = true;
    this.#isOpen = true;
    const part = await this.#shard.request<'scanNext'>(
      { kind: 'scanNext', cursor: this.#cursor, region: this.#region, chunkBytes: this.#chunkBytes, begin },
      begin ? 'retry' : 'fail',
    );
    if (part.done) this.#isOpen = false;
    return part;
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // The thread gives the snapshot back with everything else when it ends, so nobody has to hear of a failure.
    this.#shard
      .request<'cursorEnd'>({ kind: 'cursorEnd', cursor: this.#cursor }, 'fail')
      .catch(() => undefined);
  }
}
