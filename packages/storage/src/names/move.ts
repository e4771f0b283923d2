import {
  encodeNameCounter,
  FIRST_NAMED_TABLE,
  nameCounterKey,
  nameKey,
  type TableId,
  tableNameKey,
  U64_MAX,
} from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import { native } from '../errors.js';
import type { TableHome } from '../tables/table-state.js';
import { catalogPages, markMoved } from './catalog-log.js';
import { findName, naming } from './records.js';

/**
 * Gives every name of the log a record of its own, a page at a time, and leaves only the mark in the log with the last
 * one. Until then the log is what counts, and nothing of it is changed: an interrupted move begins again, and what
 * has been written before comes out the same, because all that the log says is done in its order.
 */
export function* moveNames(home: TableHome): Generator<void, void, undefined> {
  const { db, path, instance } = home;
  let next = FIRST_NAMED_TABLE;
  for (const records of catalogPages(home)) {
    const step = new MoveStep(home);
    for (const { kind, id, name } of records) {
      if (id.table >= next) next = id.table < U64_MAX ? id.table + 1n : U64_MAX;
      if (kind === 'name') step.name(name, id);
      else step.dropped(name, id);
    }
    native({ path }, () => db.change(step.changes, { sync: false }));
    yield;
  }
  const counter = { put: nameCounterKey(instance), value: encodeNameCounter(next) };
  // RocksDB's log has what was written before in front of this, so its sync is one for all.
  native({ path }, () => db.change([counter, ...markMoved(home)], { sync: true }));
}

/** What one page of the log comes to. */
class MoveStep {
  readonly changes: RecordChange[] = [];
  readonly #home: TableHome;
  /** What `changes` makes of names: their table, or null. */
  readonly #changed = new Map<string, TableId | null>();

  constructor(home: TableHome) {
    this.#home = home;
  }

  name(name: string, id: TableId): void {
    const { instance } = this.#home;
    const before = this.#tableOf(name);
    if (before !== null) this.changes.push({ remove: tableNameKey(instance, before) });
    this.changes.push(...naming(instance, name, id));
    this.#changed.set(name, id);
  }

  dropped(name: string, id: TableId): void {
    const { instance } = this.#home;
    if (this.#tableOf(name)?.table !== id.table) return;
    this.changes.push({ remove: nameKey(instance, name) }, { remove: tableNameKey(instance, id) });
    this.#changed.set(name, null);
  }

  #tableOf(name: string): TableId | null {
    const changed = this.#changed.get(name);
    return changed === undefined ? findName(this.#home, name) : changed;
  }
}
