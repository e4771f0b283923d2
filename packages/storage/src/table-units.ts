import type { TableId } from '@shale/codec';
import { recoverTable, type TableHome, type TableUnit } from './table-unit.js';

/** The tables that the log knows, by region and table id. A table is recovered from disk when it is first asked for. */
export class TableUnits {
  readonly #home: TableHome;
  readonly #regions = new Map<bigint, Map<bigint, TableUnit>>();
  #size = 0;

  constructor(home: TableHome) {
    this.#home = home;
  }

  /** How many tables are known. */
  get size(): number {
    return this.#size;
  }

  /** The table, recovered if need be. Throws what {@link recoverTable} throws; then nothing is kept. */
  get(id: TableId): TableUnit {
    const known = this.peek(id.region, id.table);
    if (known !== undefined) return known;
    const unit = recoverTable(this.#home, id);
    this.add(unit);
    return unit;
  }

  /** The table if it is known already. */
  peek(region: bigint, table: bigint): TableUnit | undefined {
    return this.#regions.get(region)?.get(table);
  }

  /** Makes a table known that is not yet. */
  add(unit: TableUnit): void {
    const { region, table } = unit.id;
    let tables = this.#regions.get(region);
    if (tables === undefined) {
      tables = new Map();
      this.#regions.set(region, tables);
    }
    if (!tables.has(table)) this.#size++;
    tables.set(table, unit);
  }
}
