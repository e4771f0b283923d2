import {
  EntryChunk,
  type KeyRange,
  keySuccessor,
  logKey,
  regionRange,
  type ScanLayout,
  WalError,
} from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { foreignKey, native, tableOfKey } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import type { ChunkBuffers } from './chunk-buffers.js';
import type { LogEntry } from './read.js';
import { layoutOf, runAt } from './scan-layout.js';

/** One entry of a region. */
export interface RegionEntry extends LogEntry {
  /** The table's id inside the region. */
  readonly table: bigint;
}

/** What one chunk of a region scan did. */
export interface RegionChunk {
  /** Where the entries are in the buffer; for `EntryChunk`. */
  readonly layout: ScanLayout;
  /** The scan has reached the end of the region. */
  readonly done: boolean;
  /** Above 0: the buffer cannot even hold the first entry, nothing was read; read again with one this large. */
  readonly neededBytes: number;
}

/** A place in a region: at an entry, or right behind it when it has been read. */
export interface RegionPosition {
  readonly table: bigint;
  readonly sequence: bigint;
  readonly isRead: boolean;
}

/**
 * A scan over all tables of one region, ordered by (table, sequence), in chunks that the caller provides the buffers
 * for. It sees the region as it was when the scan was made: what is appended or trimmed afterwards does not show.
 * It holds a snapshot until {@link close}, which keeps trimmed entries on disk; close it.
 */
export class RegionScan {
  readonly region: bigint;
  readonly #context: LogContext;
  readonly #snapshot: Snapshot;
  readonly #upper: Uint8Array;
  #lower: Uint8Array;
  #position: RegionPosition | null = null;
  #state: 'open' | 'done' | 'failed' | 'closed' = 'open';
  #failure: unknown;

  /** @internal Made by `Log.regionScan`. */
  constructor(context: LogContext, region: bigint) {
    const range: KeyRange = regionRange(context.instance, region);
    this.region = region;
    this.#context = context;
    this.#lower = range.lower;
    this.#upper = range.upper;
    this.#snapshot = native({ path: context.path }, () => context.db.snapshot());
  }

  /** Where it goes on; null at the beginning of the region. */
  get position(): RegionPosition | null {
    return this.#position;
  }

  /**
   * Goes on elsewhere, in the same view of the region; null for its beginning. Not after a failure or {@link close}.
   */
  seek(position: RegionPosition | null): void {
    if (this.#state === 'done') this.#state = 'open';
    this.#position = position;
    this.#lower = this.#keyOf(position);
  }

  /**
   * Fills a buffer with the next entries. After the end it keeps saying so, and after a failure it keeps failing.
   * Throws SHALE_CORRUPT with the key of what is not an entry, SHALE_CLOSED, SHALE_IO.
   */
  read(into: ArrayBuffer, maxEntries: number = Number.POSITIVE_INFINITY): RegionChunk {
    switch (this.#state) {
      case 'open':
        break;
      case 'done':
        return { layout: NOTHING, done: true, neededBytes: 0 };
      case 'failed':
        throw this.#failure;
      case 'closed':
        throw new WalError('SHALE_CLOSED', 'this region scan is closed: begin a new one', {
          path: this.#context.path,
        });
    }
    try {
      return this.#advance(into, maxEntries);
    } catch (error) {
      this.#state = 'failed';
      this.#failure = error;
      this.#snapshot.release();
      throw error;
    }
  }

  /** Gives the snapshot back. Idempotent. */
  close(): void {
    this.#snapshot.release();
    if (this.#state !== 'failed') this.#state = 'closed';
  }

  #advance(into: ArrayBuffer, maxEntries: number): RegionChunk {
    const place = { path: this.#context.path };
    const { db, counters } = this.#context;
    const options = { snapshot: this.#snapshot, ...(Number.isFinite(maxEntries) ? { maxEntries } : {}) };
    const result = native(place, () => db.scan(this.#lower, this.#upper, into, options));
    const layout = layoutOf(result);
    counters.scans++;
    counters.entriesRead += result.entries;
    if (result.neededBytes > 0) return { layout, done: false, neededBytes: result.neededBytes };
    if (result.entries === 0 && result.foreign !== undefined) {
      throw foreignKey(result.foreign.key, result.foreign.reason, {
        ...place,
        table: tableOfKey(result.foreign.key),
      });
    }
    if (result.entries > 0) {
      const { table, first, count } = runAt(into, layout, layout.runs - 1);
      this.#position = { table, sequence: first + BigInt(count) - 1n, isRead: true };
      this.#lower = this.#keyOf(this.#position);
    }
    const done = !result.more && result.foreign === undefined;
    if (done) this.#state = 'done';
    return { layout, done, neededBytes: 0 };
  }

  #keyOf(position: RegionPosition | null): Uint8Array {
    const { instance } = this.#context;
    if (position === null) return regionRange(instance, this.region).lower;
    const key = logKey({ instance, region: this.region, table: position.table }, position.sequence);
    return position.isRead ? keySuccessor(key) : key;
  }
}

/** The entries of a region scan, one by one. Closes the scan when it ends, fails or is left. */
export function* regionEntries(
  scan: RegionScan,
  buffers: ChunkBuffers,
): Generator<RegionEntry, void, undefined> {
  try {
    for (let done = false; !done; ) {
      const buffer = buffers.next();
      const chunk = scan.read(buffer, buffers.maxEntries);
      done = chunk.done;
      if (chunk.neededBytes > 0) buffers.require(chunk.neededBytes);
      if (chunk.layout.entries === 0) continue;
      const entries = new EntryChunk(buffer, chunk.layout);
      for (const { id, first, count, start } of entries.runs) {
        for (let i = 0; i < count; i++) {
          yield { table: id.table, sequence: first + BigInt(i), payload: entries.payloadAt(start + i) };
        }
      }
    }
  } finally {
    scan.close();
  }
}

const NOTHING: ScanLayout = { entries: 0, runs: 0, dataLength: 0, endsAt: 0, runsAt: 0 };
