/** Payloads by sequence, of tables by region and id, in the words of horae-wal.cc. */
interface Part {
  readonly region: bigint;
  readonly table: bigint;
  readonly entries: Map<bigint, string>;
  last: bigint;
}

/** What a WAL must hold, worked out without Shale and without RocksDB. Tables must differ in their ids. */
export class Model {
  readonly #parts = new Map<string, Part>();
  readonly #floors = new Map<bigint, bigint>();

  /** Appends payloads and returns the sequence of the first. */
  append(region: bigint, table: bigint, payloads: readonly Uint8Array[]): bigint {
    const part = this.#part(region, table);
    const first = part.last + 1n;
    for (const payload of payloads) part.entries.set(++part.last, hexOf(payload));
    return first;
  }

  /** Deletes up to a sequence, inclusive. */
  trim(region: bigint, table: bigint, upTo: bigint): void {
    const part = this.#part(region, table);
    for (const sequence of part.entries.keys()) if (sequence <= upTo) part.entries.delete(sequence);
    this.#floors.set(table, part.last);
  }

  /** The payloads of a table by sequence. */
  entries(region: bigint, table: bigint): [bigint, string][] {
    return [...this.#part(region, table).entries];
  }

  last(region: bigint, table: bigint): bigint {
    return this.#part(region, table).last;
  }

  /** What `horae-wal read` must print. */
  lines(): string[] {
    const floors = [...this.#floors].sort(([a], [b]) => compare(a, b));
    const parts = [...this.#parts.values()].sort(
      (a, b) => compare(a.region, b.region) || compare(a.table, b.table),
    );
    return [
      ...floors.map(([table, sequence]) => `floor ${table} ${sequence}`),
      ...parts.flatMap(({ region, table, entries }) =>
        [...entries].map(([sequence, payload]) => `log ${region} ${table} ${sequence} ${payload}`),
      ),
    ];
  }

  #part(region: bigint, table: bigint): Part {
    const key = `${region}/${table}`;
    let part = this.#parts.get(key);
    if (part === undefined) {
      part = { region, table, entries: new Map(), last: 0n };
      this.#parts.set(key, part);
    }
    return part;
  }
}

/** Bytes in the words of horae-wal.cc. */
export function hexOf(bytes: Uint8Array): string {
  return bytes.length === 0 ? '-' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
