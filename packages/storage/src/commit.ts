import { type AppendFrame, decodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH, U64_MAX, WalError } from '@shale/codec';
import type { LogContext } from './context.js';
import { toWalError } from './errors.js';
import { GroupRuns } from './group-runs.js';
import type { TableUnit } from './table-unit.js';

/** Numbers per append in a frame: table index, entries, flags. */
const APPEND_STRIDE = 3;
/** Flag: the append joins the atomic unit of the one before it. */
const JOINS = 1;
/** Flag: the append has the next value of `expects`. */
const EXPECTS = 2;

/** An append of a frame that was not written, and why. */
export interface AppendFailure {
  /** The index of the append in the frame. */
  readonly append: number;
  readonly error: WalError;
}

/** What became of a frame. */
export interface CommitResult {
  /**
   * The first sequence of each append; for an empty one the table's last sequence, which always fits into 64 bits,
   * as the one after it need not. 0n where `errors` names the append.
   */
  readonly firsts: BigUint64Array;
  /** The appends that were not written, ascending; all appends of an atomic unit or none, with the same error. */
  readonly errors: readonly AppendFailure[];
}

/**
 * Gives the appends of a frame their sequences and writes them with one native call.
 *
 * This is the hot path. Per frame each table is looked up once and the scratch memory of the last frame is used
 * again; per append there are a few number reads and one bigint addition; per entry there is nothing.
 */
export class Committer {
  readonly #context: LogContext;
  readonly #runs = new GroupRuns();
  // Of the frame under way, by table index.
  readonly #units: (TableUnit | WalError)[] = [];
  readonly #prefixes: Uint8Array[] = [];
  #expectAt = 0;

  constructor(context: LogContext) {
    this.#context = context;
  }

  /**
   * Writes a frame. Appends that cannot be written (an `expect` that does not hold, a table that cannot be recovered
   * or has no sequences left) are left out with the atomic unit they belong to, and reported; the rest is one atomic
   * write. When that fails, no sequence has advanced and SHALE_POISONED, SHALE_NO_SPACE, SHALE_IO or what the native
   * call says is thrown.
   */
  commit(frame: AppendFrame): CommitResult {
    const firsts = new BigUint64Array(frame.appendCount);
    const errors: AppendFailure[] = [];
    this.#begin(frame);
    try {
      for (let at = 0; at < frame.appendCount; ) {
        const end = unitEnd(frame, at);
        const error = this.#assign(frame, at, end, firsts);
        this.#collect(frame, at, end, firsts, error, errors);
        at = end;
      }
      this.#write(frame);
    } catch (error) {
      this.#settle(false);
      throw toWalError(error, { path: this.#context.path });
    }
    this.#settle(true);
    const { counters } = this.#context;
    counters.appends += frame.appendCount - errors.length;
    counters.appendsRefused += errors.length;
    counters.entriesWritten += this.#runs.entriesToWrite;
    return { firsts, errors };
  }

  #begin(frame: AppendFrame): void {
    this.#runs.clear();
    this.#units.length = 0;
    this.#prefixes.length = 0;
    this.#expectAt = 0;
    for (let i = 0; i < frame.tableCount; i++) {
      const at = i * LOG_KEY_PREFIX_LENGTH;
      const prefix = frame.tables.subarray(at, at + LOG_KEY_PREFIX_LENGTH);
      this.#prefixes.push(prefix);
      this.#units.push(this.#resolve(prefix));
    }
  }

  #resolve(prefix: Uint8Array): TableUnit | WalError {
    const { path, instance, units } = this.#context;
    try {
      const id = decodeLogKeyPrefix(prefix);
      if (id.instance !== instance) {
        return new WalError(
          'SHALE_INVALID_ARGUMENT',
          `a frame for instance ${id.instance} was given to a log of instance ${instance}`,
          { path, details: { field: 'instance', expected: instance, actual: id.instance } },
        );
      }
      return units.get({ region: id.region, table: id.table });
    } catch (error) {
      // One bad table must not block the others.
      const failure = toWalError(error, { path });
      if (failure.code === 'SHALE_CORRUPT') return failure;
      throw failure;
    }
  }

  /** Gives the appends of one atomic unit their sequences. On an error none of them has one. */
  #assign(frame: AppendFrame, from: number, end: number, firsts: BigUint64Array): WalError | null {
    const { appends, expects } = frame;
    let failure: WalError | null = null;
    let done = from;
    for (let i = from; i < end; i++) {
      const at = i * APPEND_STRIDE;
      const entries = appends[at + 1] ?? 0;
      const expected = ((appends[at + 2] ?? 0) & EXPECTS) === 0 ? undefined : expects[this.#expectAt++];
      if (failure !== null) continue;
      const unit = this.#unitAt(appends[at] ?? 0);
      if (unit instanceof WalError) {
        failure = unit;
        continue;
      }
      const first = unit.pending;
      failure = refusal(unit, first, entries, expected);
      if (failure !== null) continue;
      firsts[i] = entries === 0 ? first - 1n : first;
      unit.pending = entries === 1 ? first + 1n : first + BigInt(entries);
      done = i + 1;
    }
    if (failure !== null) this.#unassign(frame, from, done, firsts);
    return failure;
  }

  #unassign(frame: AppendFrame, from: number, end: number, firsts: BigUint64Array): void {
    for (let i = from; i < end; i++) {
      const unit = this.#unitAt(frame.appends[i * APPEND_STRIDE] ?? 0);
      if (!(unit instanceof WalError)) unit.pending -= BigInt(frame.appends[i * APPEND_STRIDE + 1] ?? 0);
    }
    firsts.fill(0n, from, end);
  }

  /** Turns one atomic unit into runs to write, or into entries to step over. */
  #collect(
    frame: AppendFrame,
    from: number,
    end: number,
    firsts: BigUint64Array,
    error: WalError | null,
    errors: AppendFailure[],
  ): void {
    const { appends } = frame;
    for (let i = from; i < end; i++) {
      const table = appends[i * APPEND_STRIDE] ?? 0;
      const entries = appends[i * APPEND_STRIDE + 1] ?? 0;
      const unit = this.#unitAt(table);
      const prefix = this.#prefixes[table] ?? frame.tables;
      if (error === null && !(unit instanceof WalError)) {
        this.#runs.write(unit, prefix, firsts[i] ?? 0n, entries);
      } else {
        this.#runs.skip(prefix, entries);
        if (error !== null) errors.push({ append: i, error });
      }
    }
  }

  #write(frame: AppendFrame): void {
    if (this.#runs.entriesToWrite === 0) return;
    this.#context.db.write(this.#runs.finish(), frame.lengths, frame.data, { sync: frame.sync });
    this.#context.counters.writes++;
  }

  #settle(written: boolean): void {
    for (const unit of this.#units) {
      if (unit instanceof WalError) continue;
      if (written) unit.advance();
      else unit.rollBack();
    }
  }

  #unitAt(table: number): TableUnit | WalError {
    return (
      this.#units[table] ??
      new WalError('SHALE_INTERNAL', `a frame names table ${table} of ${this.#units.length}`, {
        path: this.#context.path,
      })
    );
  }
}

/** The index after the last append of the atomic unit that begins at `from`. */
function unitEnd(frame: AppendFrame, from: number): number {
  let end = from + 1;
  while (end < frame.appendCount && ((frame.appends[end * APPEND_STRIDE + 2] ?? 0) & JOINS) !== 0) end++;
  return end;
}

function refusal(
  unit: TableUnit,
  first: bigint,
  entries: number,
  expected: bigint | undefined,
): WalError | null {
  if (expected !== undefined && expected !== first) {
    return new WalError(
      'SHALE_SEQUENCE_MISMATCH',
      `the next sequence of region ${unit.id.region}, table ${unit.id.table} is ${first} and not ${expected} as expected; nothing was written: if this is a retry, the append is already in`,
      { table: unit.id, details: { expected, actual: first } },
    );
  }
  if (entries > 0 && first + BigInt(entries) - 1n > U64_MAX) {
    return new WalError(
      'SHALE_SEQUENCE_EXHAUSTED',
      `region ${unit.id.region}, table ${unit.id.table} has no ${entries} sequences left after ${first - 1n}; nothing was written: go on in another table`,
      { table: unit.id, details: { last: first - 1n, entries } },
    );
  }
  return null;
}
