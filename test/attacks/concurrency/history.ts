/*
 * What clients did to a log and saw of it. Where all of them live in one thread, a counter that goes up with every call
 * and every answer is a clock that orders all of it exactly; those of several threads and processes share the machine's.
 */

/** When something was asked for, and when it was answered. */
interface Timed {
  readonly invoked: number;
  readonly returned: number;
}

/** An append of entries to one table; a write over several tables is several, with the same `unit`. */
export interface AppendOp extends Timed {
  readonly kind: 'append';
  /** Who made it: each one's appends keep their order. Left out where there is one. */
  readonly client?: number;
  readonly table: string;
  readonly unit: number;
  /** What tells each entry from all others of the history. */
  readonly serials: readonly number[];
  /** `unknown`: it may or may not be in; `refused`: it is not, which no history says: whoever sees it has seen a ghost. */
  readonly outcome: 'ok' | 'unknown' | 'refused';
  /** The sequence of its first entry, where that is known; for an empty one the table's last and one. */
  readonly first: bigint | null;
}

/** An entry that a read gave. */
export interface Seen {
  readonly sequence: bigint;
  readonly serial: number;
}

/** A read of one table, by itself or as a part of the scan of a region. */
export interface ReadOp extends Timed {
  readonly kind: 'read';
  readonly table: string;
  readonly gte: bigint;
  readonly lte: bigint;
  readonly limit: number;
  /** When the first entries came, or the end: by then its bounds are fixed. */
  readonly begun: number;
  readonly entries: readonly Seen[];
  /** `lost`: the thread that it ran on died. */
  readonly end: 'complete' | 'trimmed' | 'lost';
  /** Reads with the same number are of one snapshot. */
  readonly scan: number | null;
}

/** A trim, and what it said. */
export interface TrimOp extends Timed {
  readonly kind: 'trim';
  readonly table: string;
  readonly upTo: bigint;
  readonly result: { readonly first: bigint; readonly last: bigint } | 'unknown';
}

/** `firstSequence()` or `lastSequence()`. */
export interface EndOp extends Timed {
  readonly kind: 'first' | 'last';
  readonly table: string;
  readonly value: bigint;
}

/** Anything that was done. */
export type Op = AppendOp | ReadOp | TrimOp | EndOp;
