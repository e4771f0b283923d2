import { decodeLogKey, decodeMetaValue, metaKey, type TableId, tableRange, WalError } from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { native } from '../errors.js';
import type { TableHome } from '../tables/table-state.js';

/** The largest sequences that tables have given out, as a snapshot shows them, asked for table by table. */
export class TableLast {
  readonly #home: TableHome;
  readonly #snapshot: Snapshot;
  #last: { readonly id: TableId; readonly last: bigint } | null = null;

  constructor(home: TableHome, snapshot: Snapshot) {
    this.#home = home;
    this.#snapshot = snapshot;
  }

  /** That of a table; null where it cannot be told, which is found elsewhere. */
  of(id: TableId): bigint | null {
    if (this.#last?.id.region === id.region && this.#last.id.table === id.table) return this.#last.last;
    try {
      const { db, path, instance } = this.#home;
      const options = { snapshot: this.#snapshot };
      const { lower, upper } = tableRange(instance, id);
      const place = { path, table: id };
      const record = native(place, () => db.get(metaKey(instance, id.table), options));
      const floor = record === null ? 0n : decodeMetaValue(record);
      const key = native(place, () => db.ends(lower, upper, options)).last;
      const end = key === null ? 0n : decodeLogKey(key, instance).sequence;
      this.#last = { id, last: end > floor ? end : floor };
      return this.#last.last;
    } catch (error) {
      if (error instanceof WalError && error.code === 'SHALE_CORRUPT') return null;
      throw error;
    }
  }
}
