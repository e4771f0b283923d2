import { encodeRun, RUN_ID, RUN_POSITION, RUN_SKIP, RUN_STRIDE, RUN_TRIM } from '@shale/codec';
import type { TableState } from '../tables/table-state.js';

const INITIAL_RUNS = 64;
const FLAGS_AT = 18;
const COUNT_AT = 20;

/**
 * Builds the runs of one native write, with the removals and the positions of consumers between them. Consecutive appends to the same table become one
 * run. The buffer is kept from write to write.
 */
export class WriteRuns {
  #bytes = new Uint8Array(INITIAL_RUNS * RUN_STRIDE);
  #length = 0;
  #entriesToWrite = 0;
  #removals = 0;
  #positions = 0;
  // The current run; its state is null while entries are stepped over.
  #state: TableState | null = null;
  #prefix: Uint8Array = new Uint8Array(0);
  #first = 0n;
  #entries = 0;

  /** How many entries the native call will write, positions included; it need not be made for 0. */
  get entriesToWrite(): number {
    return this.#entriesToWrite;
  }

  /** How many removals it will do. */
  get removals(): number {
    return this.#removals;
  }

  /** How many positions of consumers it will write. */
  get positions(): number {
    return this.#positions;
  }

  /** Forgets the runs of the last write. */
  clear(): void {
    this.#length = 0;
    this.#entriesToWrite = 0;
    this.#removals = 0;
    this.#positions = 0;
    this.#entries = 0;
  }

  /** Adds entries that get the sequences from `first` on. They must follow those added before for the same table. */
  write(state: TableState, prefix: Uint8Array, first: bigint, entries: number): void {
    if (entries === 0) return;
    this.#entriesToWrite += entries;
    if (this.#entries > 0 && this.#state === state) {
      this.#entries += entries;
      return;
    }
    this.#close();
    this.#state = state;
    this.#prefix = prefix;
    this.#first = first;
    this.#entries = entries;
  }

  /** Adds one value that is the position of a consumer in the table. */
  move(prefix: Uint8Array, consumer: bigint): void {
    this.#close();
    this.#entries = 0;
    this.#entriesToWrite++;
    this.#positions++;
    this.#put(prefix, consumer, 1, RUN_POSITION);
  }

  /** Removes the records of ids of appends up to the one of `upTo`. Only beside entries. */
  forgetIds(prefix: Uint8Array, upTo: bigint): void {
    this.#close();
    this.#entries = 0;
    this.#put(prefix, upTo, 0, RUN_ID);
  }

  /** Adds entries that the native call steps over. */
  skip(prefix: Uint8Array, entries: number): void {
    if (entries === 0) return;
    if (this.#entries > 0 && this.#state === null) {
      this.#entries += entries;
      return;
    }
    this.#close();
    this.#state = null;
    this.#prefix = prefix;
    this.#first = 0n;
    this.#entries = entries;
  }

  /**
   * Adds a removal after what was added before, and returns where it is, for {@link revoke}.
   *
   * @param flag `RUN_TRIM`, `RUN_FLOOR` or `RUN_DROP`, which say what `first` is
   * @param count of a `RUN_TRIM`: how many entries it removes one by one; default: 0, it removes a range
   */
  remove(flag: number, prefix: Uint8Array, first: bigint, count = 0): number {
    this.#close();
    this.#entries = 0;
    this.#removals++;
    const at = this.#length;
    this.#put(prefix, first, count, flag);
    return at;
  }

  /** Takes back a removal that a later one makes needless. */
  revoke(at: number): void {
    this.#bytes[at + FLAGS_AT] = RUN_SKIP;
    this.#bytes.fill(0, at + COUNT_AT, at + COUNT_AT + 4);
    this.#removals--;
  }

  /** The removals alone, valid until {@link clear}. Instead of {@link finish}, when no entry is written. */
  finishRemovals(): Uint8Array {
    this.#close();
    this.#entries = 0;
    let end = 0;
    for (let at = 0; at < this.#length; at += RUN_STRIDE) {
      if ((this.#bytes[at + FLAGS_AT] ?? 0) < RUN_TRIM) continue;
      this.#bytes.copyWithin(end, at, at + RUN_STRIDE);
      end += RUN_STRIDE;
    }
    this.#length = end;
    return this.#bytes.subarray(0, end);
  }

  /** The runs, valid until {@link clear}. */
  finish(): Uint8Array {
    this.#close();
    this.#entries = 0;
    return this.#bytes.subarray(0, this.#length);
  }

  #close(): void {
    if (this.#entries > 0) {
      this.#put(this.#prefix, this.#first, this.#entries, this.#state === null ? RUN_SKIP : 0);
    }
  }

  #put(prefix: Uint8Array, first: bigint, count: number, flags: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#length = encodeRun(this.#bytes, this.#length, prefix, first, count, flags);
  }
}
