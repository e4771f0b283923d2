import { GROUP_DROP, GROUP_FLOOR, GROUP_TRIM, logKey, type TableId } from '@shale/codec';
import type { LogContext } from './context.js';
import type { GroupRuns } from './group-runs.js';
import { type TableState, TableUnit, tableEnds } from './table-unit.js';
import type { UnitSource } from './table-units.js';
import { entriesOneByOne } from './trim.js';

/** A table that the frame under way removes something of. */
interface Touched {
  /** What was known of it before the frame; null when nothing was, and a drop made it known. */
  readonly before: TableState | null;
  /** The last trim, as long as another one can stand for it: the first entry it removes, and where its groups are. */
  trim: { readonly from: bigint; readonly entries: number; readonly floor: number } | null;
}

/**
 * The trims and drops of one frame. They change what is known of their tables as they come, so that the appends and
 * removals behind them in the frame build upon it; when the frame cannot be written, `settle` takes that back.
 */
export class Removals {
  readonly #context: LogContext;
  readonly #runs: GroupRuns;
  readonly #touched = new Map<TableUnit, Touched>();
  readonly #dropped: TableId[] = [];
  /** Two per trim: the table's last sequence, and the last one removed. */
  readonly #results: bigint[] = [];
  #trims = 0;

  /** @param runs takes the groups of the native write */
  constructor(context: LogContext, runs: GroupRuns) {
    this.#context = context;
    this.#runs = runs;
  }

  /** What `CommitResult` says of the frame's trims. */
  get results(): BigUint64Array {
    return BigUint64Array.from(this.#results);
  }

  /** The tables that something is removed of. */
  get tables(): Iterable<TableUnit> {
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
  trim(unit: TableUnit, prefix: Uint8Array, upTo: bigint, sync: boolean): bigint {
    const touched = this.#touch(unit);
    unit.advance();
    const { last } = unit;
    const end = upTo < last ? upTo : last;
    if (last === 0n || end < unit.first || unit.first === unit.next) {
      this.#results.push(last, 0n);
      if (sync) this.#makeDurable(unit, prefix);
      return unit.first;
    }
    const from = touched.trim?.from ?? unit.first;
    unit.first = this.#firstAfter(unit, end, touched);
    unit.trimIsDurable = sync;
    // Of a table's trims in one frame the last one does what all of them do, and each costs the reads after it.
    if (touched.trim !== null) {
      this.#runs.revoke(touched.trim.entries);
      this.#runs.revoke(touched.trim.floor);
    }
    const count = entriesOneByOne(from, end, this.#context.counters);
    const entries = this.#runs.remove(GROUP_TRIM, prefix, end, count);
    touched.trim = { from, entries, floor: this.#runs.remove(GROUP_FLOOR, prefix, last) };
    this.#trims++;
    this.#results.push(last, end);
    return unit.first;
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
  drop(id: TableId, known: TableUnit | undefined, prefix: Uint8Array): TableUnit {
    const unit = known ?? new TableUnit(id, null, 0n, 0n);
    if (known === undefined) this.#touched.set(unit, { before: null, trim: null });
    this.#touch(unit).trim = null;
    unit.reset();
    this.#runs.remove(GROUP_DROP, prefix, 0n);
    this.#dropped.push(id);
    return unit;
  }

  /** The frame is in, or it is not: then everything is as before it. */
  settle(written: boolean, source: UnitSource): void {
    for (const [unit, { before }] of this.#touched) {
      if (!written) {
        if (before !== null) unit.restore(before);
        // Its other holders see it as it is now.
      } else if (before === null) {
        source.add(unit);
      }
    }
    if (!written) return;
    this.#context.counters.trims += this.#trims;
    this.#context.counters.drops += this.#dropped.length;
  }

  #touch(unit: TableUnit): Touched {
    const known = this.#touched.get(unit);
    if (known !== undefined) return known;
    const touched: Touched = { before: unit.save(), trim: null };
    this.#touched.set(unit, touched);
    return touched;
  }

  /**
   * What an earlier trim removed without sync is removed for good once this record is on the disk, which the log
   * orders.
   */
  #makeDurable(unit: TableUnit, prefix: Uint8Array): void {
    if (unit.trimIsDurable || unit.first === 1n) return;
    this.#runs.remove(GROUP_FLOOR, prefix, unit.last);
    unit.trimIsDurable = true;
  }

  /** The table's first sequence after a trim up to `end`. */
  #firstAfter(unit: TableUnit, end: bigint, { before }: Touched): bigint {
    if (end >= unit.tail) return unit.next;
    if (end + 1n >= unit.dense) return end + 1n;
    // Where there may be holes, the first entry after the trim need not be the next sequence. What the frame under way
    // appends is not on the disk yet, and is above what there is.
    const { instance } = this.#context;
    const found = tableEnds(this.#context, unit.id, logKey({ instance, ...unit.id }, end + 1n)).first;
    return found ?? before?.next ?? unit.next;
  }
}
