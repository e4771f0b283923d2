import type { FollowedTable } from '../followed/followed-table.js';

/** A batch that was handed out, as far as its acknowledgement goes. */
export interface HandedOut {
  /** The sequence before its first entry. */
  readonly before: bigint;
  /** Its last sequence; no larger than `before` when it tells that the table begins anew, and has nothing to acknowledge. */
  readonly last: bigint;
  /** Otherwise it tells of a gap. */
  readonly hasEntries: boolean;
  /** How far it is acknowledged, from `before` on. */
  acked: bigint;
  /** Its position is stored with what came of it. */
  isWritten: boolean;
}

/**
 * How far a consumer has come in one table since it began to iterate: what was handed out, in order, and up to where
 * everything is acknowledged.
 */
export class TableProgress {
  readonly table: FollowedTable;
  /** Which of the tables that there were under these ids it is in. */
  readonly epoch: number;
  /** Everything up to here is acknowledged. */
  floor: bigint;
  /** Stores come one after the other. */
  turn: Promise<unknown> = Promise.resolve();
  readonly #open: HandedOut[] = [];

  constructor(table: FollowedTable, floor: bigint) {
    this.table = table;
    this.epoch = table.epoch;
    this.floor = floor;
  }

  /** Whether the table was dropped since. */
  get isDropped(): boolean {
    return this.epoch !== this.table.epoch;
  }

  /** Whether a batch is the oldest that is not acknowledged. */
  isFirst(batch: HandedOut): boolean {
    return this.#open[0] === batch;
  }

  handOut(batch: HandedOut): void {
    this.#open.push(batch);
  }

  /**
   * Acknowledges a batch up to a sequence, and returns how many sequences that are more than before. The floor is the end
   * of what is acknowledged without a gap.
   */
  ack(batch: HandedOut, upTo: bigint): bigint {
    if (upTo <= batch.acked) return 0n;
    const more = upTo - batch.acked;
    batch.acked = upTo;
    for (let first = this.#open[0]; first !== undefined; first = this.#open[0]) {
      if (first.acked > this.floor) this.floor = first.acked;
      if (first.acked < first.last) break;
      this.#open.shift();
    }
    return more;
  }
}
