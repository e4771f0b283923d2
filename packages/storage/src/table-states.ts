import type { TableId } from '@shale/codec';
import { type TableState, TableUnit } from './table-unit.js';

/*
 * A row, in u64: region, table, last, first - 1, tail, dense - 1. A sequence after the last one there can be, 2^64, does not
 * fit into 64 bits; one less always does, but for a first entry 0, which has a flag.
 */
const FIELDS = 6;
const WORDS = FIELDS * 2;
const PAGE_BITS = 11;
const ROWS_PER_PAGE = 2 ** PAGE_BITS;
const TRIM_IS_DURABLE = 1;
const FIRST_IS_ZERO = 2;
const LEAST_SLOTS = 64;

interface Page {
  readonly fields: BigUint64Array;
  /** The same memory: keys are compared without making bigints of them. */
  readonly words: Uint32Array;
  readonly flags: Uint8Array;
}

/**
 * What is known of many tables in little memory, 55 to 61 bytes for each: rows packed into pages, found through a hash
 * table of row numbers (open addressing, linear probing). What is deleted gives its memory back.
 */
export class TableStates {
  readonly #pages: Page[] = [];
  /** Row numbers plus one; 0 where there is none. */
  #slots = new Uint32Array(LEAST_SLOTS);
  #size = 0;
  readonly #key = new BigUint64Array(2);
  readonly #keyWords = new Uint32Array(this.#key.buffer);

  /** How many tables there are. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#slots.byteLength + this.#pages.length * ROWS_PER_PAGE * (FIELDS * 8 + 1);
  }

  has(region: bigint, table: bigint): boolean {
    return this.#slots[this.#find(region, table)] !== 0;
  }

  /** What is known of a table, as a unit of its own. */
  load(region: bigint, table: bigint): TableUnit | undefined {
    const row = (this.#slots[this.#find(region, table)] ?? 0) - 1;
    if (row < 0) return undefined;
    const { fields, flags } = this.#pageOf(row);
    const at = (row % ROWS_PER_PAGE) * FIELDS;
    const flag = flags[row % ROWS_PER_PAGE] ?? 0;
    const unit = new TableUnit({ region, table }, null, 0n, 0n);
    unit.restore({
      next: (fields[at + 2] ?? 0n) + 1n,
      first: (flag & FIRST_IS_ZERO) === 0 ? (fields[at + 3] ?? 0n) + 1n : 0n,
      tail: fields[at + 4] ?? 0n,
      dense: (fields[at + 5] ?? 0n) + 1n,
      trimIsDurable: (flag & TRIM_IS_DURABLE) !== 0,
    });
    return unit;
  }

  /** Notes what is known of a table, in place of what was. */
  set({ region, table }: TableId, state: TableState): void {
    const slot = this.#find(region, table);
    let row = (this.#slots[slot] ?? 0) - 1;
    if (row < 0) {
      row = this.#size++;
      this.#slots[slot] = row + 1;
      if (this.#pages.length * ROWS_PER_PAGE <= row) this.#pages.push(newPage());
    }
    const { fields, flags } = this.#pageOf(row);
    const at = (row % ROWS_PER_PAGE) * FIELDS;
    fields[at] = region;
    fields[at + 1] = table;
    fields[at + 2] = state.next - 1n;
    fields[at + 3] = state.first === 0n ? 0n : state.first - 1n;
    fields[at + 4] = state.tail;
    fields[at + 5] = state.dense - 1n;
    flags[row % ROWS_PER_PAGE] =
      (state.trimIsDurable ? TRIM_IS_DURABLE : 0) | (state.first === 0n ? FIRST_IS_ZERO : 0);
    if (this.#size * 10 > this.#slots.length * 7) this.#rehash(this.#slots.length * 2);
  }

  /** Forgets a table, if it is known. */
  delete(region: bigint, table: bigint): void {
    const slot = this.#find(region, table);
    const row = (this.#slots[slot] ?? 0) - 1;
    if (row < 0) return;
    this.#closeGap(slot);
    const last = --this.#size;
    if (row !== last) this.#move(last, row);
    if ((this.#pages.length - 1) * ROWS_PER_PAGE >= this.#size) this.#pages.pop();
    if (this.#size * 8 < this.#slots.length && this.#slots.length > LEAST_SLOTS)
      this.#rehash(this.#slots.length / 2);
  }

  #pageOf(row: number): Page {
    return this.#pages[row >>> PAGE_BITS] ?? this.#missing(row);
  }

  #missing(row: number): never {
    throw new RangeError(`there is no row ${row} of ${this.#size}`);
  }

  /** The slot that a table has, or would get. */
  #find(region: bigint, table: bigint): number {
    this.#key[0] = region;
    this.#key[1] = table;
    // One by one: taking an array apart runs its iterator, which costs more than all the rest.
    const key = this.#keyWords;
    const a = key[0] ?? 0;
    const b = key[1] ?? 0;
    const c = key[2] ?? 0;
    const d = key[3] ?? 0;
    const mask = this.#slots.length - 1;
    let slot = hash(a, b, c, d) & mask;
    for (;;) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0) return slot;
      const { words } = this.#pageOf(row);
      const at = (row % ROWS_PER_PAGE) * WORDS;
      // Tables mostly differ in the low words of their ids.
      if (words[at + 2] === c && words[at] === a && words[at + 3] === d && words[at + 1] === b) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Where the search for a row's table begins. */
  #homeOf(row: number): number {
    const { words } = this.#pageOf(row);
    const at = (row % ROWS_PER_PAGE) * WORDS;
    const of = (word: number): number => words[at + word] ?? 0;
    return hash(of(0), of(1), of(2), of(3)) & (this.#slots.length - 1);
  }

  /** Empties a slot, and moves what follows so that every search still gets to its end. */
  #closeGap(slot: number): void {
    const mask = this.#slots.length - 1;
    let gap = slot;
    for (let next = (gap + 1) & mask; ; next = (next + 1) & mask) {
      const occupant = this.#slots[next] ?? 0;
      if (occupant === 0) break;
      const home = this.#homeOf(occupant - 1);
      // It may move up only if that does not take it before the place where its search begins.
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      this.#slots[gap] = occupant;
      gap = next;
    }
    this.#slots[gap] = 0;
  }

  /** Puts a row in the place of another. */
  #move(from: number, to: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#homeOf(from);
    while (this.#slots[slot] !== from + 1) slot = (slot + 1) & mask;
    this.#slots[slot] = to + 1;
    const source = this.#pageOf(from);
    const target = this.#pageOf(to);
    const at = (from % ROWS_PER_PAGE) * FIELDS;
    target.fields.set(source.fields.subarray(at, at + FIELDS), (to % ROWS_PER_PAGE) * FIELDS);
    target.flags[to % ROWS_PER_PAGE] = source.flags[from % ROWS_PER_PAGE] ?? 0;
  }

  #rehash(slots: number): void {
    this.#slots = new Uint32Array(slots);
    const mask = slots - 1;
    for (let row = 0; row < this.#size; row++) {
      let slot = this.#homeOf(row);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = row + 1;
    }
  }
}

function newPage(): Page {
  const fields = new BigUint64Array(ROWS_PER_PAGE * FIELDS);
  return { fields, words: new Uint32Array(fields.buffer), flags: new Uint8Array(ROWS_PER_PAGE) };
}

/** Mixes the words of a key, so that ids that follow each other are spread. */
function hash(a: number, b: number, c: number, d: number): number {
  let mixed = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ c, 0x85ebca77);
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ Math.imul(d, 0xc2b2ae3d), 0x27d4eb2f);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
