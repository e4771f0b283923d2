import type { TableId } from '@shale/codec';
import { type SavedState, TableState } from './table-state.js';

/*
 * A row, in u64: region, table, last, first - 1, tail, dense - 1. A sequence after the last one there can be, 2^64,
 * does not fit into 64 bits; one less always does, but for a first entry 0, which has a flag.
 */
const FIELDS = 6;
/** 32-bit words of a row, the lower one of each pair first. */
export const ROW_WORDS: number = FIELDS * 2;
/** The word of a row where the largest sequence ever given out begins. */
export const LAST_AT = 4;
/** The same of the largest sequence that has or had an entry. */
export const TAIL_AT = 8;
const WORDS = ROW_WORDS;
const PAGE_BITS = 11;
const ROWS_PER_PAGE = 2 ** PAGE_BITS;
const TRIM_IS_DURABLE = 1;
const FIRST_IS_ZERO = 2;
const LEAST_SLOTS = 64;

/** Of a row that has a first entry, or none. */
export interface RowState {
  /** The largest sequence ever given out. */
  readonly last: bigint;
  /** The sequence before the first entry; `last` when there is none. */
  readonly beforeFirst: bigint;
  /** The largest sequence that has or had an entry. */
  readonly tail: bigint;
  /** The sequence before the first from which on there are no holes. */
  readonly beforeDense: bigint;
  /** Whether the last trim is known to be on the disk. */
  readonly isDurable: boolean;
}

interface Page {
  readonly fields: BigUint64Array;
  /** The same memory: keys are compared without making bigints of them. */
  readonly words: Uint32Array;
  readonly flags: Uint8Array;
  /** Of each row what {@link TableRows.duesOf} tells; null until it is asked for. */
  dues: Uint32Array | null;
}

/**
 * What is known of many tables in little memory, 55 to 61 bytes for each: rows packed into pages, found through a hash
 * table of row numbers (open addressing, linear probing). What is deleted gives its memory back.
 *
 * There are more slots than rows, so the bits that say which slot a hash belongs to are enough for a row number plus
 * one. A slot has that in these bits and the rest of the hash in the others: a search looks at hardly any row but the
 * right one.
 */
export class TableRows {
  readonly #pages: Page[] = [];
  /** The upper bits of the hash, and the row number plus one; 0 where there is none. */
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
    return this.#rowAt(this.#find(region, table)) >= 0;
  }

  /**
   * The row of a table, by the lower and upper words of its ids; -1 when it is not known. It stays where it is until a
   * table is deleted.
   */
  rowOf(regionLow: number, regionHigh: number, tableLow: number, tableHigh: number): number {
    return this.#rowAt(this.#slotOf(regionLow, regionHigh, tableLow, tableHigh));
  }

  /** The page of a row, to read and change in place: a row is {@link ROW_WORDS} from {@link rowAt} on. */
  wordsOf(row: number): Uint32Array {
    return this.#pageOf(row).words;
  }

  /**
   * Numbers of a page's rows, to read and change in place, 0 at first: a row's is at {@link dueAt}. They go with their
   * rows.
   */
  duesOf(row: number): Uint32Array {
    const page = this.#pageOf(row);
    page.dues ??= new Uint32Array(ROWS_PER_PAGE);
    return page.dues;
  }

  /** Makes all numbers of {@link duesOf} 0. */
  clearDues(): void {
    for (const page of this.#pages) page.dues = null;
  }

  /** The same of a table that is made known, as never written, if it is not. */
  obtain(regionLow: number, regionHigh: number, tableLow: number, tableHigh: number): number {
    const slot = this.#slotOf(regionLow, regionHigh, tableLow, tableHigh);
    const known = this.#rowAt(slot);
    if (known >= 0) return known;
    const row = this.#put(slot, hash(regionLow, regionHigh, tableLow, tableHigh));
    const { words, flags } = this.#pageOf(row);
    const at = rowAt(row);
    words[at] = regionLow;
    words[at + 1] = regionHigh;
    words[at + 2] = tableLow;
    words[at + 3] = tableHigh;
    // One by one: fill() is a call out of compiled code.
    for (let i = LAST_AT; i < WORDS; i++) words[at + i] = 0;
    flags[row % ROWS_PER_PAGE] = 0;
    this.#makeRoom();
    return row;
  }

  /** What is known of a table, as a state of its own. */
  load(region: bigint, table: bigint): TableState | undefined {
    const row = this.#rowAt(this.#find(region, table));
    if (row < 0) return undefined;
    const { fields, flags } = this.#pageOf(row);
    const at = (row % ROWS_PER_PAGE) * FIELDS;
    const flag = flags[row % ROWS_PER_PAGE] ?? 0;
    const state = new TableState({ region, table }, null, 0n, 0n);
    state.restore({
      next: (fields[at + 2] ?? 0n) + 1n,
      first: (flag & FIRST_IS_ZERO) === 0 ? (fields[at + 3] ?? 0n) + 1n : 0n,
      tail: fields[at + 4] ?? 0n,
      dense: (fields[at + 5] ?? 0n) + 1n,
      trimIsDurable: (flag & TRIM_IS_DURABLE) !== 0,
    });
    return state;
  }

  /** What is known of a row's table, as far as a trim wants to know it; null for one whose first entry is 0. */
  peek(row: number): RowState | null {
    const { fields, flags } = this.#pageOf(row);
    const at = (row % ROWS_PER_PAGE) * FIELDS;
    const flag = flags[row % ROWS_PER_PAGE] ?? 0;
    if ((flag & FIRST_IS_ZERO) !== 0) return null;
    return {
      last: fields[at + 2] ?? 0n,
      beforeFirst: fields[at + 3] ?? 0n,
      tail: fields[at + 4] ?? 0n,
      beforeDense: fields[at + 5] ?? 0n,
      isDurable: (flag & TRIM_IS_DURABLE) !== 0,
    };
  }

  /** Notes where a row's table begins now, and whether that is on the disk. */
  trim(row: number, beforeFirst: bigint, isDurable: boolean): void {
    const { fields, flags } = this.#pageOf(row);
    fields[(row % ROWS_PER_PAGE) * FIELDS + 3] = beforeFirst;
    flags[row % ROWS_PER_PAGE] = isDurable ? TRIM_IS_DURABLE : 0;
  }

  /** Notes what is known of a table, in place of what was. */
  set({ region, table }: TableId, state: SavedState): void {
    const slot = this.#find(region, table);
    const known = this.#rowAt(slot);
    const key = this.#keyWords;
    const row = known < 0 ? this.#put(slot, hash(key[0] ?? 0, key[1] ?? 0, key[2] ?? 0, key[3] ?? 0)) : known;
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
    this.#makeRoom();
  }

  /** Forgets a table, if it is known. */
  delete(region: bigint, table: bigint): void {
    this.#empty(this.#find(region, table));
  }

  /** The same by the words of its ids. */
  remove(regionLow: number, regionHigh: number, tableLow: number, tableHigh: number): void {
    this.#empty(this.#slotOf(regionLow, regionHigh, tableLow, tableHigh));
  }

  /** Gives a free slot a row, whose content is left to the caller. */
  #put(slot: number, hashed: number): number {
    const row = this.#size++;
    this.#fill(slot, hashed, row);
    if (this.#pages.length * ROWS_PER_PAGE <= row) this.#pages.push(newPage());
    const { dues } = this.#pageOf(row);
    if (dues !== null) dues[dueAt(row)] = 0;
    return row;
  }

  #fill(slot: number, hashed: number, row: number): void {
    this.#slots[slot] = (hashed & -this.#slots.length) | (row + 1);
  }

  /** The row of a slot; -1 for none. */
  #rowAt(slot: number): number {
    return ((this.#slots[slot] ?? 0) & (this.#slots.length - 1)) - 1;
  }

  #makeRoom(): void {
    if (this.#size * 10 > this.#slots.length * 7) this.#rehash(this.#slots.length * 2);
  }

  #empty(slot: number): void {
    const row = this.#rowAt(slot);
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
    return this.#slotOf(key[0] ?? 0, key[1] ?? 0, key[2] ?? 0, key[3] ?? 0);
  }

  #slotOf(a: number, b: number, c: number, d: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hashed = hash(a, b, c, d);
    let slot = hashed & mask;
    for (;;) {
      const content = slots[slot] ?? 0;
      if (content === 0) return slot;
      if (((content ^ hashed) & ~mask) === 0) {
        const row = (content & mask) - 1;
        const { words } = this.#pageOf(row);
        const at = rowAt(row);
        // Tables mostly differ in the low words of their ids.
        if (words[at + 2] === c && words[at] === a && words[at + 3] === d && words[at + 1] === b) return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** The hash of a row's table. Where the search for it begins is in the lower bits. */
  #hashOf(row: number): number {
    const { words } = this.#pageOf(row);
    const at = rowAt(row);
    return hash(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0);
  }

  /** Empties a slot, and moves what follows so that every search still gets to its end. */
  #closeGap(slot: number): void {
    const mask = this.#slots.length - 1;
    let gap = slot;
    for (let next = (gap + 1) & mask; ; next = (next + 1) & mask) {
      const occupant = this.#slots[next] ?? 0;
      if (occupant === 0) break;
      const home = this.#hashOf((occupant & mask) - 1) & mask;
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
    const hashed = this.#hashOf(from);
    let slot = hashed & mask;
    while (this.#rowAt(slot) !== from) slot = (slot + 1) & mask;
    this.#fill(slot, hashed, to);
    const source = this.#pageOf(from);
    const target = this.#pageOf(to);
    const at = (from % ROWS_PER_PAGE) * FIELDS;
    target.fields.set(source.fields.subarray(at, at + FIELDS), (to % ROWS_PER_PAGE) * FIELDS);
    target.flags[to % ROWS_PER_PAGE] = source.flags[from % ROWS_PER_PAGE] ?? 0;
    if (target.dues !== null) target.dues[dueAt(to)] = source.dues?.[dueAt(from)] ?? 0;
  }

  #rehash(slots: number): void {
    this.#slots = new Uint32Array(slots);
    const mask = slots - 1;
    for (let row = 0; row < this.#size; row++) {
      const hashed = this.#hashOf(row);
      let slot = hashed & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#fill(slot, hashed, row);
    }
  }
}

/** Where a row begins in its page. */
export function rowAt(row: number): number {
  return (row % ROWS_PER_PAGE) * WORDS;
}

/** Where the number of a row is among those of its page. */
export function dueAt(row: number): number {
  return row % ROWS_PER_PAGE;
}

function newPage(): Page {
  const fields = new BigUint64Array(ROWS_PER_PAGE * FIELDS);
  return { fields, words: new Uint32Array(fields.buffer), flags: new Uint8Array(ROWS_PER_PAGE), dues: null };
}

/** Tables whose ids differ in these bits of the low word alone have slots beside each other. */
const NEAR_BITS = 3;
const NEAR = 2 ** NEAR_BITS - 1;

/**
 * Random in each thread, so that ids with the same hash cannot be chosen on purpose. Nothing of it is ever told, and to
 * load node:crypto for it would take a tenth of a thread's start.
 */
const SEED = Math.floor(Math.random() * 2 ** 32);

/**
 * Mixes the words of a key, so that ids are spread, but for eight that follow each other: they are often used after
 * each other, and are found in one line of the processor's cache then. Their upper bits differ, which the slots keep.
 */
export function hash(a: number, b: number, c: number, d: number): number {
  const spread = mix(a, b, c >>> NEAR_BITS, d);
  const near = c & NEAR;
  return (spread ^ near ^ (near << (32 - NEAR_BITS))) >>> 0;
}

/** After each word all is mixed, so that no word makes up for another one without knowledge of the seed. */
function mix(a: number, b: number, c: number, d: number): number {
  let mixed = Math.imul(a ^ SEED, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ b, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ c, 0x85ebca77);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ d, 0x27d4eb2f);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
