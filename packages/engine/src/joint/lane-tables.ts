import { tableKey } from '@shale/codec';
import type { Address } from '../table-ref.js';

/** A table while something in the joint lane concerns it. */
export interface LaneTable {
  readonly address: Address;
  /** Resolves when what was given to its shard before is sent; null when it is. */
  sent: Promise<void> | null;
  /** What the lane has taken for it and not settled. */
  unsettled: number;
}

/** Cells of the filter. */
const CELLS = 4096;

/**
 * The tables in the joint lane: whatever is done to one of them must go there, too. Every append asks whether its table
 * is among them, so most get their answer from one cell of a filter.
 */
export class LaneTables {
  readonly #tables = new Map<string, LaneTable>();
  readonly #cells = new Uint32Array(CELLS);

  /** The table, if it is in the lane. */
  find(address: Address): LaneTable | undefined {
    if (this.#tables.size === 0 || this.#cells[cellOf(address)] === 0) return undefined;
    return this.#tables.get(tableKey(address.id));
  }

  /** Puts a table into the lane that is not in there yet. */
  enter(address: Address, sent: Promise<void> | null): LaneTable {
    const table = { address, sent, unsettled: 0 };
    this.#tables.set(tableKey(address.id), table);
    const cell = cellOf(address);
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1;
    return table;
  }

  /** A change of the table is settled; with the last one the table leaves the lane. */
  settled(table: LaneTable): void {
    if (--table.unsettled > 0) return;
    this.#tables.delete(tableKey(table.address.id));
    const cell = cellOf(table.address);
    this.#cells[cell] = (this.#cells[cell] ?? 0) - 1;
  }
}

/** Sees a bigint as two numbers: asked for each append while writes are under way, it must make none. */
const whole = new BigUint64Array(1);
const halves = new Uint32Array(whole.buffer);

/** By bits of both halves of the table's id. */
function cellOf({ table }: Address): number {
  whole[0] = table;
  return (((halves[0] ?? 0) ^ (halves[1] ?? 0)) >>> 0) % CELLS;
}
