import { encodeGroup, GROUP_SKIP, GROUP_STRIDE, GROUP_TRIM } from '@shale/codec';
import type { TableUnit } from './table-unit.js';

const INITIAL_RUNS = 64;
const FLAGS_AT = 18;
const COUNT_AT = 20;

/**
 * Puts together the group records of one native write: runs of entries, and removals between them. Appends of the same
 * table that follow each other become one run. The buffer is kept from write to write.
 */
export class GroupRuns {
  #bytes = new Uint8Array(INITIAL_RUNS * GROUP_STRIDE);
  #length = 0;
  #entriesToWrite = 0;
  #removals = 0;
  // The run that is still growing; its unit is null while entries are stepped over.
  #unit: TableUnit | null = null;
  #prefix: Uint8Array = new Uint8Array(0);
  #first = 0n;
  #entries = 0;

  /** How many entries the native call will write; it need not be made for 0. */
  get entriesToWrite(): number {
    return this.#entriesToWrite;
  }

  /** How many removals it will do. */
  get removals(): number {
    return this.#removals;
  }

  /** Forgets the runs of the last write. */
  clear(): void {
    this.#length = 0;
    this.#entriesToWrite = 0;
    this.#removals = 0;
    this.#entries = 0;
  }

  /** Adds entries that get the sequences from `first` on. They must follow those added before for the same table. */
  write(unit: TableUnit, prefix: Uint8Array, first: bigint, entries: number): void {
    if (entries === 0) return;
    this.#entriesToWrite += entries;
    if (this.#entries > 0 && this.#unit === unit) {
      this.#entries += entries;
      return;
    }
    this.#close();
    this.#unit = unit;
    this.#prefix = prefix;
    this.#first = first;
    this.#entries = entries;
  }

  /** Adds entries that the native call steps over. */
  skip(prefix: Uint8Array, entries: number): void {
    if (entries === 0) return;
    if (this.#entries > 0 && this.#unit === null) {
      this.#entries += entries;
      return;
    }
    this.#close();
    this.#unit = null;
    this.#prefix = prefix;
    this.#first = 0n;
    this.#entries = entries;
  }

  /**
   * Adds a removal after what was added before, and returns where it is, for {@link revoke}.
   *
   * @param flag `GROUP_TRIM`, `GROUP_FLOOR` or `GROUP_DROP`, which say what `first` is
   * @param count of a `GROUP_TRIM`: how many entries it removes one by one; default: 0, it removes a range
   */
  remove(flag: number, prefix: Uint8Array, first: bigint, count = 0): number {
    this.#close();
    this.#entries = 0;
    this.#removals++;
    const at = this.#length;
    this.#put(prefix, first, count, flag);
    return at;
  }

  /** Takes a removal back, which a later one makes needless. */
  revoke(at: number): void {
    this.#bytes[at + FLAGS_AT] = GROUP_SKIP;
    this.#bytes.fill(0, at + COUNT_AT, at + COUNT_AT + 4);
    this.#removals--;
  }

  /** The removals alone, valid until {@link clear}. Instead of {@link finish}, when no entry is written. */
  finishRemovals(): Uint8Array {
    this.#close();
    this.#entries = 0;
    let end = 0;
    for (let at = 0; at < this.#length; at += GROUP_STRIDE) {
      if ((this.#bytes[at + FLAGS_AT] ?? 0) < GROUP_TRIM) continue;
      this.#bytes.copyWithin(end, at, at + GROUP_STRIDE);
      end += GROUP_STRIDE;
    }
    this.#length = end;
    return this.#bytes.subarray(0, end);
  }

  /** The group records, valid until {@link clear}. */
  finish(): Uint8Array {
    this.#close();
    this.#entries = 0;
    return this.#bytes.subarray(0, this.#length);
  }

  #close(): void {
    if (this.#entries > 0) {
      this.#put(this.#prefix, this.#first, this.#entries, this.#unit === null ? GROUP_SKIP : 0);
    }
  }

  #put(prefix: Uint8Array, first: bigint, count: number, flags: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#length = encodeGroup(this.#bytes, this.#length, prefix, first, count, flags);
  }
}
