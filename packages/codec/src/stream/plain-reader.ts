import { corrupt } from '../errors/refuse.js';
import { BUFFER, F64S, U32S, U64S } from './plain-writer.js';

/** No message is nested deeper: a chain of causes is the deepest there is. */
const MOST_DEPTH = 32;

/** What is no UTF-8 comes out as U+FFFD: some text quotes what a caller gave. */
const text = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Reads what `encodeMessage` writes, and nothing else that msgpack can say: no extension, no map whose keys are not text.
 * A general decoder trusts what the message says of itself; this one takes no memory that the bytes do not account for.
 */
class PlainReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** All of it. */
  whole(): unknown {
    const value = this.#value(0);
    if (this.#at < this.#bytes.length) throw this.#corrupt('has something behind its end');
    return value;
  }

  #value(depth: number): unknown {
    if (depth > MOST_DEPTH) throw this.#corrupt('is nested too deep');
    const tag = this.#take(1, (at) => this.#view.getUint8(at));
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 0x0f, depth);
    if (tag < 0xa0) return this.#array(tag & 0x0f, depth);
    if (tag < 0xc0) return this.#text(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    return this.#tagged(tag, depth);
  }

  #tagged(tag: number, depth: number): unknown {
    const view = this.#view;
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#bin(this.#length(1));
      case 0xc5:
        return this.#bin(this.#length(2));
      case 0xc6:
        return this.#bin(this.#length(4));
      case 0xca:
        return this.#take(4, (at) => view.getFloat32(at));
      case 0xcb:
        return this.#take(8, (at) => view.getFloat64(at));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#length(2 ** (tag - 0xcc));
      case 0xcf:
        return this.#take(8, (at) => view.getBigUint64(at));
      case 0xd0:
        return this.#take(1, (at) => view.getInt8(at));
      case 0xd1:
        return this.#take(2, (at) => view.getInt16(at));
      case 0xd2:
        return this.#take(4, (at) => view.getInt32(at));
      case 0xd3:
        return this.#take(8, (at) => view.getBigInt64(at));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#length(2 ** (tag - 0xd9)));
      case 0xdc:
        return this.#array(this.#length(2), depth);
      case 0xdd:
        return this.#array(this.#length(4), depth);
      case 0xde:
        return this.#map(this.#length(2), depth);
      case 0xdf:
        return this.#map(this.#length(4), depth);
      default:
        throw this.#corrupt(`has tag ${tag}, which is none of its`);
    }
  }

  /** A number of so many bytes, big-endian. */
  #length(bytes: number): number {
    const view = this.#view;
    if (bytes === 1) return this.#take(1, (at) => view.getUint8(at));
    return bytes === 2
      ? this.#take(2, (at) => view.getUint16(at))
      : this.#take(4, (at) => view.getUint32(at));
  }

  #take<T>(bytes: number, read: (at: number) => T): T {
    const at = this.#at;
    if (bytes > this.#bytes.length - at) throw this.#corrupt('ends in the middle');
    this.#at = at + bytes;
    return read(at);
  }

  /** In memory of their own, which can be moved elsewhere. */
  #bin(length: number): Uint8Array {
    return this.#take(length, (at) => new Uint8Array(this.#bytes.subarray(at, at + length)));
  }

  #text(length: number): string {
    return this.#take(length, (at) => text.decode(this.#bytes.subarray(at, at + length)));
  }

  #array(length: number, depth: number): unknown[] {
    // Each takes a byte at least.
    if (length > this.#bytes.length - this.#at) throw this.#corrupt('ends in the middle');
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.push(this.#value(depth + 1));
    return items;
  }

  #map(length: number, depth: number): unknown {
    const fields: Record<string, unknown> = {};
    for (let i = 0; i < length; i++) {
      const name = this.#value(depth + 1);
      if (typeof name !== 'string' || name === '__proto__' || Object.hasOwn(fields, name))
        throw this.#corrupt('has a map whose keys are not those of fields');
      fields[name] = this.#value(depth + 1);
    }
    return length === 1 ? this.#typed(fields) : fields;
  }

  #typed(fields: Record<string, unknown>): unknown {
    for (const [name, make] of TYPED) {
      if (!Object.hasOwn(fields, name)) continue;
      const value = fields[name];
      if (!(value instanceof Uint8Array)) throw this.#corrupt(`has ${name} of something else than bytes`);
      const typed = make(value.buffer as ArrayBuffer);
      if (typed === null) throw this.#corrupt(`has ${name} of ${value.length} bytes`);
      return typed;
    }
    return fields;
  }

  #corrupt(problem: string): Error {
    const offset = this.#at;
    return corrupt(`a message of another process: it ${problem}, at offset ${offset}`, {
      field: 'message',
      offset,
      size: this.#bytes.length,
    });
  }
}

const TYPED: readonly (readonly [string, (buffer: ArrayBuffer) => object | null])[] = [
  [U64S, (buffer) => (buffer.byteLength % 8 === 0 ? new BigUint64Array(buffer) : null)],
  [U32S, (buffer) => (buffer.byteLength % 4 === 0 ? new Uint32Array(buffer) : null)],
  [F64S, (buffer) => (buffer.byteLength % 8 === 0 ? new Float64Array(buffer) : null)],
  [BUFFER, (buffer) => buffer],
];

/** The value of a message, without its length. Throws SHALE_CORRUPT. */
export function decodeMessage(bytes: Uint8Array): unknown {
  return new PlainReader(bytes).whole();
}
