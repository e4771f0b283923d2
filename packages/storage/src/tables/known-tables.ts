import type { TableId } from '@shale/codec';
import { TableRows } from './table-rows.js';
import { recoverTable, type TableHome, type TableState } from './table-state.js';

/** Where the states of a frame's tables come from. */
export type TableSource = Pick<KnownTables, 'get' | 'peek' | 'add'>;

/** So many tables that were never written are known as such, twice that for a while. */
const BLANK = 4096;

type Key = number | bigint;

/** Ids below become numbers that need no memory of their own. */
const SMALL = 2n ** 30n;

/** An id as the key of a map: a bigint is slow to find. */
function keyOf(id: bigint): Key {
  return id < SMALL ? Number(id) : id;
}

/** States by region and table id. */
class StateMap {
  readonly #regions = new Map<Key, Map<Key, TableState>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(region: bigint, table: bigint): TableState | undefined {
    return this.#regions.get(keyOf(region))?.get(keyOf(table));
  }

  set(state: TableState): void {
    const region = keyOf(state.id.region);
    const table = keyOf(state.id.table);
    let tables = this.#regions.get(region);
    if (tables === undefined) {
      tables = new Map();
      this.#regions.set(region, tables);
    }
    if (!tables.has(table)) this.#size++;
    tables.set(table, state);
  }

  delete(region: bigint, table: bigint): void {
    const tables = this.#regions.get(keyOf(region));
    if (tables?.delete(keyOf(table)) !== true) return;
    this.#size--;
    if (tables.size === 0) this.#regions.delete(keyOf(region));
  }

  *states(): Generator<TableState, void, undefined> {
    for (const tables of this.#regions.values()) yield* tables.values();
  }
}

/**
 * The tables that the log knows. A table is recovered from disk when it is first asked for.
 *
 * What is known is kept packed. A state that is handed out stays the one of its table until {@link rest}, which packs
 * it. In the long run nothing is kept of a table that was never written, or was dropped: that is what its recovery
 * finds, unless the same table of another region has been trimmed since.
 */
export class KnownTables {
  readonly #home: TableHome;
  readonly #rows = new TableRows();
  /** States that are handed out; they override the packed ones. */
  #inUse = new StateMap();
  /**
   * Tables that were never written, looked at since `#olderBlank` was begun, and before. Packed states override
   * them.
   */
  #blank = new StateMap();
  #olderBlank = new StateMap();

  constructor(home: TableHome) {
    this.#home = home;
  }

  /** How many tables are known that have been written. */
  get size(): number {
    let size = this.#rows.size;
    for (const state of this.#inUse.states()) {
      const { region, table } = state.id;
      size += (state.last === 0n ? 0 : 1) - (this.#rows.has(region, table) ? 1 : 0);
    }
    return size;
  }

  /** The table's state, recovered if need be. Throws what {@link recoverTable} throws; then nothing is kept. */
  get(id: TableId): TableState {
    const known = this.peek(id.region, id.table);
    if (known !== undefined) return known;
    const state = recoverTable(this.#home, id);
    this.#inUse.set(state);
    return state;
  }

  /** The same, where no other state is in use. */
  look(id: TableId): TableState {
    this.rest();
    return this.get(id);
  }

  /** The table's state if the table is known already. */
  peek(region: bigint, table: bigint): TableState | undefined {
    const handedOut = this.#inUse.get(region, table);
    if (handedOut !== undefined) return handedOut;
    const state = this.#rows.load(region, table) ?? this.#blankOf(region, table);
    if (state === undefined) return undefined;
    // It may be written now.
    if (state.last === 0n) this.#forgetBlank(region, table);
    this.#inUse.set(state);
    return state;
  }

  /** The same, where no other state is in use. */
  glance(id: TableId): TableState | undefined {
    this.rest();
    return this.peek(id.region, id.table);
  }

  /** Whether the table is known already. */
  has(region: bigint, table: bigint): boolean {
    if (this.#inUse.get(region, table) !== undefined || this.#rows.has(region, table)) return true;
    return this.#blankOf(region, table) !== undefined;
  }

  /** Makes a table known that is not yet. */
  add(state: TableState): void {
    this.#inUse.set(state);
  }

  /** Makes a table known that is not yet, and will not be used right now. */
  note(state: TableState): void {
    this.#pack(state);
  }

  /** Puts what is known now of a table in the place of what was known before, also for holders of its state. */
  replace(state: TableState): void {
    const known = this.peek(state.id.region, state.id.table);
    if (known === undefined) this.add(state);
    else known.restore(state.save());
  }

  /** Lets go of what is known of a table. What was listed before must not be installed after it. */
  forget({ region, table }: TableId): void {
    this.#inUse.delete(region, table);
    this.#rows.delete(region, table);
    this.#forgetBlank(region, table);
  }

  /** No state that was handed out is in use any more: packs them. */
  rest(): void {
    if (this.#inUse.size === 0) return;
    for (const state of this.#inUse.states()) this.#pack(state);
    this.#inUse = new StateMap();
    if (this.#blank.size <= BLANK) return;
    this.#olderBlank = this.#blank;
    this.#blank = new StateMap();
  }

  /**
   * Whether a table that is not packed is known to be as never written, where no state is in use. One of which all is
   * an entry 0, which another system has written, is not.
   */
  isBlank(region: bigint, table: bigint): boolean {
    const state = this.#blankOf(region, table);
    return state !== undefined && state.first !== 0n;
  }

  /** Whether any table is known to be as never written. */
  get hasBlank(): boolean {
    return this.#blank.size + this.#olderBlank.size > 0;
  }

  /**
   * What is known, packed, where no state is in use: to be read and changed in place until the next call of any other
   * method. No table that was never written may be left in it.
   */
  rows(): TableRows {
    this.rest();
    return this.#rows;
  }

  #pack(state: TableState): void {
    if (state.last === 0n) {
      this.#rows.delete(state.id.region, state.id.table);
      this.#blank.set(state);
    } else {
      this.#rows.set(state.id, state);
    }
  }

  #forgetBlank(region: bigint, table: bigint): void {
    this.#blank.delete(region, table);
    this.#olderBlank.delete(region, table);
  }

  /** A state of a table that is not packed and was never written. */
  #blankOf(region: bigint, table: bigint): TableState | undefined {
    return this.#blank.get(region, table) ?? this.#olderBlank.get(region, table);
  }
}
