import type { TableId } from '@shale/codec';

/** One entry as a read gives it back. */
export interface ConformanceEntry {
  readonly sequence: bigint;
  readonly payload: Uint8Array;
}

/** One entry of a region scan. */
export interface ConformanceRegionEntry extends ConformanceEntry {
  /** The table's id inside the scanned region. */
  readonly table: bigint;
}

/** The first and last sequence of a batch; for an empty batch `first` is `last + 1n` and `last` the current last. */
export interface ConformanceSpan {
  readonly first: bigint;
  readonly last: bigint;
}

/** The bounds of a read. Each is optional; `gte` and `gt` may be given together, and so may `lte` and `lt`. */
export interface ConformanceRange {
  readonly gte?: bigint;
  readonly gt?: bigint;
  readonly lte?: bigint;
  readonly lt?: bigint;
  /** At most so many entries. */
  readonly limit?: number;
}

/** One part of an atomic write over several tables. */
export interface ConformancePart {
  readonly id: TableId;
  readonly payloads: readonly Uint8Array[];
  /** The sequence that the part's first entry must get. */
  readonly expect?: bigint;
}

/** A table as the list of tables shows it. */
export interface ConformanceTableInfo {
  /** `region` is null for a table of which only the metadata record is left. */
  readonly id: { readonly region: bigint | null; readonly table: bigint };
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * What the suite needs of a log. Everything is asynchronous so that a log in this thread and one that works in
 * other threads can both implement it; synchronous implementations wrap their calls in async functions.
 * Failures are errors with a `code` out of Shale's list.
 */
export interface ConformanceLog {
  /** Appends one entry and resolves with its sequence. */
  append(id: TableId, payload: Uint8Array, options?: { expect?: bigint }): Promise<bigint>;
  /** Appends a batch, all or nothing. */
  appendBatch(
    id: TableId,
    payloads: readonly Uint8Array[],
    options?: { expect?: bigint },
  ): Promise<ConformanceSpan>;
  /** Writes to several tables, all or nothing. */
  write(parts: readonly ConformancePart[]): Promise<readonly ConformanceSpan[]>;
  /** Reads entries in order. `batchSize` bounds the entries of one internal chunk, where the log has such a bound. */
  read(
    id: TableId,
    range?: ConformanceRange,
    options?: { batchSize?: number },
  ): AsyncIterable<ConformanceEntry>;
  /** Reads every table of a region, ordered by (table, sequence). */
  scanRegion(region: bigint): AsyncIterable<ConformanceRegionEntry>;
  /** Recovers a whole region eagerly and says how many tables with entries it found. */
  openRegion(region: bigint): Promise<{ readonly tables: number; readonly entries: bigint }>;
  /** Removes the entries up to and including `upTo`, clamped to the current last; resolves with the new first. */
  trim(id: TableId, upTo: bigint): Promise<bigint>;
  /** The smallest readable sequence; last + 1n when all was trimmed; 0n when never written. */
  firstSequence(id: TableId): Promise<bigint>;
  /** The largest sequence ever given out; 0n when never written. */
  lastSequence(id: TableId): Promise<bigint>;
  /** Every table of the log. */
  tables(): AsyncIterable<ConformanceTableInfo>;
  /** Removes a table and its metadata record. Leave it out when the log does not offer it. */
  drop?(id: TableId): Promise<void>;
  /** Closes the log; the directory can be opened again afterwards. */
  close(): Promise<void>;
}

/** Makes logs for the suite. */
export interface ConformanceTarget {
  /** Opens or creates the log in a directory. `instance` is 0 when not given. */
  open(directory: string, options?: { instance?: number }): Promise<ConformanceLog>;
}

/** Where the suite registers its tests: `test` of vitest or node:test fits. */
export type RegisterTest = (name: string, run: () => Promise<void>) => unknown;
