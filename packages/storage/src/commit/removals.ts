import { logKey, RUN_DROP, RUN_FLOOR, RUN_TRIM, type TableId } from '@shale/codec';
import type { LogContext } from '../tables/context.js';
import type { TableSource } from '../tables/known-tables.js';
import { type SavedState, TableState, tableEnds } from '../tables/table-state.js';
import { entriesOneByOne } from './trim.js';
import type { WriteRuns } from './write-runs.js';

/** A table that the frame under way removes something of. */
interface Touched {
  /** What was known of it before the frame; null when nothing was, and a drop made it known. */
  readonly before: SavedState | null;
  /** The last trim, as long as another one can stand for it: the first entry it removes, and where its runs are. */
  trim: { readonly from: bigint; readonly entries: number; readonly floor: number } | null;
}

/**
 * The trims and drops of one frame. They change what is known of their tables as they come, so that the appends and
 * removals behind them in the frame build upon it; when the frame cannot be written, `settle` takes that back.
 */
export class Removals {
  readonly #context: LogContext;
  readonly #runs: WriteRuns;
  readonly #touched = new Map<TableState, Touched>();
  readonly #dropped: TableId[] = [];
  /** Two per trim: the table's last sequence, and the last one removed. */
  readonly #results: bigint[] = [];
  #trims = 0;

  /** @param runs takes the runs of the native write */
  constructor(context: LogContext, runs: WriteRuns) {
    this.#context = context;
    this.#runs = runs;
  }

  /** What `CommitResult` says of the frame's trims. */
  get results(): BigUint64Array {
    return BigUint64Array.from(this.#results);
  }

  /** The tables that something is removed of. */
  get tables(): Iterable<TableState> {
    return this.#touched.keys();
  }

  /** The tables that are dropped. */
  get dropped(): readonly TableId[] {
    return this.#dropped;
  }

  /** Forgets the last frame. */
  clear(): void {
    if (this.#touched.size > 0) this.#touched.clear();
    this.#results.length = 0;
    this.#dropped.length = 0;
    this.#trims = 0;
  }

  /**
   * Removes the entries up to and including `upTo`, clamped to the last one, and writes the table's largest sequence to
   * its metadata record, so that no sequence is given out twice whatever is removed. The record is shared by the same
   * table id of other regions and never goes down. Returns the first sequence that is left; 1n for a table never
   * written.
   */
  trim(state: TableState, prefix: Uint8Array, upTo: bigint, sync: boolean): bigint {
    const touched = this.#touch(state);
    state.advance();
    const { last } = state;
    const end = upTo < last ? upTo : last;
    if (last === 0n || end < state.first || state.first === state.next) {
      this.#results.push(last, 0n);
      if (sync) this.#makeDurable(state, prefix);
      return state.first;
    }
    const from = touched.trim?.from ?? state.first;
    state.first = this.#firstAfter(state, end, touched);
    state.trimIsDurable = sync;
    // Of a table's trims in one frame the last one does what all of them do, and each costs the reads after it.
    if (touched.trim !== null) {
      this.#runs.revoke(touched.trim.entries);
      this.#runs.revoke(touched.trim.floor);
    }
    const count = entriesOneByOne(from, end, this.#context.counters);
    const entries = this.#runs.remove(RUN_TRIM, prefix, end, count);
    touched.trim = { from, entries, floor: this.#runs.remove(RUN_FLOOR, prefix, last) };
    this.#trims++;
    this.#results.push(last, end);
    return state.first;
  }

  /** A trim that is refused. */
  refuseTrim(): void {
    this.#results.push(0n, 0n);
  }

  /**
   * Removes a table whose id is retired: its entries, and the metadata record, which the same table id of every other
   * region shares. Afterwards it is as never written, and its sequences begin at 1 again.
   *
   * @param known what is known of the table; undefined when nothing is, nor need be
   */
  drop(id: TableId, known: TableState | undefined, prefix: Uint8Array): TableState {
    const state = known ?? new TableState(id, null, 0n, 0n);
    if (known === undefined) this.#touched.set(state, { before: null, trim: null });
    this.#touch(state).trim = null;
    state.reset();
    this.#runs.remove(RUN_DROP, prefix, 0n);
    this.#dropped.push(id);
    return state;
  }

  /** The frame is in, or it is not: then everything is as before it. */
  settle(written: boolean, source: TableSource): void {
    for (const [state, { before }] of this.#touched) {
      if (!written) {
        if (before !== null) state.restore(before);
        // Its other holders see it as it is now.
      } else if (before === null) {
        source.add(state);
      }
    }
    if (!written) return;
    this.#context.counters.trims += this.#trims;
    this.#context.counters.drops += this.#dropped.length;
  }

  #touch(state: TableState): Touched {
    const known = this.#touched.get(state);
    if (known !== undefined) return known;
    const touched: Touched = { before: state.save(), trim: null };
    this.#touched.set(state, touched);
    return touched;
  }

  /**
   * What an earlier trim removed without sync is removed for good once this record is on the disk, which the log
   * orders.
   */
  #makeDurable(state: TableState, prefix: Uint8Array): void {
    if (state.trimIsDurable || state.first === 1n) return;
    this.#runs.remove(RUN_FLOOR, prefix, state.last);
    state.trimIsDurable = true;
  }

  /** The table's first sequence after a trim up to `end`. */
  #firstAfter(state: TableState, end: bigint, { before }: Touched): bigint {
    if (end >= state.tail) return state.next;
    if (end + 1n >= state.dense) return end + 1n;
    // Where there may be holes, the first entry after the trim need not be the next sequence. What the frame under way
    // appends is not on the disk yet, and is above what there is.
    const { instance } = this.#context;
    const found = tableEnds(this.#context, state.id, logKey({ instance, ...state.id }, end + 1n)).first;
    return found ?? before?.next ?? state.next;
  }
}
