import { FORMAT_VERSION } from '../layout/instance.js';
import { LOG_VALUE_HEADER_LENGTH } from '../layout/log-value.js';

/** Entries as a frame holds them: copied, so that nothing their caller does changes them any more. */
export interface PackedEntries {
  /** The log values of the entries back to back, each with its version byte. */
  readonly data: Uint8Array;
  /** The length of each entry's log value, in bytes. */
  readonly lengths: readonly number[];
  /** Payload bytes of all of them. */
  readonly payloadBytes: number;
}

const LEAST_CAPACITY = 256;

/** Copies entries one after the other, each before the next one need exist. */
export class EntryPacker {
  #data: Uint8Array;
  #end = 0;
  readonly #lengths: number[] = [];

  /** @param payloadBytes how much is expected, in bytes; more is taken as well */
  constructor(payloadBytes = 0) {
    this.#data = new Uint8Array(Math.max(LEAST_CAPACITY, payloadBytes));
  }

  /** Entries so far. */
  get count(): number {
    return this.#lengths.length;
  }

  /** Payload bytes so far. */
  get payloadBytes(): number {
    return this.#end - this.#lengths.length * LOG_VALUE_HEADER_LENGTH;
  }

  /** Copies a payload of so many bytes, as `measurePayload` says. */
  add(payload: Uint8Array, length: number): void {
    const start = this.#end + LOG_VALUE_HEADER_LENGTH;
    const end = start + length;
    if (end > this.#data.length) this.#grow(end);
    this.#data[this.#end] = FORMAT_VERSION;
    // One that shares its memory may have grown since it was measured: what is more is overwritten by the next.
    if (start < this.#data.length) this.#data.set(payload, start);
    this.#lengths.push(LOG_VALUE_HEADER_LENGTH + length);
    this.#end = end;
  }

  /** What was packed. The packer cannot be used afterwards. */
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
