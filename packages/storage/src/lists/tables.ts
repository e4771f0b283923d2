import { instanceRange, isNamedTable, type TableId, tableRange, WalError } from '@shale/codec';
import { native } from '../errors.js';
import { Names } from '../names/names.js';
import type { LogContext } from '../tables/context.js';
import { floors } from './floors.js';
import { heads } from './heads.js';

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
 * Lists every table that has entries, by (region, table), and then those of which only the metadata record is left.
 * Null stands for nothing yet: no step takes long, whatever there is. What cannot be listed is given to `onProblem`;
 * without it the list comes to its end first, and then fails with what it met first. Where anything was left out,
 * tables of which only the record is left are not listed.
 */
export function* tables(
  context: LogContext,
  onProblem?: (problem: WalError) => void,
): Generator<TableInfo | null, void, undefined> {
  let failure: WalError | undefined;
  let isWhole = true;
  const left = (problem: WalError): void => {
    isWhole = false;
    if (onProblem === undefined) failure ??= problem;
    else onProblem(problem);
  };
  const names = new ListedNames(context);
  while (!names.prepare()) yield null;
  const listed = new Set<bigint>();
  const nameOf = names.inOrder();
  for (const { id, ...ends } of heads(context, instanceRange(context.instance), left)) {
    listed.add(id.table);
    const name = nameIn(nameOf, id, left);
    if (name === null) continue;
    const { lower, upper } = tableRange(context.instance, id);
    const bytes = native({ path: context.path, table: id }, () => context.db.approximateSize(lower, upper));
    yield { id, ...name, ...ends, entries: ends.last - ends.first + 1n, bytes };
  }
  // Who is told of all problems is told of those of the records, too.
  if (isWhole || onProblem !== undefined) yield* withoutEntries(context, names, { listed, isWhole }, left);
  if (failure !== undefined) throw failure;
}

/**
 * Tables of which only the metadata record is left. If one with entries was left out, it cannot be told from these:
 * then none.
 */
function* withoutEntries(
  context: LogContext,
  names: ListedNames,
  { listed, isWhole }: { readonly listed: ReadonlySet<bigint>; readonly isWhole: boolean },
  left: (problem: WalError) => void,
): Generator<TableInfo | null, void, undefined> {
  const nameOf = names.inOrder();
  let seen = 0;
  for (const { table, floor } of readable(floors(context, left), left)) {
    if (listed.has(table) || !isWhole) {
      if (++seen % FLOORS_PER_STEP === 0) yield null;
      continue;
    }
    // Tables with a name are all in region 0, so what is left of one can be told.
    const name = nameIn(nameOf, { region: 0n, table }, left);
    if (name === null) continue;
    yield {
      id: { region: null, table },
      ...name,
      first: floor + 1n,
      last: floor,
      entries: 0n,
      bytes: 0,
    };
  }
}

/** A list up to its end or to where it cannot be read on. */
function* readable<T>(
  list: Generator<T, void, undefined>,
  onProblem: (problem: WalError) => void,
): Generator<T, void, undefined> {
  try {
    yield* list;
  } catch (error) {
    if (!isDamage(error)) throw error;
    onProblem(error);
  }
}

/** The name of a table, if it has one; null when that cannot be read. */
function nameIn(
  nameOf: (id: TableId) => string | null,
  id: TableId,
  onProblem: (problem: WalError) => void,
): { readonly name?: string } | null {
  try {
    return named(nameOf(id));
  } catch (error) {
    if (!isDamage(error)) throw error;
    onProblem(error);
    return null;
  }
}

function isDamage(error: unknown): error is WalError {
  return error instanceof WalError && error.code === 'SHALE_CORRUPT';
}

/** Names for a list. Where they cannot be read, the list goes on with the tables that have none. */
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
