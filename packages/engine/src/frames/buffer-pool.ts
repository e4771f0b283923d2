/** Buffers of one size that are transferred to a worker and returned. Buffers lost with a worker are replaced. */
export class BufferPool {
  readonly bufferBytes: number;
  readonly #maxKept: number;
  readonly #free: ArrayBuffer[] = [];

  /** @param maxKept how many idle buffers to keep; more than that are left to the garbage collector */
  constructor(bufferBytes: number, maxKept: number) {
    this.bufferBytes = bufferBytes;
    this.#maxKept = maxKept;
  }

  take(): ArrayBuffer {
    return this.#free.pop() ?? new ArrayBuffer(this.bufferBytes);
  }

  /** Takes a buffer back. One of another size, as a big append has, is dropped. */
  give(buffer: ArrayBufferLike): void {
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== this.bufferBytes) return;
    if (this.#free.length < this.#maxKept) this.#free.push(buffer);
  }
}
