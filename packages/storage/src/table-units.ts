import type { TableId } from '@shale/codec';
import { TableStates } from './table-states.js';
import { recoverTable, type TableHome, type TableUnit } from './table-unit.js';

/** Where the units of a frame's tables come from. */
export type UnitSource = Pick<TableUnits, 'get' | 'peek' | 'add'>;

/** So many tables that were never written are known as such, twice that for a while. */
const BLANK = 4096;

type Key = number | bigint;

/** Ids below become numbers that need no memory of their own. */
const SMALL = 2n ** 30n;

/** An id as the key of a map: a bigint is slow to find. */
function keyOf(id: bigint): Key {
  return id < SMALL ? Number(id) : id;
}

/** Units by region and table id. */
class UnitMap {
  readonly #regions = new Map<Key, Map<Key, TableUnit>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(region: bigint, table: bigint): TableUnit | undefined {
    return this.#regions.get(keyOf(region))?.get(keyOf(table));
  }

  set(unit: TableUnit): void {
    const region = keyOf(unit.id.region);
    const table = keyOf(unit.id.table);
    let tables = this.#regions.get(region);
    if (tables === undefined) {
      tables = new Map();
      this.#regions.set(region, tables);
    }
    if (!tables.has(table)) this.#size++;
    tables.set(table, unit);
  }

  delete(region: bigint, table: bigint): void {
    const tables = this.#regions.get(keyOf(region));
    if (tables?.delete(keyOf(table)) !== true) return;
    this.#size--;
    if (tables.size === 0) this.#regions.delete(keyOf(region));
  }

  *units(): Generator<TableUnit, void, undefined> {
    for (const tables of this.#regions.values()) yield* tables.values();
  }
}

/**
 * The tables that the log knows. A table is recovered from disk when it is first asked for.
 *
 * What is known is kept packed. A unit that is handed out stays the one of its table until {@link rest}, which packs
 * it. In the long run nothing is kept of a table that was never written, or was dropped: that is what its recovery
 * finds, unless the same table of another region has been trimmed since.
 */
export class TableUnits {
  readonly #home: TableHome;
  readonly #states = new TableStates();
  /** Those that are handed out. What is packed of their tables is of no account. */
  #units = new UnitMap();
  /**
   * Tables that were never written, looked at since `#olderBlank` was begun, and before. Of no account if they are
   * packed.
   */
  #blank = new UnitMap();
  #olderBlank = new UnitMap();

  constructor(home: TableHome) {
    this.#home = home;
  }

  /** How many tables are known that have been written. */
  get size(): number {
    let size = this.#states.size;
    for (const unit of this.#units.units()) {
      const { region, table } = unit.id;
      size += (unit.last === 0n ? 0 : 1) - (this.#states.has(region, table) ? 1 : 0);
    }
    return size;
  }

  /** The table's unit, recovered if need be. Throws what {@link recoverTable} throws; then nothing is kept. */
  get(id: TableId): TableUnit {
    const known = this.peek(id.region, id.table);
    if (known !== undefined) return known;
    const unit = recoverTable(this.#home, id);
    this.#units.set(unit);
    return unit;
  }

  /** The same, where no other unit is in use. */
  look(id: TableId): TableUnit {
    this.rest();
    return this.get(id);
  }

  /** The table's unit if the table is known already. */
  peek(region: bigint, table: bigint): TableUnit | undefined {
    const handedOut = this.#units.get(region, table);
    if (handedOut !== undefined) return handedOut;
    const unit = this.#states.load(region, table) ?? this.#blankOf(region, table);
    if (unit === undefined) return undefined;
    // It may be written now.
    if (unit.last === 0n) this.#forgetBlank(region, table);
    this.#units.set(unit);
    return unit;
  }

  /** The same, where no other unit is in use. */
  glance(id: TableId): TableUnit | undefined {
    this.rest();
    return this.peek(id.region, id.table);
  }

  /** Whether the table is known already. */
  has(region: bigint, table: bigint): boolean {
    if (this.#units.get(region, table) !== undefined || this.#states.has(region, table)) return true;
    return this.#blankOf(region, table) !== undefined;
  }

  /** Makes a table known that is not yet. */
  add(unit: TableUnit): void {
    this.#units.set(unit);
  }

  /** Makes a table known that is not yet, and will not be used right now. */
  note(unit: TableUnit): void {
    this.#pack(unit);
  }

  /** Puts what is known now of a table in the place of what was known before, also for holders of its unit. */
  replace(unit: TableUnit): void {
    const known = this.peek(unit.id.region, unit.id.table);
    if (known === undefined) this.add(unit);
    else known.restore(unit.save());
  }

  /** Lets go of what is known of a table. What was listed before must not be installed after it. */
  forget({ region, table }: TableId): void {
    this.#units.delete(region, table);
    this.#states.delete(region, table);
    this.#forgetBlank(region, table);
  }

  /** No unit that was handed out is in use any more: packs them. */
  rest(): void {
    if (this.#units.size === 0) return;
    for (const unit of this.#units.units()) this.#pack(unit);
    this.#units = new UnitMap();
    if (this.#blank.size <= BLANK) return;
    this.#olderBlank = this.#blank;
    this.#blank = new UnitMap();
  }

  /**
   * Whether a table that is not packed is known to be as never written, where no unit is in use. One of which all is an
   * entry 0, which another system has written, is not.
   */
  isBlank(region: bigint, table: bigint): boolean {
    const unit = this.#blankOf(region, table);
    return unit !== undefined && unit.first !== 0n;
  }

  /** Whether any table is known to be as never written. */
  get hasBlank(): boolean {
    return this.#blank.size + this.#olderBlank.size > 0;
  }

  /**
   * What is known, packed, where no unit is in use: to be read and changed in place until the next call of any other
   * method. No table that was never written may be left in it.
   */
  rows(): TableStates {
    this.rest();
    return this.#states;
  }

  #pack(unit: TableUnit): void {
    if (unit.last === 0n) {
      this.#states.delete(unit.id.region, unit.id.table);
      this.#blank.set(unit);
    } else {
      this.#states.set(unit.id, unit);
    }
  }

  #forgetBlank(region: bigint, table: bigint): void {
    this.#blank.delete(region, table);
    this.#olderBlank.delete(region, table);
  }

  /** A unit of a table that is not packed and was never written. */
  #blankOf(region: bigint, table: bigint): TableUnit | undefined {
    return this.#blank.get(region, table) ?? this.#olderBlank.get(region, table);
  }
}
