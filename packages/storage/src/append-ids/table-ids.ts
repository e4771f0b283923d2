import { hashOfId } from './id-hash.js';
import { type IdRow, IdRows } from './id-rows.js';
import { IdSlots } from './id-slots.js';
import type { AppendIdWindow } from './window.js';

/** An append that had an id. */
export interface KnownAppend {
  /** The sequence of its first entry. */
  readonly first: bigint;
  /** How many it has. */
  readonly entries: number;
  /** When it was made, in milliseconds since 1970. */
  readonly time: number;
}

/** Where a table is: what the ages of its ids are told by. */
export interface TableNow {
  /** Its last sequence. */
  readonly last: bigint;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Ids that are kept beyond the window, before they are forgotten in one go: at least so many. */
const LEAST_BATCH = 256;
/** And an eighth of the window. */
const BATCHES = 8;
/** About what a table takes besides its ids. */
const TABLE_BYTES = 1024;
const U32 = 2 ** 32;

/**
 * The ids of the appends to one table, in the order of their sequences, in little memory. What a frame adds, and what it
 * forgets, is provisional from `begin` to `settle`.
 */
export class TableIds {
  readonly rows: IdRows = new IdRows();
  readonly #slots = new IdSlots();
  /** How many were added since the last look for those to forget. */
  #added = 0;
  /** The first row of the frame under way. */
  #mark = 0;
  /** Rows of older ones with the same id that rows of the frame stand for now, two numbers each. */
  readonly #replaced: number[] = [];
  /** Up to which row ids are forgotten with the frame. */
  #forgotten = 0;

  /** How many there are. */
  get size(): number {
    return this.rows.size;
  }

  /** About how much memory they take. */
  get bytes(): number {
    return this.rows.bytes + this.#slots.bytes + TABLE_BYTES;
  }

  /** The first sequence of the newest one; null when there is none. */
  get newest(): bigint | null {
    return this.rows.size === 0 ? null : this.#firstOf((this.rows.end - 1) >>> 0);
  }

  /** The first row of the frame under way. */
  get mark(): number {
    return this.#mark;
  }

  /** Whether the frame has added any. */
  get hasAdded(): boolean {
    return this.rows.end !== this.#mark;
  }

  /** A frame begins. */
  begin(): void {
    this.#mark = this.rows.end;
    this.#forgotten = this.rows.begin;
    this.#replaced.length = 0;
  }

  /** The append of an id, however old: its row; -1 for none. */
  find(hash: number, ids: Uint8Array, at: number, length: number): number {
    const slot = this.#slotOf(hash, ids, at, length);
    return slot < 0 ? -1 : this.#slots.rowAt(slot);
  }

  /** The append of a row. */
  at(row: number): KnownAppend {
    const { rows } = this;
    return { first: this.#firstOf(row), entries: rows.entriesOf(row), time: rows.timeOf(row) };
  }

  /** Adds one that is newer than all others, in the place of an older one with the same id. */
  add(hash: number, ids: Uint8Array, at: number, length: number, append: IdRow): void {
    this.#slots.reserve();
    const row = this.rows.push(hash, ids, at, length, append);
    const slot = this.#slotOf(hash, ids, at, length);
    if (slot < 0) {
      this.#slots.add(hash, row);
      return;
    }
    this.#replaced.push(row, this.#slots.rowAt(slot));
    this.#slots.replace(slot, row);
  }

  /** Adds one that is stored; `begins` says whether its record begins with it. Not while a frame is under way. */
  load({ first, entries, time }: KnownAppend, id: Uint8Array, begins: boolean): void {
    const row = { low: Number(BigInt.asUintN(32, first)), high: Number(first >> 32n), entries, time };
    this.add(hashOfId(id, 0, id.length), id, 0, id.length, row);
    if (begins) this.rows.markBegin((this.rows.end - 1) >>> 0);
    this.#replaced.length = 0;
    this.#added++;
  }

  /**
   * Up to the first sequence of which record the ids can be forgotten with the frame; null as long as it is not worth it.
   * Only whole records are.
   */
  forgettable(window: AppendIdWindow, where: () => TableNow): bigint | null {
    const adding = (this.rows.end - this.#mark) >>> 0;
    if (this.#added + adding < Math.max(LEAST_BATCH, window.entries / BATCHES)) return null;
    const { rows } = this;
    const now = where();
    let record = rows.begin;
    let before: number | null = null;
    for (let row = rows.begin; ; row = (row + 1) >>> 0) {
      const isLast = row === this.#mark;
      if (row !== rows.begin && (isLast || rows.beginsRecord(row))) {
        before = record;
        record = row;
      }
      if (isLast || this.isWithin(row, window, now)) break;
    }
    this.#forgotten = record;
    return before === null ? null : this.#firstOf(before);
  }

  /** The frame is in, or it is not. */
  settle(written: boolean): void {
    if (!written) {
      this.#takeBack();
      return;
    }
    this.#added += (this.rows.end - this.#mark) >>> 0;
    if (this.#forgotten !== this.rows.begin) this.#forget();
    this.begin();
  }

  /** Whether the append of a row is within the window. One behind the end of its table is of another table that had its numbers. */
  isWithin(row: number, window: AppendIdWindow, now: TableNow): boolean {
    const { rows } = this;
    const low = Number(BigInt.asUintN(32, now.last)) - rows.lowOf(row);
    const behind = (Number(now.last >> 32n) - rows.highOf(row)) * U32 + low - rows.entriesOf(row) + 1;
    return behind >= 0 && behind < window.entries && now.time - rows.timeOf(row) <= window.ageMs;
  }

  #forget(): void {
    const { rows } = this;
    for (let row = rows.begin; row !== this.#forgotten; row = (row + 1) >>> 0) {
      const slot = this.#slotOfRow(row);
      if (slot >= 0) this.#slots.remove(slot);
    }
    rows.shift(this.#forgotten);
    this.#added = 0;
  }

  #takeBack(): void {
    const { rows } = this;
    for (let row = rows.end; row !== this.#mark; ) {
      row = (row - 1) >>> 0;
      const slot = this.#slotOfRow(row);
      if (slot < 0) continue;
      if (this.#replaced.at(-2) === row) {
        this.#slots.replace(slot, this.#replaced.at(-1) ?? 0);
        this.#replaced.length -= 2;
      } else {
        this.#slots.remove(slot);
      }
    }
    rows.pop(this.#mark);
    this.begin();
  }

  #firstOf(row: number): bigint {
    return (BigInt(this.rows.highOf(row)) << 32n) | BigInt(this.rows.lowOf(row));
  }

  #slotOf(hash: number, ids: Uint8Array, at: number, length: number): number {
    const { rows } = this;
    const slots = this.#slots;
    let slot = slots.first(hash);
    while (slot >= 0 && !rows.hasId(slots.rowAt(slot), ids, at, length)) slot = slots.after(slot, hash);
    return slot;
  }

  /** The slot that leads to a row; -1 when a newer one with the same id has it. */
  #slotOfRow(row: number): number {
    const slots = this.#slots;
    const hash = this.rows.hashOf(row);
    let slot = slots.first(hash);
    while (slot >= 0 && slots.rowAt(slot) !== row) slot = slots.after(slot, hash);
    return slot;
  }
}
