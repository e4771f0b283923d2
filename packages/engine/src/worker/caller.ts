import type { Log } from '@shale/storage';
import type { ShardCells } from '../metrics/shard-cells.js';
import type { ChunkScratch } from './chunk-scratch.js';
import { Cursors } from './cursors.js';

/** One whose tasks a shard's thread runs, and what it has of the shard: the thread that opened the WAL, or another. */
export class Caller {
  /** Where the times of its frames are noted; null when nobody asks. */
  readonly cells: ShardCells | null;
  /** Loans that it has been lent tables for. */
  readonly loans: Set<bigint> = new Set();
  #cursors: Cursors | null = null;
  #isGone = false;

  constructor(cells: ShardCells | null) {
    this.cells = cells;
  }

  /** Whether it is not there any more: nothing may be kept for it. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Its scans and listings. */
  cursors(log: Log, scratch: ChunkScratch): Cursors {
    this.#cursors ??= new Cursors(log, scratch);
    return this.#cursors;
  }

  /** It keeps no scan open any more. */
  closeCursors(): void {
    this.#cursors?.close();
    this.#cursors = null;
  }

  /** It is not there any more. */
  leave(): void {
    this.#isGone = true;
    this.closeCursors();
  }
}
