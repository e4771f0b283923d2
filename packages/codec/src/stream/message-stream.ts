import { corrupt } from '../errors/refuse.js';
import { readU32LE } from '../layout/u64.js';
import { decodeMessage } from './plain-reader.js';
import { LENGTH_BYTES } from './plain-writer.js';

/** A message, and how many bytes it had. */
export interface Message {
  readonly value: unknown;
  readonly bytes: number;
}

/** Cuts what comes over a socket into messages. It holds no more than has come. */
export class MessageStream {
  #mostBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** @param mostBytes of a message */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** From the next message on. */
  set mostBytes(bytes: number) {
    this.#mostBytes = bytes;
  }

  /** Takes what has come. */
  push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  /**
   * The next message that is whole; null when there is none yet. Throws SHALE_CORRUPT for what is no message, and from then
   * on there is nothing more to be had.
   */
  next(): Message | null {
    if (this.#bytes < LENGTH_BYTES) return null;
    const length = readU32LE(this.#first(LENGTH_BYTES), 0);
    if (length > this.#mostBytes) {
      throw corrupt(
        `a message of another process has ${length} bytes, and at most ${this.#mostBytes} are taken`,
        { field: 'size', expected: this.#mostBytes, actual: length },
      );
    }
    const end = LENGTH_BYTES + length;
    if (this.#bytes < end) return null;
    const whole = this.#first(end);
    const rest = whole.subarray(end);
    this.#parts = rest.length > 0 ? [rest, ...this.#parts.slice(1)] : this.#parts.slice(1);
    this.#bytes -= end;
    return { value: decodeMessage(whole.subarray(LENGTH_BYTES, end)), bytes: end };
  }

  /** The first part, made to have so many bytes at least. */
  #first(bytes: number): Uint8Array {
    const [first = new Uint8Array(0)] = this.#parts;
    if (first.length >= bytes) return first;
    const joined = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [joined];
    return joined;
  }
}
