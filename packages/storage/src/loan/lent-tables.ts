import { type TableId, tableKey } from '@shale/codec';
import type { TableSource } from '../tables/known-tables.js';
import { recoverTable, type TableHome, type TableState } from '../tables/table-state.js';
import { packStates, unpackStates } from './state-list.js';

interface LentTable {
  readonly id: TableId;
  state: TableState | undefined;
}

/**
 * The tables of a frame that others have lent, before those of the log itself. What is not known of a lent table is
 * recovered, and nothing of it stays with the log.
 */
export class LentTables implements TableSource {
  readonly #home: TableHome;
  readonly #own: TableSource;
  readonly #lent = new Map<string, LentTable>();

  /** @param states as `lend` returned them */
  constructor(home: TableHome, own: TableSource, states: BigUint64Array) {
    this.#home = home;
    this.#own = own;
    for (const { id, state } of unpackStates(states)) {
      this.#lent.set(tableKey(id), { id, state: state ?? undefined });
    }
  }

  /** The table, recovered if need be. Throws what `recoverTable` throws. */
  get(id: TableId): TableState {
    const table = this.#lent.get(tableKey(id));
    if (table === undefined) return this.#own.get(id);
    table.state ??= recoverTable(this.#home, id);
    return table.state;
  }

  /** The table if it is known. */
  peek(region: bigint, table: bigint): TableState | undefined {
    const lent = this.#lent.get(tableKey({ region, table }));
    return lent === undefined ? this.#own.peek(region, table) : lent.state;
  }

  /** Makes a table known that is not yet. */
  add(state: TableState): void {
    const lent = this.#lent.get(tableKey(state.id));
    if (lent === undefined) this.#own.add(state);
    else lent.state = state;
  }

  /** What is known of the lent tables now. */
  states(): BigUint64Array {
    return packStates([...this.#lent.values()]);
  }
}
