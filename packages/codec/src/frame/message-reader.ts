import { Unpackr } from 'msgpackr';
import { corrupt } from '../errors/refuse.js';
import { readU32BE } from '../layout/u64.js';

const FIXARRAY = 0x90;
const BIN_8 = 0xc4;
const BIN_16 = 0xc5;
const BIN_32 = 0xc6;
const UINT_8 = 0xcc;

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });

/**
 * Walks a msgpack message whose shape is known. A general decoder believes lengths and tags of the message; this
 * one goes by the shape, and gives the general decoder no more than the small maps at the end.
 * Every method throws SHALE_CORRUPT with `details.field` and `details.offset` when the message is not like that.
 */
export class MessageReader {
  readonly #what: string;
  readonly #bytes: Uint8Array<ArrayBufferLike>;
  #at = 0;

  constructor(what: string, bytes: Uint8Array) {
    this.#what = what;
    // msgpackr takes other paths for Node's Buffer, and slice() means something else there.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Steps over the header of an array of `elements` (up to 15). */
  array(elements: number): void {
    this.#expectByte('elements', FIXARRAY | elements);
  }

  /** Steps over a version, which must be `expected` (up to 127), written in one byte or in two. */
  version(expected: number): void {
    if (this.#bytes[this.#at] === UINT_8) this.#at++;
    this.#expectByte('version', expected);
  }

  /** A view of the next bin. Its length must be a multiple of `stride`. */
  bin(field: string, stride: number): Uint8Array {
    const headerAt = this.#at;
    const length = this.#binLength(field);
    const start = this.#at;
    if (length > this.#bytes.length - start) {
      throw this.corrupt(
        field,
        headerAt,
        `is ${length} bytes long, and only ${this.#bytes.length - start} follow`,
      );
    }
    if (length % stride !== 0) {
      throw this.corrupt(field, headerAt, `is ${length} bytes long, which is no multiple of ${stride}`);
    }
    this.#at = start + length;
    return this.#bytes.subarray(start, this.#at);
  }

  /**
   * The rest of the message, decoded by msgpackr. It must be no longer than `maxBytes`, which bounds what a hostile
   * message can make msgpackr do.
   */
  rest(field: string, maxBytes: number): unknown {
    const start = this.#at;
    const rest = this.#bytes.subarray(start);
    if (rest.length > maxBytes) {
      throw this.corrupt(field, start, `takes ${rest.length} bytes, more than the ${maxBytes} it may have`);
    }
    this.#at = this.#bytes.length;
    try {
      const value: unknown = unpackr.unpack(rest);
      return value;
    } catch (cause) {
      throw this.corrupt(field, start, 'is not what msgpack calls one value', cause);
    }
  }

  /** The error for a part of this message. */
  corrupt(field: string, offset: number, problem: string, cause?: unknown): Error {
    return corrupt(
      `${this.#what}: ${field} at offset ${offset} ${problem}`,
      { field, offset, size: this.#bytes.length },
      cause,
    );
  }

  #binLength(field: string): number {
    const at = this.#at;
    const tag = this.#bytes[at];
    const size = tag === BIN_32 ? 4 : tag === BIN_16 ? 2 : tag === BIN_8 ? 1 : 0;
    if (size === 0) throw this.corrupt(field, at, `is tagged ${tag ?? 'by nothing'}, which is no bin`);
    this.#at = at + 1 + size;
    if (this.#at > this.#bytes.length) throw this.corrupt(field, at, 'ends inside its header');
    if (size === 4) return readU32BE(this.#bytes, at + 1);
    const high = this.#bytes[at + 1] ?? 0;
    return size === 1 ? high : high * 256 + (this.#bytes[at + 2] ?? 0);
  }

  #expectByte(field: string, expected: number): void {
    const actual = this.#bytes[this.#at];
    if (actual !== expected) {
      throw this.corrupt(field, this.#at, `is byte ${actual ?? 'missing'} instead of ${expected}`);
    }
    this.#at++;
  }
}
