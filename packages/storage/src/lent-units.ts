import type { TableId } from '@shale/codec';
import { packStates, unpackStates } from './state-list.js';
import { recoverTable, type TableHome, type TableUnit } from './table-unit.js';
import type { UnitSource } from './table-units.js';

interface LentTable {
  readonly id: TableId;
  unit: TableUnit | undefined;
}

/**
 * The tables of a frame that others have lent, before those of the log itself. What is not known of a lent table is
 * recovered, and nothing of it stays with the log.
 */
export class LentUnits implements UnitSource {
  readonly #home: TableHome;
  readonly #own: UnitSource;
  readonly #lent = new Map<string, LentTable>();

  /** @param states as `lend` returned them */
  constructor(home: TableHome, own: UnitSource, states: BigUint64Array) {
    this.#home = home;
    this.#own = own;
    for (const { id, unit } of unpackStates(states)) {
      this.#lent.set(keyOf(id.region, id.table), { id, unit: unit ?? undefined });
    }
  }

  /** The table, recovered if need be. Throws what `recoverTable` throws. */
  get(id: TableId): TableUnit {
    const table = this.#lent.get(keyOf(id.region, id.table));
    if (table === undefined) return this.#own.get(id);
    table.unit ??= recoverTable(this.#home, id);
    return table.unit;
  }

  /** The table if it is known. */
  peek(region: bigint, table: bigint): TableUnit | undefined {
    const lent = this.#lent.get(keyOf(region, table));
    return lent === undefined ? this.#own.peek(region, table) : lent.unit;
  }

  /** Makes a table known that is not yet. */
  add(unit: TableUnit): void {
    const lent = this.#lent.get(keyOf(unit.id.region, unit.id.table));
    if (lent === undefined) this.#own.add(unit);
    else lent.unit = unit;
  }

  /** What is known of the lent tables now. */
  states(): BigUint64Array {
    return packStates([...this.#lent.values()]);
  }
}

function keyOf(region: bigint, table: bigint): string {
  return `${region}/${table}`;
}
