import type { TableId } from '@shale/codec';

/** A read's bounds, as the model takes them. */
export interface ModelRange {
  readonly gte?: bigint | undefined;
  readonly gt?: bigint | undefined;
  readonly lte?: bigint | undefined;
  readonly lt?: bigint | undefined;
  readonly limit?: number | undefined;
}

interface ModelTable {
  readonly id: TableId;
  /** Sequence and payload of what can be read. */
  readonly entries: Map<bigint, number>;
  /** What the log holds in memory since the table was first touched; undefined: not touched since opening. */
  next: bigint | undefined;
}

/** What a log must do, in a few lines and in memory. */
export class LogModel {
  readonly #tables = new Map<string, ModelTable>();
  /** One per table id, for all regions, as on disk. */
  readonly #floors = new Map<bigint, bigint>();

  append(id: TableId, payloads: readonly number[]): { first: bigint; last: bigint } {
    const table = this.#touch(id);
    const first = table.next;
    for (const payload of payloads) table.entries.set(table.next++, payload);
    return { first, last: table.next - 1n };
  }

  next(id: TableId): bigint {
    return this.#touch(id).next;
  }

  first(id: TableId): bigint {
    const table = this.#touch(id);
    if (table.next === 1n) return 0n;
    return smallest(table.entries) ?? table.next;
  }

  read(
    id: TableId,
    { gte = 0n, gt = -1n, lte = 2n ** 64n, lt = 2n ** 65n, limit }: ModelRange,
  ): [bigint, number][] {
    const inside = [...this.#touch(id).entries].filter(
      ([sequence]) => sequence >= gte && sequence > gt && sequence <= lte && sequence < lt,
    );
    return inside.slice(0, limit);
  }

  scan(region: bigint): [bigint, bigint, number][] {
    return [...this.#tables.values()]
      .filter(({ id }) => id.region === region)
      .sort((a, b) => Number(a.id.table - b.id.table))
      .flatMap(({ id, entries }) =>
        [...entries].map(([sequence, payload]): [bigint, bigint, number] => [id.table, sequence, payload]),
      );
  }

  trim(id: TableId, upTo: bigint): bigint {
    // Nothing is kept of a table that was never written.
    const known = this.#tables.get(`${id.region}/${id.table}`);
    const isWritten = known !== undefined && (known.next !== undefined || known.entries.size > 0);
    if (!isWritten && !this.#floors.has(id.table)) return 0n;
    const table = this.#touch(id);
    const removed = [...table.entries.keys()].filter((sequence) => sequence <= upTo);
    for (const sequence of removed) table.entries.delete(sequence);
    if (removed.length > 0) {
      const floor = this.#floors.get(id.table) ?? 0n;
      this.#floors.set(id.table, table.next - 1n > floor ? table.next - 1n : floor);
    }
    return this.first(id);
  }

  drop(id: TableId): void {
    const table = this.#touch(id);
    table.entries.clear();
    table.next = 1n;
    this.#floors.delete(id.table);
  }

  openRegion(region: bigint): { tables: number; entries: bigint } {
    const open = [...this.#tables.values()].filter(
      ({ id, entries }) => id.region === region && entries.size > 0,
    );
    for (const { id } of open) this.#touch(id);
    return {
      tables: open.length,
      entries: open.reduce((sum, { entries }) => sum + span([...entries.keys()]), 0n),
    };
  }

  /** Places where sequences are missing: a floor of another region with the same table id leaves some out. */
  holes(): number {
    return [...this.#tables.values()].reduce((holes, { entries }) => {
      const sequences = [...entries.keys()].sort((a, b) => Number(a - b));
      return (
        holes + sequences.filter((sequence, i) => i > 0 && sequence !== (sequences[i - 1] ?? 0n) + 1n).length
      );
    }, 0);
  }

  reopen(): void {
    for (const table of this.#tables.values()) table.next = undefined;
  }

  /** The state of a table as it is held in memory from now on, recovered if it was not. */
  #touch(id: TableId): ModelTable & { next: bigint } {
    const key = `${id.region}/${id.table}`;
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = { id, entries: new Map(), next: undefined };
      this.#tables.set(key, table);
    }
    const last = [...table.entries.keys()].at(-1) ?? 0n;
    const floor = this.#floors.get(id.table) ?? 0n;
    table.next ??= (last > floor ? last : floor) + 1n;
    return table as ModelTable & { next: bigint };
  }
}

function smallest(entries: ReadonlyMap<bigint, number>): bigint | undefined {
  return entries.keys().next().value;
}

/** Sequences from the first to the last, holes included. */
function span(sequences: readonly bigint[]): bigint {
  const [least, most] = [Math.min, Math.max].map((of) => BigInt(of(...sequences.map(Number))));
  return (most ?? 0n) - (least ?? 0n) + 1n;
}
