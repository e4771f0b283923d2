import { instanceRange, isNamedTable, type TableId, tableRange, type WalError } from '@shale/codec';
import type { LogContext } from './context.js';
import { native } from './errors.js';
import { floors } from './floors.js';
import { heads } from './heads.js';
import { Names } from './names/names.js';

/** A table as the list of tables shows it. */
export interface TableInfo {
  /** Which table it is. */
  readonly id: {
    /** Null when only the metadata record is left, which does not say its region. */
    readonly region: bigint | null;
    /** The table's id inside its region. */
    readonly table: bigint;
  };
  /** The table's name, for one that has a name. */
  readonly name?: string;
  /** The smallest readable sequence; `last + 1n` when only the metadata record is left. */
  readonly first: bigint;
  /** The largest sequence that has an entry, or of the metadata record when only that is left. */
  readonly last: bigint;
  /** `last - first + 1`; more than there are where another system left holes. */
  readonly entries: bigint;
  /** Bytes on disk and in memory as RocksDB estimates them; coarse for small tables. */
  readonly bytes: number;
}

/** Floors that are looked through at a time when none of them is a table's to be listed. */
const FLOORS_PER_STEP = 1024;

/**
 * Lists every table that has entries, by (region, table), and then those of which only the metadata record is left. Null
 * stands for nothing yet: no step takes long, whatever there is.
 */
export function* tables(
  context: LogContext,
  onProblem?: (problem: WalError) => void,
): Generator<TableInfo | null, void, undefined> {
  const names = new ListedNames(context);
  while (!names.prepare()) yield null;
  const listed = new Set<bigint>();
  let nameOf = names.inOrder();
  for (const { id, first, last } of heads(context, instanceRange(context.instance), onProblem)) {
    listed.add(id.table);
    const { lower, upper } = tableRange(context.instance, id);
    const bytes = native({ path: context.path, table: id }, () => context.db.approximateSize(lower, upper));
    yield { id, ...named(nameOf(id)), first, last, entries: last - first + 1n, bytes };
  }
  nameOf = names.inOrder();
  let seen = 0;
  for (const { table, maxSequence } of floors(context, onProblem)) {
    if (listed.has(table)) {
      if (++seen % FLOORS_PER_STEP === 0) yield null;
      continue;
    }
    // Tables with a name are all in region 0, so what is left of one can be told.
    const name = named(nameOf({ region: 0n, table }));
    yield {
      id: { region: null, table },
      ...name,
      first: maxSequence + 1n,
      last: maxSequence,
      entries: 0n,
      bytes: 0,
    };
  }
}

/** Names for a list. Where they cannot be read, the list goes on up to the first table that has one. */
class ListedNames {
  readonly #names: Names;
  #failure: unknown;
  #hasFailed = false;

  constructor({ db, path, instance }: LogContext) {
    // A list changes nothing.
    this.#names = new Names({ db, path, instance }, false);
  }

  prepare(): boolean {
    try {
      return this.#names.prepare();
    } catch (error) {
      this.#failure = error;
      this.#hasFailed = true;
      return true;
    }
  }

  inOrder(): (id: TableId) => string | null {
    if (!this.#hasFailed) return this.#names.inOrder();
    return (id) => {
      if (isNamedTable(id)) throw this.#failure;
      return null;
    };
  }
}

function named(name: string | null): { readonly name?: string } {
  return name === null ? {} : { name };
}
