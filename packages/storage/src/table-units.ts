import type { TableId } from '@shale/codec';
import { TableStates } from './table-states.js';
import { recoverTable, type TableHome, type TableUnit } from './table-unit.js';

/** Where the units of a frame's tables come from. */
export type UnitSource = Pick<TableUnits, 'get' | 'peek' | 'add'>;

/** So many units are kept as they are, twice that for a while. The tables of a frame may be more. */
const WARM = 4096;

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
 * Those that were used lately are units; of all others only the state is kept, packed. A unit that was handed out stays
 * the one of its table until {@link rest}. In the long run nothing is kept of a table that was never written, or was
 * dropped: that is what its recovery finds.
 */
export class TableUnits {
  readonly #home: TableHome;
  readonly #states = new TableStates();
  /** The units used since `#cooling` was begun, and those used before. A unit is in one of them. */
  #warm = new UnitMap();
  #cooling = new UnitMap();

  constructor(home: TableHome) {
    this.#home = home;
  }

  /** How many tables are known that have been written. */
  get size(): number {
    let size = this.#states.size;
    for (const units of [this.#warm, this.#cooling]) {
      for (const unit of units.units()) {
        const { region, table } = unit.id;
        // What is packed of a table that has a unit is of no account any more.
        size += (unit.last === 0n ? 0 : 1) - (this.#states.has(region, table) ? 1 : 0);
      }
    }
    return size;
  }

  /** The table's unit, recovered if need be. Throws what {@link recoverTable} throws; then nothing is kept. */
  get(id: TableId): TableUnit {
    const known = this.peek(id.region, id.table);
    if (known !== undefined) return known;
    const unit = recoverTable(this.#home, id);
    this.#warm.set(unit);
    return unit;
  }

  /** The same, where no other unit is in use. */
  look(id: TableId): TableUnit {
    this.rest();
    return this.get(id);
  }

  /** The table's unit if the table is known already. */
  peek(region: bigint, table: bigint): TableUnit | undefined {
    const warm = this.#warm.get(region, table);
    if (warm !== undefined) return warm;
    let unit = this.#cooling.get(region, table);
    if (unit !== undefined) this.#cooling.delete(region, table);
    else unit = this.#states.load(region, table);
    if (unit !== undefined) this.#warm.set(unit);
    return unit;
  }

  /** Whether the table is known already. */
  has(region: bigint, table: bigint): boolean {
    const unit = this.#warm.get(region, table) ?? this.#cooling.get(region, table);
    return unit === undefined ? this.#states.has(region, table) : true;
  }

  /** Makes a table known that is not yet. */
  add(unit: TableUnit): void {
    this.#warm.set(unit);
  }

  /** Makes a table known that is not yet, and will not be used right now. */
  note(unit: TableUnit): void {
    this.#pack(unit);
  }

  /** Puts what is known now of a table in the place of what was known before, also for whoever holds its unit. */
  replace(unit: TableUnit): void {
    const known = this.peek(unit.id.region, unit.id.table);
    if (known === undefined) this.add(unit);
    else known.restore(unit.save());
  }

  /** Lets go of what is known of a table. Whoever installs what was listed before must be kept from it. */
  forget({ region, table }: TableId): void {
    this.#warm.delete(region, table);
    this.#cooling.delete(region, table);
    this.#states.delete(region, table);
  }

  /** No unit that was handed out is in use any more: packs those that have not been used for long, if there are many. */
  rest(): void {
    if (this.#warm.size <= WARM) return;
    for (const unit of this.#cooling.units()) this.#pack(unit);
    this.#cooling = this.#warm;
    this.#warm = new UnitMap();
  }

  #pack(unit: TableUnit): void {
    if (unit.last === 0n) this.#states.delete(unit.id.region, unit.id.table);
    else this.#states.set(unit.id, unit);
  }
}
