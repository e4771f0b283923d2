import {
  decodeTableNameKey,
  decodeTableNameValue,
  type TableId,
  tableNameKey,
  tableNameRange,
} from '@shale/codec';
import { recordPages } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';
import { nameOfTable } from './records.js';

interface NamedTable {
  readonly table: bigint;
  readonly name: string;
}

/** Goes through the records of tables' names beside a walk through the tables, in the order of their ids. */
export class NameCursor {
  readonly #home: TableHome;
  #records: Iterator<NamedTable, void, undefined> | undefined;
  #next: NamedTable | undefined;

  constructor(home: TableHome) {
    this.#home = home;
  }

  /** The name of a table, whose id is larger than the one asked for before; null when it has none. */
  nameOf(id: TableId): string | null {
    this.#records ??= this.#from(id);
    while (this.#next === undefined || this.#next.table < id.table) {
      const { done, value } = this.#records.next();
      if (done === true) break;
      this.#next = value;
    }
    if (this.#next?.table === id.table) return this.#next.name;
    // It may have been made since the cursor read on.
    return nameOfTable(this.#home, id);
  }

  *#from(id: TableId): Generator<NamedTable, void, undefined> {
    const { db, instance } = this.#home;
    const range = { lower: tableNameKey(instance, id), upper: tableNameRange(instance).upper };
    for (const page of recordPages(db, range)) {
      for (const { key, value } of page) {
        yield { table: decodeTableNameKey(key, instance).table, name: decodeTableNameValue(value) };
      }
    }
  }
}
