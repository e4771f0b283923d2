import { type TableId, tableKey, tableRange } from '@shale/codec';
import { native } from '../errors.js';
import { type IdHome, readAppendIds } from './id-records.js';
import { TableIds } from './table-ids.js';
import type { AppendIdWindow } from './window.js';

/** About so much memory is taken by ids, or as much as those of one table take if that is more. */
const MOST_BYTES = 256 * 1024 * 1024;
/** And of so many tables, which take about 2 KB each, whether they have ids or not. */
const MOST_TABLES = 50_000;

interface KnownTable {
  readonly ids: TableIds;
  /** Tells whether the table was dropped. */
  readonly watch: bigint;
  /** Whether others may have added ids. */
  isStale: boolean;
  /** How many bytes of it are counted. */
  counted: number;
}

/**
 * The ids of the appends to the tables that get such appends: read when the first one comes, and kept until there are too
 * many, or too many tables; then those of the tables that had none for longest are let go of.
 */
export class KnownIds {
  readonly window: AppendIdWindow;
  readonly #home: IdHome;
  readonly #most: number;
  readonly #mostTables: number;
  /** The tables, the one that was used last at the end. */
  readonly #tables = new Map<string, KnownTable>();
  readonly #used = new Set<string>();
  #bytes = 0;

  constructor(
    home: IdHome,
    window: AppendIdWindow,
    most: number = MOST_BYTES,
    mostTables: number = MOST_TABLES,
  ) {
    this.#home = home;
    this.window = window;
    this.#most = most;
    this.#mostTables = mostTables;
  }

  /** About how much memory they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The ids of a table, until {@link rest}. Throws SHALE_CORRUPT when they cannot be read.
   *
   * @param isLent whether another log owns the table, which may have added some
   */
  of(id: TableId, isLent: boolean): TableIds {
    const key = tableKey(id);
    const table = this.#current(key) ?? this.#begin(id);
    this.#tables.delete(key);
    this.#tables.set(key, table);
    this.#used.add(key);
    if (table.isStale || isLent) {
      for (const stored of readAppendIds(this.#home, id, table.ids.newest)) {
        table.ids.load(stored, stored.id, stored.begins);
      }
      table.isStale = false;
    }
    return table.ids;
  }

  /** Another log may have added ids to a table. */
  note(id: TableId): void {
    const table = this.#tables.get(tableKey(id));
    if (table !== undefined) table.isStale = true;
  }

  /** No ids that were handed out are in use any more: lets go of those that are too many. */
  rest(): void {
    if (this.#used.size === 0) return;
    for (const key of this.#used) {
      const table = this.#tables.get(key);
      if (table === undefined) continue;
      const { bytes } = table.ids;
      this.#bytes += bytes - table.counted;
      table.counted = bytes;
    }
    this.#used.clear();
    for (const key of this.#tables.keys()) {
      const areFew = this.#bytes <= this.#most && this.#tables.size <= this.#mostTables;
      if (areFew || this.#tables.size === 1) return;
      this.#forget(key);
    }
  }

  /** What is known of a table, unless it was dropped since. */
  #current(key: string): KnownTable | null {
    const table = this.#tables.get(key);
    if (table === undefined) return null;
    if (!this.#home.db.sawDrop(table.watch)) return table;
    this.#forget(key);
    return null;
  }

  #begin(id: TableId): KnownTable {
    const { db, path, instance } = this.#home;
    const watch = native({ path, table: id }, () => db.watch(tableRange(instance, id).lower));
    return { ids: new TableIds(), watch, isStale: true, counted: 0 };
  }

  #forget(key: string): void {
    const table = this.#tables.get(key);
    if (table === undefined) return;
    this.#home.db.unwatch(table.watch);
    this.#tables.delete(key);
    this.#bytes -= table.counted;
  }
}
