import { FORMAT_VERSION } from '../layout/instance.js';
import { LOG_VALUE_HEADER_LENGTH } from '../layout/log-value.js';

/** Entries as a frame holds them: copied, so that the caller can no longer change them. */
export interface PackedEntries {
  /** The log values of the entries, back to back, each with its version byte. */
  readonly data: Uint8Array;
  /** The length of each entry's log value, in bytes. */
  readonly lengths: readonly number[];
  /** Payload bytes of all of them. */
  readonly payloadBytes: number;
}

/** The memory of packed entries that nobody uses any more. */
export function memoryOf(packed: PackedEntries): Uint8Array {
  return new Uint8Array(packed.data.buffer);
}

const LEAST_CAPACITY = 256;

/** Copies entries one at a time, so that each may be produced after the previous one is copied. */
export class EntryPacker {
  #data: Uint8Array;
  #end = 0;
  readonly #lengths: number[] = [];

  /**
   * @param bytes expected bytes of the log values, a hint: more may be added
   * @param memory to pack into, as {@link memoryOf} gives it back; default: its own
   */
  constructor(bytes = 0, memory?: Uint8Array) {
    this.#data = memory ?? new Uint8Array(Math.max(LEAST_CAPACITY, bytes));
  }

  /** Entries so far. */
  get count(): number {
    return this.#lengths.length;
  }

  /** Payload bytes so far. */
  get payloadBytes(): number {
    return this.#end - this.#lengths.length * LOG_VALUE_HEADER_LENGTH;
  }

  /** Copies a payload of `length` bytes, as returned by `measurePayload`. */
  add(payload: Uint8Array, length: number): void {
    const start = this.#end + LOG_VALUE_HEADER_LENGTH;
    const end = start + length;
    if (end > this.#data.length) this.#grow(end);
    this.#data[this.#end] = FORMAT_VERSION;
    // A payload in shared memory may have grown since it was measured: the next one overwrites the excess.
    if (start < this.#data.length) this.#data.set(payload, start);
    this.#lengths.push(LOG_VALUE_HEADER_LENGTH + length);
    this.#end = end;
  }

  /** The packed entries. The packer cannot be used afterwards. */
  finish(): PackedEntries {
    return {
      data: this.#data.subarray(0, this.#end),
      lengths: this.#lengths,
      payloadBytes: this.payloadBytes,
    };
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#data.length * 2));
    larger.set(this.#data.subarray(0, this.#end));
    this.#data = larger;
  }
}
