import type { TableId } from '@shale/codec';
import { type Entry, EntryOfTable } from '../read/entry.js';

/** One entry of a follow of many tables. */
export interface FollowedEntry extends Entry {
  /** The ids of its table. */
  readonly table: TableId;
}

/** An entry of a follow of many tables as it is handed out. */
export class EntryOfMany extends EntryOfTable<Uint8Array> implements FollowedEntry {
  readonly table: TableId;

  constructor(table: TableId, sequence: bigint, payload: Uint8Array) {
    super(sequence, payload);
    this.table = { region: table.region, table: table.table };
  }

  override toJSON(): object {
    const { region, table } = this.table;
    return { region: String(region), table: String(table), ...super.toJSON() };
  }
}
