import type { FuzzReport } from './fuzz.js';

/** What a fuzzing thread is told. */
export interface FuzzTask {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  readonly milliseconds: number;
  /** Only this input, once. */
  readonly only?: Uint8Array;
  /** Where it shows what it is doing. */
  readonly board: SharedArrayBuffer;
}

/** What it answers. */
export type FuzzAnswer =
  | { readonly ok: true; readonly report: FuzzReport }
  | { readonly ok: false; readonly message: string; readonly input: Uint8Array };

/** The longest input of any target. */
export const MOST_INPUT_BYTES: number = 64 * 1024;
const BYTES_AT = 8;

/** What input a thread is at, for whoever watches it from another thread. */
export class Board {
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BYTES_AT + MOST_INPUT_BYTES)) {
    this.buffer = buffer;
    this.#numbers = new Int32Array(buffer, 0, 2);
    this.#bytes = new Uint8Array(buffer, BYTES_AT);
  }

  /** Shows the input that comes next. */
  show(input: Uint8Array): void {
    this.#bytes.set(input.subarray(0, MOST_INPUT_BYTES));
    Atomics.store(this.#numbers, 1, Math.min(input.length, MOST_INPUT_BYTES));
    Atomics.add(this.#numbers, 0, 1);
  }

  /** How many inputs were shown so far. */
  get count(): number {
    return Atomics.load(this.#numbers, 0);
  }

  /** The input shown last. */
  get input(): Uint8Array {
    return this.#bytes.slice(0, Atomics.load(this.#numbers, 1));
  }
}
