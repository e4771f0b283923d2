import {
  isNamedTable,
  type RecordLimit,
  type RecordTarget,
  type RetentionRecord,
  type TableId,
  tableKey,
} from '@shale/codec';

/** A retention as it is stored, and which tables it is for. */
export interface StoredRetention extends RetentionRecord {
  readonly target: RecordTarget;
}

/** Between two time marks of a table: a 64th of the age that is kept, but not less or more than so many milliseconds. */
const AGE_PARTS = 64;
const LEAST_MS = 1000;
const MOST_MS = 60_000;

/** Which retention counts for which table: the closest one alone. */
export class Coverage {
  readonly #all: StoredRetention | null = null;
  readonly #regions = new Map<bigint, StoredRetention>();
  readonly #tables = new Map<string, StoredRetention>();
  readonly #names = new Map<string, StoredRetention>();
  /** The longest first. */
  readonly #prefixes: (readonly [string, StoredRetention])[] = [];

  constructor(retentions: Iterable<StoredRetention>) {
    for (const retention of retentions) {
      const { target } = retention;
      if (target.is === 'all') this.#all = retention;
      else if (target.is === 'region') this.#regions.set(target.region, retention);
      else if (target.is === 'table') this.#tables.set(tableKey(target), retention);
      else if (target.is === 'name') this.#names.set(target.name, retention);
      else this.#prefixes.push([target.prefix, retention]);
    }
    this.#prefixes.sort(([a], [b]) => b.length - a.length);
  }

  /** Whether there is none. */
  get isEmpty(): boolean {
    return (
      this.#all === null &&
      this.#regions.size + this.#tables.size + this.#names.size + this.#prefixes.length === 0
    );
  }

  /**
   * The retention of a table; null for none. That of the table, or of its name, comes before that of the longest prefix of
   * its name, then its region's, then that of all.
   *
   * @param nameOf asked only where names matter
   */
  of(id: TableId, nameOf: (id: TableId) => string | null): StoredRetention | null {
    const own = this.#tables.size === 0 ? undefined : this.#tables.get(tableKey(id));
    return own ?? this.#ofName(id, nameOf) ?? this.#regions.get(id.region) ?? this.#all;
  }

  #ofName(id: TableId, nameOf: (id: TableId) => string | null): StoredRetention | undefined {
    if (this.#names.size + this.#prefixes.length === 0 || !isNamedTable(id)) return undefined;
    const name = nameOf(id);
    if (name === null) return undefined;
    return this.#names.get(name) ?? this.#prefixes.find(([prefix]) => name.startsWith(prefix))?.[1];
  }
}

/** Whether a target has a table. */
export function targets(target: RecordTarget, id: TableId, nameOf: (id: TableId) => string | null): boolean {
  switch (target.is) {
    case 'all':
      return true;
    case 'region':
      return target.region === id.region;
    case 'table':
      return target.region === id.region && target.table === id.table;
    case 'name':
      return isNamedTable(id) && nameOf(id) === target.name;
    case 'prefix':
      return isNamedTable(id) && nameOf(id)?.startsWith(target.prefix) === true;
  }
}

/** How many milliseconds there are between two time marks of a table, at least; null when it needs none. */
export function marksEvery({ keep, atMost }: RetentionRecord): number | null {
  const ages = [keep, atMost].map(({ ageMs }: RecordLimit) => ageMs).filter((age) => age !== null);
  if (ages.length === 0) return null;
  const least = Math.min(...ages.map(Number));
  return Math.min(Math.max(Math.ceil(least / AGE_PARTS), LEAST_MS), MOST_MS);
}
