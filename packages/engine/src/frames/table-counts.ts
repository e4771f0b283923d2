import type { Address } from '../table-ref.js';

type Key = number | bigint;

/** Ids below become numbers: a bigint is slow to find. */
const SMALL = 2n ** 30n;

/**
 * How often each table is there, by its ids and without an object for a table: there may be thousands, each for as long
 * as it takes the garbage collector to come by and move it.
 */
export class TableCounts {
  readonly #regions = new Map<Key, Map<Key, number>>();

  has(address: Address | null): boolean {
    return address !== null && this.#regions.get(keyOf(address.region))?.has(keyOf(address.table)) === true;
  }

  add(address: Address | null): void {
    if (address === null) return;
    const region = keyOf(address.region);
    const table = keyOf(address.table);
    const tables = this.#regions.get(region);
    if (tables === undefined) this.#regions.set(region, new Map([[table, 1]]));
    else tables.set(table, (tables.get(table) ?? 0) + 1);
  }

  /** Takes one away that was added. */
  subtract(address: Address | null): void {
    if (address === null) return;
    const region = keyOf(address.region);
    const tables = this.#regions.get(region);
    if (tables === undefined) return;
    const table = keyOf(address.table);
    const count = tables.get(table) ?? 0;
    if (count > 1) {
      tables.set(table, count - 1);
      return;
    }
    tables.delete(table);
    if (tables.size === 0) this.#regions.delete(region);
  }

  clear(): void {
    this.#regions.clear();
  }
}

function keyOf(id: bigint): Key {
  return id < SMALL ? Number(id) : id;
}
