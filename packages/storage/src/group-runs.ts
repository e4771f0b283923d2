import { encodeGroup, GROUP_SKIP, GROUP_STRIDE } from '@shale/codec';
import type { TableUnit } from './table-unit.js';

const INITIAL_RUNS = 64;

/**
 * Puts together the group records of one native write. Appends of the same table that follow each other become one
 * run. The buffer is kept from write to write.
 */
export class GroupRuns {
  #bytes = new Uint8Array(INITIAL_RUNS * GROUP_STRIDE);
  #length = 0;
  #entriesToWrite = 0;
  // The run that is still growing; its unit is null while entries are stepped over.
  #unit: TableUnit | null = null;
  #prefix: Uint8Array = new Uint8Array(0);
  #first = 0n;
  #entries = 0;

  /** How many entries the native call will write; it need not be made for 0. */
  get entriesToWrite(): number {
    return this.#entriesToWrite;
  }

  /** Forgets the runs of the last write. */
  clear(): void {
    this.#length = 0;
    this.#entriesToWrite = 0;
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

  /** The group records, valid until {@link clear}. */
  finish(): Uint8Array {
    this.#close();
    this.#entries = 0;
    return this.#bytes.subarray(0, this.#length);
  }

  #close(): void {
    if (this.#entries === 0) return;
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const flags = this.#unit === null ? GROUP_SKIP : 0;
    this.#length = encodeGroup(this.#bytes, this.#length, this.#prefix, this.#first, this.#entries, flags);
  }
}
