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
 * Walks a msgpack message of known shape. A general decoder trusts the lengths and tags of the message; this one goes
 * by the shape, and gives the general decoder only the small maps at the end.
 * Every method throws SHALE_CORRUPT with `details.field` and `details.offset` when the message has another shape.
 */
export class MessageReader {
  readonly #what: string;
  readonly #bytes: Uint8Array<ArrayBufferLike>;
  #at = 0;

  constructor(what: string, bytes: Uint8Array) {
    this.#what = what;
    // msgpackr treats a Node Buffer differently, and its slice() is a view instead of a copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Skips the header of an array of `elements` (up to 15), or of as many as `or` says; returns how many it has. */
  array(elements: number, or: number = elements): number {
    const has = this.#bytes[this.#at] === (FIXARRAY | or) ? or : elements;
    this.#expectByte('elements', FIXARRAY | has);
    return has;
  }

  /** Skips a version, which must be `expected` (up to 127), encoded in one byte or two. */
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
      throw this.corrupt(field, headerAt, `is ${length} bytes long, which is not a multiple of ${stride}`);
    }
    this.#at = start + length;
    return this.#bytes.subarray(start, this.#at);
  }

  /**
   * The rest of the message, decoded by msgpackr. It may have at most `maxBytes`, which bounds the work that a hostile
   * message can cause.
   */
  rest(field: string, maxBytes: number): unknown {
    const start = this.#at;
    const rest = this.#bytes.subarray(start);
    if (rest.length > maxBytes) {
      throw this.corrupt(field, start, `takes ${rest.length} bytes, more than the limit of ${maxBytes}`);
    }
    this.#at = this.#bytes.length;
    try {
      const value: unknown = unpackr.unpack(rest);
      return value;
    } catch (cause) {
      throw this.corrupt(field, start, 'is not exactly one msgpack value', cause);
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
    if (size === 0) throw this.corrupt(field, at, `is tagged ${tag ?? 'by nothing'}, which is not a bin`);
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
