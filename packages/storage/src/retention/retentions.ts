import { type RecordTarget, type RetentionRecord, type TableId, WalError } from '@shale/codec';
import type { Consumers, StoredPosition } from '../consumers/consumers.js';
import { nameOfTable } from '../names/records.js';
import type { LogContext } from '../tables/context.js';
import type { StoredRetention } from './coverage.js';
import { type Holder, mostBehind } from './most-behind.js';
import { readRetentions, writeRetention } from './records.js';
import { Retainer, type RetentionScope, type RetentionTurn } from './retainer.js';
import type { TableWatch } from './table-watch.js';
import { readMarks, sequenceAt } from './time-marks.js';
import { Times } from './times.js';
import { yielding } from './yielding.js';

/**
 * What is retained of an instance's tables. Each log notices by itself what its frames touch, and keeps the time marks of
 * its tables; only one log of the instance may change what is retained, and all others are told to {@link reload}.
 */
export class Retentions {
  readonly #context: LogContext;
  readonly #consumers: Consumers;
  readonly #watch: TableWatch;
  readonly #retainer: Retainer;

  /** @internal Made by a log. */
  constructor(context: LogContext, consumers: Consumers, watch: TableWatch) {
    this.#context = context;
    this.#consumers = consumers;
    this.#watch = watch;
    this.#retainer = new Retainer(context, consumers, watch);
  }

  /** Every retention. Throws SHALE_CORRUPT. */
  list(): StoredRetention[] {
    return readRetentions(this.#context);
  }

  /** Puts a retention in the place of the one of its target, or removes that: on stable storage when this returns. */
  set(target: RecordTarget, record: RetentionRecord | null): void {
    writeRetention(this.#context, target, record);
    this.reload();
  }

  /** Reads what is retained, and looks at all tables again. */
  reload(): void {
    this.#watch.load();
    this.#context.tables.rows().clearDues();
  }

  /**
   * Finds what is to be trimmed now, in a turn that is short.
   *
   * @param again tables to look at again: what was found of them was not done
   */
  async turn(scope: RetentionScope, again: readonly TableId[] = []): Promise<RetentionTurn> {
    for (const id of again) this.#watch.touch(id);
    return await this.#retainer.turn(scope);
  }

  /**
   * About when the first entry behind each position was appended, in milliseconds since 1970, by the time marks of its
   * table; null where it has none, or there is no such entry. Throws SHALE_CORRUPT.
   */
  oldestBehind(positions: readonly StoredPosition[]): (bigint | null)[] {
    const times = new Times(this.#context);
    return positions.map((position) => times.behind(position));
  }

  /** Finds what may go of the oldest entries of tables that yield to a disk budget, as {@link turn} says it. */
  async yielding(scope: RetentionScope): Promise<BigUint64Array> {
    return await yielding(this.#context, this.#watch.coverage, (id) => scope.owns(id));
  }

  /** The consumer that most is kept for, of whichever tables; null for none. Throws SHALE_CORRUPT. */
  async mostBehind(): Promise<Holder | null> {
    return await mostBehind(this.#context, this.#consumers, this.#watch.coverage);
  }

  /**
   * The first sequence of a table that may have been appended at or after a time: every entry before it was appended
   * earlier. Throws SHALE_NOT_FOUND where there are no time marks, and no retention that makes any.
   *
   * @param ms milliseconds since 1970
   */
  at(id: TableId, ms: bigint): bigint {
    const { first, last } = this.#context.tables.look(id);
    const marks = readMarks(this.#context, id);
    if (marks.length === 0 && last > 0n) this.#requireMarks(id);
    const found = sequenceAt(marks, ms) ?? 0n;
    if (last === 0n) return 1n;
    if (found > last + 1n) return last + 1n;
    return found > first ? found : first;
  }

  #requireMarks(id: TableId): void {
    const { path } = this.#context;
    const retention = this.#watch.coverage.of(id, (of) => nameOfTable(this.#context, of));
    if (retention !== null && (retention.keep.ageMs ?? retention.atMost.ageMs) !== null) return;
    throw new WalError(
      'SHALE_NOT_FOUND',
      'the table has no time marks, so it is not known when its entries were appended: it gets them from when on it is retained by age, as by wal.retain(table, { keep: { ageMs } })',
      { path, table: id },
    );
  }
}
