import { type AppendFrame, RUN_FLOOR, RUN_TRIM } from '@shale/codec';
import type { LogContext } from '../tables/context.js';
import type { TableRows } from '../tables/table-rows.js';
import { entriesOneByOne } from './trim.js';

const NO_RESULTS = new BigUint64Array(0);

/** Takes the runs of a table's removals, in order. */
export type AddRemoval = (flag: number, first: bigint, count: number) => void;

/** What a trim changes in the row of its table. */
interface Changed {
  readonly row: number;
  readonly first: bigint;
  readonly isDurable: boolean;
}

/**
 * The trims of a frame that needs no object for a table: of entries that have no holes among them, once for each table.
 * A great many may be under way, and what each leaves behind is the work of the garbage collector, which appends wait
 * for.
 */
export class PlainTrims {
  readonly #context: LogContext;
  readonly #changed: Changed[] = [];
  readonly #rows = new Set<number>();
  #results: BigUint64Array = NO_RESULTS;
  #resultsEnd = 0;
  #upToAt = 0;

  constructor(context: LogContext) {
    this.#context = context;
  }

  /** What `CommitResult` says of the frame's trims. */
  get results(): BigUint64Array {
    return this.#results;
  }

  /** How many tables something is removed of. */
  get count(): number {
    return this.#changed.length;
  }

  /** How many trims there have been. */
  get trims(): number {
    return this.#upToAt;
  }

  /** @param frame whose `expects` are all of trims, or too many, and then `trim` says so */
  begin({ expects }: AppendFrame): void {
    if (this.#changed.length > 0) {
      this.#changed.length = 0;
      this.#rows.clear();
    }
    this.#results = expects.length === 0 ? NO_RESULTS : new BigUint64Array(expects.length * 2);
    this.#resultsEnd = 0;
    this.#upToAt = 0;
  }

  /**
   * Does the next trim, as {@link Removals.trim} does. Returns the sequence before the first one that is left; null
   * when it takes a look at the disk, or is not the first of its table: then the frame goes the long way.
   *
   * @param row of the table, with what the frame appends before this
   */
  trim({ expects, sync }: AppendFrame, rows: TableRows, row: number, add: AddRemoval): bigint | null {
    const upTo = expects[this.#upToAt++] ?? 0n;
    const state = rows.peek(row);
    if (state === null || this.#rows.has(row)) return null;
    const { last, beforeFirst, tail, beforeDense, isDurable } = state;
    const end = upTo < last ? upTo : last;
    if (end <= beforeFirst || beforeFirst === last) {
      // An earlier trim without sync, to be made durable now.
      if (sync && !isDurable && beforeFirst > 0n) return null;
      this.#answer(last, 0n);
      return beforeFirst;
    }
    if (end < tail && end < beforeDense) return null;
    const left = end >= tail ? last : end;
    this.#rows.add(row);
    this.#changed.push({ row, first: beforeFirst, isDurable });
    rows.trim(row, left, sync);
    add(RUN_TRIM, end, entriesOneByOne(beforeFirst + 1n, end, this.#context.counters));
    add(RUN_FLOOR, last, 0);
    this.#answer(last, end);
    return left;
  }

  /** Takes back what the frame trimmed. */
  restore(rows: TableRows): void {
    for (const { row, first, isDurable } of this.#changed) rows.trim(row, first, isDurable);
  }

  #answer(last: bigint, removed: bigint): void {
    this.#results[this.#resultsEnd] = last;
    this.#results[this.#resultsEnd + 1] = removed;
    this.#resultsEnd += 2;
  }
}
