import {
  CATALOG_INSTANCE,
  encodeNameCounter,
  isNamedTable,
  nameCounterKey,
  type TableId,
  WalError,
} from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import { native, toWalError } from '../errors.js';
import type { TableHome } from '../tables/table-state.js';
import { markMoved, placeOfNames } from './catalog-log.js';
import { NewIds } from './ids.js';
import { type LoggedNames, readLoggedNames } from './logged-names.js';
import { moveNames } from './move.js';
import { NameCursor } from './name-cursor.js';
import { findName, nameOfTable, naming } from './records.js';

/**
 * Where the names are looked up:
 *
 *   unknown ──► moving ──► records     a database of before, to be written: its log becomes records
 *      │  └───► reading ─► log         the same, opened to look only
 *      └─────────────────► records     every other
 */
type State =
  | { readonly is: 'unknown' }
  | { readonly is: 'moving'; readonly steps: Iterator<void, void, undefined> }
  | { readonly is: 'reading'; readonly steps: Iterator<void, LoggedNames, undefined> }
  | { readonly is: 'records'; isMarked: boolean }
  | { readonly is: 'log'; readonly names: LoggedNames };

const NONE: LoggedNames = { byName: new Map(), byTable: new Map() };

/**
 * The names of an instance's tables. Each is found by one look at the database, however many there are, and nothing is
 * kept of them. Only one log of the instance may make names.
 *
 * A look-up first finishes {@link Names.prepare}, whatever is left of it.
 */
export class Names {
  readonly #home: TableHome;
  readonly #moves: boolean;
  #state: State = { is: 'unknown' };

  /**
   * @internal Made by a log.
   *
   * @param moves whether a log of names becomes records; otherwise it is read, and no names can be made
   */
  constructor(home: TableHome, moves: boolean = !home.db.readOnly) {
    this.#home = home;
    this.#moves = moves;
  }

  /**
   * Does one step of what has to be done before the first look-up: nothing, but for databases whose names are in a log.
   * True when there is none left. Throws SHALE_CORRUPT, and begins again the next time.
   */
  prepare(): boolean {
    try {
      return this.#step();
    } catch (error) {
      this.#state = { is: 'unknown' };
      throw toWalError(error, { path: this.#home.path });
    }
  }

  /** The table of a name; null when there is none of that name. */
  find(name: string): TableId | null {
    const state = this.#ready();
    return this.#placed(() =>
      state.is === 'log' ? (state.names.byName.get(name) ?? null) : findName(this.#home, name),
    );
  }

  /** The name of a table; null when it has none. */
  nameOf(id: TableId): string | null {
    const state = this.#ready();
    if (!isNamedTable(id)) return null;
    return this.#placed(() =>
      state.is === 'log' ? (state.names.byTable.get(id.table) ?? null) : nameOfTable(this.#home, id),
    );
  }

  /**
   * The tables of names, in their order. Names that there are not yet are made: all of them or none, and on stable
   * storage when this returns. No id is given out a second time.
   */
  make(names: readonly string[]): TableId[] {
    const state = this.#ready();
    if (state.is === 'log') {
      throw new WalError('SHALE_READ_ONLY', `${this.#home.path} was opened to look only`, {
        path: this.#home.path,
      });
    }
    return this.#placed(() => {
      const { db, instance } = this.#home;
      const made = new Map<string, TableId>();
      const changes: RecordChange[] = [];
      let ids: NewIds | undefined;
      const tables = names.map((name) => {
        const known = made.get(name) ?? findName(this.#home, name);
        if (known !== null) return known;
        ids ??= new NewIds(this.#home);
        const id = { region: 0n, table: ids.take() };
        made.set(name, id);
        changes.push(...naming(instance, name, id));
        return id;
      });
      if (ids === undefined) return tables;
      changes.push({ put: nameCounterKey(instance), value: encodeNameCounter(ids.next) });
      // With the first names, so that no version that looks for them in the log takes them for not there.
      if (!state.isMarked) changes.push(...markMoved(this.#home));
      db.change(changes, { sync: true });
      state.isMarked = true;
      return tables;
    });
  }

  /** As {@link nameOf}, for callers that ask in the order of the tables' ids: a look at many at a time. */
  inOrder(): (id: TableId) => string | null {
    if (this.#ready().is === 'log') return (id) => this.nameOf(id);
    const cursor = new NameCursor(this.#home);
    return (id) => (isNamedTable(id) ? this.#placed(() => cursor.nameOf(id)) : null);
  }

  #ready(): Extract<State, { is: 'records' | 'log' }> {
    while (!this.prepare()) {}
    const state = this.#state;
    if (state.is === 'records' || state.is === 'log') return state;
    throw new WalError('SHALE_INTERNAL', 'names are prepared and not ready', { path: this.#home.path });
  }

  #step(): boolean {
    const state = this.#state;
    switch (state.is) {
      case 'unknown':
        this.#state = this.#begin();
        return this.#state.is === 'records' || this.#state.is === 'log';
      case 'moving':
        if (state.steps.next().done === true) this.#state = { is: 'records', isMarked: true };
        return this.#state.is === 'records';
      case 'reading': {
        const { done, value } = state.steps.next();
        if (done === true) this.#state = { is: 'log', names: value };
        return done === true;
      }
      case 'records':
      case 'log':
        return true;
    }
  }

  #begin(): State {
    // Its tables are the logs of names.
    if (this.#home.instance === CATALOG_INSTANCE) return { is: 'log', names: NONE };
    const place = placeOfNames(this.#home);
    if (place !== 'log') return { is: 'records', isMarked: place === 'records' };
    if (this.#moves) return { is: 'moving', steps: moveNames(this.#home) };
    return { is: 'reading', steps: readLoggedNames(this.#home) };
  }

  #placed<R>(look: () => R): R {
    return native({ path: this.#home.path }, look);
  }
}
