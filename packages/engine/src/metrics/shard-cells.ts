import { HISTOGRAM_CELLS, Histogram } from './histogram.js';

/** Frames that can be with the thread at a time, and more. */
export const SLOTS = 4;

/** Times are told apart down to a sixteenth of a microsecond. */
export const UNITS_PER_MS = 16_000;

const BUSY = 0;
const SLOTS_AT = 1;
const SYNC_AT = SLOTS_AT + 2 * SLOTS;
const OS_AT = SYNC_AT + HISTOGRAM_CELLS;
const FRAMES = OS_AT + HISTOGRAM_CELLS;
const BYTES = FRAMES + 1;
const CELLS = BYTES + 1;

/**
 * What the thread of a shard measures, in memory that it shares with the thread that opened the WAL. Only the shard's
 * thread writes it; the one that follows a thread that died goes on with the same numbers.
 */
export class ShardCells {
  readonly #cells: Float64Array;
  readonly #sync: Histogram;
  readonly #os: Histogram;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Float64Array(memory);
    this.#sync = new Histogram(this.#cells.subarray(SYNC_AT, OS_AT), UNITS_PER_MS);
    this.#os = new Histogram(this.#cells.subarray(OS_AT, FRAMES), UNITS_PER_MS);
  }

  /** Memory for one shard. */
  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(CELLS * Float64Array.BYTES_PER_ELEMENT);
  }

  /** How long writes took that were put on stable storage, and those that were not. Milliseconds. */
  get commits(): { readonly sync: Histogram; readonly os: Histogram } {
    return { sync: this.#sync, os: this.#os };
  }

  /** Milliseconds in tasks. */
  get busyMs(): number {
    return this.#cells[BUSY] ?? 0;
  }

  /** What the thread has written, whoever sent it: frames, and the bytes of their entries. */
  get written(): { readonly frames: number; readonly bytes: number } {
    return { frames: this.#cells[FRAMES] ?? 0, bytes: this.#cells[BYTES] ?? 0 };
  }

  /** A frame of so many bytes is in. */
  wrote(bytes: number): void {
    this.#cells[FRAMES] = (this.#cells[FRAMES] ?? 0) + 1;
    this.#cells[BYTES] = (this.#cells[BYTES] ?? 0) + bytes;
  }

  spent(milliseconds: number): void {
    this.#cells[BUSY] = this.busyMs + milliseconds;
  }

  /** A write is done, of one frame or several, by the clock that threads share. */
  took(startedAt: number, endedAt: number, sync: boolean): void {
    (sync ? this.#sync : this.#os).record(endedAt - startedAt);
  }

  /**
   * Notes when a frame was written.
   *
   * @param slot where to find the times again, below {@link SLOTS}; -1 when nobody asks for them
   */
  noted(slot: number, startedAt: number, endedAt: number): void {
    if (!(slot >= 0 && slot < SLOTS)) return;
    this.#cells[SLOTS_AT + 2 * slot] = startedAt;
    this.#cells[SLOTS_AT + 2 * slot + 1] = endedAt;
  }

  /** When the frame of this slot was written, once its answer has come. */
  timesOf(slot: number): { readonly startedAt: number; readonly endedAt: number } {
    const at = SLOTS_AT + 2 * slot;
    return { startedAt: this.#cells[at] ?? 0, endedAt: this.#cells[at + 1] ?? 0 };
  }
}
