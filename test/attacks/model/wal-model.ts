import { floorOf, regionOf, TABLES, type TableKey } from './tables.js';

/** An entry, as read and as it must be. */
export interface ModelEntry {
  readonly sequence: bigint;
  readonly payload: Uint8Array;
}

/** A read's bounds. */
export interface ModelRange {
  readonly gte?: bigint | undefined;
  readonly gt?: bigint | undefined;
  readonly lte?: bigint | undefined;
  readonly lt?: bigint | undefined;
  readonly limit?: number | undefined;
}

/** One table's part of an append. */
export interface ModelPart {
  readonly table: TableKey;
  readonly payloads: readonly Uint8Array[];
  readonly expect: bigint | undefined;
}

/** What an append must come to. */
export type ModelOutcome =
  | { readonly ok: true; readonly spans: readonly { readonly first: bigint; readonly last: bigint }[] }
  | { readonly ok: false; readonly code: 'SHALE_SEQUENCE_MISMATCH' };

/** A table as `tables()` must list it. */
export interface ModelInfo {
  /** A key of the table, or, where only the metadata record is left, what the record is kept by. */
  readonly table: string;
  readonly first: bigint;
  readonly last: bigint;
  readonly entries: bigint;
}

interface ModelTable {
  entries: ModelEntry[];
  /** What the shard knows since it first touched the table; undefined: not touched yet, so it is what is on disk. */
  next: bigint | undefined;
  /** The shard knows that its last trim was durable. */
  isTrimDurable: boolean;
}

/** What a WAL must do, in memory and without any of its machinery. */
export class WalModel {
  readonly #tables = new Map<TableKey, ModelTable>(
    TABLES.map((key) => [key, { entries: [], next: undefined, isTrimDurable: false }]),
  );
  /** The metadata records. */
  readonly #floors = new Map<string, bigint>();
  /** What appends with ids have got, by table and id. */
  readonly #ids = new Map<string, { readonly first: bigint; readonly last: bigint }>();
  /** Where consumers are, by table and name. */
  readonly #positions = new Map<string, bigint>();

  get floors(): number {
    return this.#floors.size;
  }

  /** Appends all parts or nothing. */
  append(parts: readonly ModelPart[]): ModelOutcome {
    // Whatever comes of it, all its tables are known from now on.
    for (const { table } of parts) this.#touch(table);
    const pending = new Map<TableKey, bigint>();
    const spans: { first: bigint; last: bigint }[] = [];
    for (const { table, payloads, expect } of parts) {
      const first = pending.get(table) ?? this.next(table);
      if (expect !== undefined && expect !== first) return { ok: false, code: 'SHALE_SEQUENCE_MISMATCH' };
      pending.set(table, first + BigInt(payloads.length));
      spans.push({ first, last: first + BigInt(payloads.length) - 1n });
    }
    for (const { table, payloads } of parts) {
      const state = this.#touch(table);
      for (const payload of payloads) state.entries.push({ sequence: state.next++, payload });
    }
    return { ok: true, spans };
  }

  /** Appends, unless the id is known. */
  once(
    table: TableKey,
    id: string,
    payloads: readonly Uint8Array[],
  ): { readonly first: bigint; readonly last: bigint } {
    const known = this.#ids.get(`${table} ${id}`);
    if (known !== undefined) {
      this.#touch(table);
      return known;
    }
    const first = this.next(table);
    const span = { first, last: first + BigInt(payloads.length) - 1n };
    this.append([{ table, payloads, expect: undefined }]);
    this.#ids.set(`${table} ${id}`, span);
    return span;
  }

  /** The last sequence that a consumer has dealt with. */
  position(table: TableKey, name: string): bigint {
    return this.#positions.get(`${table} ${name}`) ?? 0n;
  }

  /** A consumer has dealt with everything up to a sequence. */
  move(table: TableKey, name: string, position: bigint): void {
    this.#positions.set(`${table} ${name}`, position);
  }

  /** The sequence that the next entry gets. */
  next(table: TableKey): bigint {
    return this.#touch(table).next;
  }

  first(table: TableKey): bigint {
    const { entries, next } = this.#touch(table);
    return next === 1n ? 0n : (entries[0]?.sequence ?? next);
  }

  last(table: TableKey): bigint {
    return this.next(table) - 1n;
  }

  /** Reads go past the shard, which does not get to know the table by them. */
  read(table: TableKey, range: ModelRange = {}): ModelEntry[] {
    const { gte = 0n, gt = -1n, lte = 2n ** 64n, lt = 2n ** 65n, limit } = range;
    return this.peek(table)
      .filter(({ sequence: s }) => s >= gte && s > gt && s <= lte && s < lt)
      .slice(0, limit);
  }

  /** What is there. */
  peek(table: TableKey): readonly ModelEntry[] {
    return this.#state(table).entries;
  }

  /**
   * A durable trim of what was trimmed already, by one that was not durable or by nobody knows which, writes the
   * metadata record again: also one that a drop in another region has taken away.
   */
  trim(table: TableKey, upTo: bigint, durable: boolean): { first: bigint; last: bigint } {
    // Nothing is kept of a table that was never written.
    const isKnown = this.#state(table).next !== undefined;
    if (!isKnown && this.peek(table).length === 0 && !this.#floors.has(floorOf(table)))
      return { first: 0n, last: 0n };
    const state = this.#touch(table);
    const kept = state.entries.filter(({ sequence }) => sequence > upTo);
    const removes = kept.length < state.entries.length;
    const repeats = durable && !state.isTrimDurable && this.first(table) > 1n;
    if (removes || repeats) {
      const floor = this.#floors.get(floorOf(table)) ?? 0n;
      const last = state.next - 1n;
      this.#floors.set(floorOf(table), last > floor ? last : floor);
      state.entries = kept;
      state.isTrimDurable = durable;
    }
    return { first: this.first(table), last: this.last(table) };
  }

  drop(table: TableKey): void {
    const state = this.#touch(table);
    state.entries = [];
    state.next = 1n;
    state.isTrimDurable = false;
    this.#floors.delete(floorOf(table));
    for (const beside of [this.#ids, this.#positions]) {
      for (const key of beside.keys()) if (key.startsWith(`${table} `)) beside.delete(key);
    }
  }

  /** The region's tables with entries, which are known from now on. */
  openRegion(region: bigint): { tables: number; entries: bigint } {
    const found = TABLES.filter((key) => regionOf(key) === region && this.peek(key).length > 0);
    for (const key of found) this.#touch(key);
    return { tables: found.length, entries: found.reduce((sum, key) => sum + spread(this.peek(key)), 0n) };
  }

  /** As `tables()` must list them, in no particular order. */
  tables(): ModelInfo[] {
    const listed = TABLES.filter((key) => this.peek(key).length > 0);
    const withEntries = listed.map((key) => {
      const entries = this.peek(key);
      return {
        table: key,
        first: entries[0]?.sequence ?? 0n,
        last: entries.at(-1)?.sequence ?? 0n,
        entries: spread(entries),
      };
    });
    const covered = new Set(listed.map(floorOf));
    const records = [...this.#floors].filter(([floor]) => !covered.has(floor));
    const withoutEntries = records.map(([table, floor]) => ({
      table,
      first: floor + 1n,
      last: floor,
      entries: 0n,
    }));
    return [...withEntries, ...withoutEntries];
  }

  /**
   * What `verify` must find. The metadata record is one for the table ids of all regions: a table goes on after what
   * another region's trim has written there, if the log reads it again after that; and a drop in another region takes
   * away what says that entries were trimmed.
   */
  findings(): string[] {
    return TABLES.flatMap((key) => {
      const entries = this.peek(key);
      const before = (entries[0]?.sequence ?? 1n) - 1n;
      const floor = this.#floors.get(floorOf(key)) ?? 0n;
      const holes = entries.flatMap(({ sequence }, i) => {
        const expected = (entries[i - 1]?.sequence ?? sequence - 1n) + 1n;
        return sequence === expected ? [] : [`hole ${key} ${expected}..${sequence - 1n}`];
      });
      return floor < before ? [...holes, `floor ${key} 1..${before}`] : holes;
    });
  }

  /** The log's memory of these tables is gone: it will be read from disk. */
  forget(tables: readonly TableKey[] = TABLES): void {
    for (const key of tables) Object.assign(this.#state(key), { next: undefined, isTrimDurable: false });
  }

  /** A copy that goes its own way. */
  fork(): WalModel {
    const copy = new WalModel();
    for (const [key, { entries, ...known }] of this.#tables) {
      copy.#tables.set(key, { entries: [...entries], ...known });
    }
    for (const [key, floor] of this.#floors) copy.#floors.set(key, floor);
    for (const [key, span] of this.#ids) copy.#ids.set(key, span);
    for (const [key, position] of this.#positions) copy.#positions.set(key, position);
    return copy;
  }

  /** Takes over what a crash left of a table. */
  adopt(table: TableKey, entries: readonly ModelEntry[]): void {
    this.#tables.set(table, { entries: [...entries], next: undefined, isTrimDurable: false });
  }

  #touch(table: TableKey): ModelTable & { next: bigint } {
    const state = this.#state(table);
    const last = state.entries.at(-1)?.sequence ?? 0n;
    const floor = this.#floors.get(floorOf(table)) ?? 0n;
    state.next ??= (last > floor ? last : floor) + 1n;
    return state as ModelTable & { next: bigint };
  }

  #state(table: TableKey): ModelTable {
    const state = this.#tables.get(table);
    if (state === undefined) throw new Error(`the model has no table ${table}`);
    return state;
  }
}

/** Entries as the log counts them, holes included. */
function spread(entries: readonly ModelEntry[]): bigint {
  const first = entries[0];
  const last = entries.at(-1);
  return first === undefined || last === undefined ? 0n : last.sequence - first.sequence + 1n;
}
