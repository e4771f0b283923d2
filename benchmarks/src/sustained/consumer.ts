import type { Table } from '@shale/engine';

/** Tables that are read at the same time. */
const READERS = 4;

/** Reads what it has not read yet, and trims behind itself. */
export class Consumer {
  readonly #tables: readonly Table[];
  readonly #positions: bigint[];
  #entries = 0;

  constructor(tables: readonly Table[]) {
    this.#tables = tables;
    this.#positions = tables.map(() => 0n);
  }

  /** Entries that it has read. */
  get entries(): number {
    return this.#entries;
  }

  /** Reads what each table has when its turn comes. */
  async catchUp(): Promise<void> {
    let next = 0;
    const reader = async (): Promise<void> => {
      while (next < this.#tables.length) await this.#read(next++);
    };
    await Promise.all(Array.from({ length: READERS }, reader));
  }

  async #read(index: number): Promise<void> {
    const table = this.#tables[index];
    if (table === undefined) return;
    let position = this.#positions[index] ?? 0n;
    for await (const chunk of table.read({ gt: position }).chunks()) {
      this.#entries += chunk.length;
      position = chunk.sequenceAt(chunk.length - 1);
    }
    this.#positions[index] = position;
    await table.trim(position);
  }
}
