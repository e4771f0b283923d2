const LINE_END = 0x0a;

/** Cuts what comes in into lines, and runs of bytes between them. It holds no more than one line at a time. */
export class Lines {
  readonly #mostBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** @param mostBytes of a line */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Whether a line has begun and not ended. */
  get isInside(): boolean {
    return this.#bytes > 0;
  }

  /**
   * Takes the bytes up to the end of the line: the line without it, and how many bytes that were; null when it goes on
   * beyond them. Throws a RangeError for a line that is too long.
   */
  take(bytes: Buffer): { readonly line: string; readonly taken: number } | null {
    const end = bytes.indexOf(LINE_END);
    const part = end < 0 ? bytes : bytes.subarray(0, end);
    if (this.#bytes + part.length > this.#mostBytes) throw new RangeError('the line is too long');
    this.#parts.push(part);
    this.#bytes += part.length;
    if (end < 0) return null;
    const line = Buffer.concat(this.#parts, this.#bytes).toString();
    this.#parts = [];
    this.#bytes = 0;
    return { line, taken: end + 1 };
  }
}
