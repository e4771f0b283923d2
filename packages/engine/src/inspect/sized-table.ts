import type { SizedTable, TableSize } from './wire.js';

/** A table as another process has told what it takes. */
export class SizedTableOfReply implements SizedTable {
  readonly name: string | null;
  readonly region: bigint | null;
  readonly table: bigint;
  readonly entries: bigint;
  readonly bytes: number;

  constructor({ name, region, table, entries, bytes }: TableSize) {
    this.name = name;
    this.region = region;
    this.table = table;
    this.entries = entries;
    this.bytes = bytes;
  }

  toJSON(): object {
    const { name, region, table, entries, bytes } = this;
    const id = { region: region === null ? null : String(region), table: String(table) };
    return { name, ...id, entries: String(entries), bytes };
  }
}
