/** Words of a row: hash, first sequence (low, high), entries, time (low, high), where its id is, length and marks. */
const WORDS = 8;
const FIRST_AT = 1;
const ENTRIES_AT = 3;
const TIME_AT = 4;
const ID_AT = 6;
const LENGTH_AT = 7;
const LENGTH = 0xff;
/** A mark: its record on the disk begins with it. */
const BEGINS = 0x100;

const LEAST_ROWS = 8;
const LEAST_BYTES = 256;
const U32 = 2 ** 32;

/** The append of a row, as numbers. */
export interface IdRow {
  /** The halves of its first sequence. */
  readonly low: number;
  readonly high: number;
  readonly entries: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * Ids and their appends in the order in which they came, and in which they go: rows and the bytes of the ids, each in a
 * ring that grows. Numbers of rows count up for ever, modulo 2^32; they say nothing of where a row is.
 */
export class IdRows {
  #rows = new Uint32Array(LEAST_ROWS * WORDS);
  #bytes = new Uint8Array(LEAST_BYTES);
  #begin = 0;
  #end = 0;
  #bytesBegin = 0;
  #bytesEnd = 0;

  /** The number of the oldest row. */
  get begin(): number {
    return this.#begin;
  }

  /** The number of the next row. */
  get end(): number {
    return this.#end;
  }

  get size(): number {
    return (this.#end - this.#begin) >>> 0;
  }

  get bytes(): number {
    return this.#rows.byteLength + this.#bytes.byteLength;
  }

  /** Adds a row and returns its number. Throws when there is no memory for it, and then nothing has changed. */
  push(hash: number, ids: Uint8Array, idAt: number, length: number, append: IdRow): number {
    this.#makeRoom(length);
    const row = this.#end;
    const at = this.#at(row);
    const rows = this.#rows;
    rows[at] = hash;
    rows[at + FIRST_AT] = append.low;
    rows[at + FIRST_AT + 1] = append.high;
    rows[at + ENTRIES_AT] = append.entries;
    rows[at + TIME_AT] = append.time >>> 0;
    rows[at + TIME_AT + 1] = Math.floor(append.time / U32);
    rows[at + ID_AT] = this.#bytesEnd;
    rows[at + LENGTH_AT] = length;
    const bytes = this.#bytes;
    const mask = bytes.length - 1;
    for (let i = 0; i < length; i++) bytes[(this.#bytesEnd + i) & mask] = ids[idAt + i] ?? 0;
    this.#bytesEnd = (this.#bytesEnd + length) >>> 0;
    this.#end = (row + 1) >>> 0;
    return row;
  }

  /** Takes the newest rows back, from one on. */
  pop(from: number): void {
    if (from === this.#end) return;
    this.#bytesEnd = this.#rows[this.#at(from) + ID_AT] ?? 0;
    this.#end = from;
  }

  /** Removes the oldest rows, up to one that stays. */
  shift(to: number): void {
    this.#bytesBegin = to === this.#end ? this.#bytesEnd : (this.#rows[this.#at(to) + ID_AT] ?? 0);
    this.#begin = to;
  }

  hashOf(row: number): number {
    return this.#rows[this.#at(row)] ?? 0;
  }

  lowOf(row: number): number {
    return this.#rows[this.#at(row) + FIRST_AT] ?? 0;
  }

  highOf(row: number): number {
    return this.#rows[this.#at(row) + FIRST_AT + 1] ?? 0;
  }

  entriesOf(row: number): number {
    return this.#rows[this.#at(row) + ENTRIES_AT] ?? 0;
  }

  /** How many sequences after that of one row the append of another one begins. */
  distance(from: number, to: number): number {
    const a = this.#at(from) + FIRST_AT;
    const b = this.#at(to) + FIRST_AT;
    const rows = this.#rows;
    return ((rows[b + 1] ?? 0) - (rows[a + 1] ?? 0)) * U32 + (rows[b] ?? 0) - (rows[a] ?? 0);
  }

  timeOf(row: number): number {
    const at = this.#at(row) + TIME_AT;
    return (this.#rows[at + 1] ?? 0) * U32 + (this.#rows[at] ?? 0);
  }

  lengthOf(row: number): number {
    return (this.#rows[this.#at(row) + LENGTH_AT] ?? 0) & LENGTH;
  }

  /** Whether a record on the disk begins with it. */
  beginsRecord(row: number): boolean {
    return ((this.#rows[this.#at(row) + LENGTH_AT] ?? 0) & BEGINS) !== 0;
  }

  markBegin(row: number): void {
    const at = this.#at(row) + LENGTH_AT;
    this.#rows[at] = (this.#rows[at] ?? 0) | BEGINS;
  }

  hasId(row: number, ids: Uint8Array, idAt: number, length: number): boolean {
    if (this.lengthOf(row) !== length) return false;
    const from = this.#rows[this.#at(row) + ID_AT] ?? 0;
    const bytes = this.#bytes;
    const mask = bytes.length - 1;
    for (let i = 0; i < length; i++) if (bytes[(from + i) & mask] !== ids[idAt + i]) return false;
    return true;
  }

  /** Copies the id of a row to where there is room for it. */
  copyId(row: number, target: Uint8Array, to: number): void {
    const from = this.#rows[this.#at(row) + ID_AT] ?? 0;
    const length = this.lengthOf(row);
    const bytes = this.#bytes;
    const mask = bytes.length - 1;
    for (let i = 0; i < length; i++) target[to + i] = bytes[(from + i) & mask] ?? 0;
  }

  #at(row: number): number {
    return (row & (this.#rows.length / WORDS - 1)) * WORDS;
  }

  #makeRoom(length: number): void {
    const used = (this.#bytesEnd - this.#bytesBegin) >>> 0;
    if (used + length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      copyRing(this.#bytes, larger, this.#bytesBegin, used);
      this.#bytes = larger;
    }
    if (this.size < this.#rows.length / WORDS) return;
    const larger = new Uint32Array(2 * this.#rows.length);
    copyRing(this.#rows, larger, this.#begin * WORDS, this.#rows.length);
    this.#rows = larger;
  }
}

/** Copies what is between `begin` and `begin + length`, modulo the length of each. */
function copyRing<A extends Uint8Array | Uint32Array>(from: A, to: A, begin: number, length: number): void {
  const { length: ring } = from;
  for (let done = 0; done < length; ) {
    const at = (begin + done) % ring;
    const into = (begin + done) % to.length;
    const part = Math.min(length - done, ring - at, to.length - into);
    to.set(from.subarray(at, at + part), into);
    done += part;
  }
}
