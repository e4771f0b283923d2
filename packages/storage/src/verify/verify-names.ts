import {
  CATALOG_INSTANCE,
  decodeNameCounter,
  decodeNameKey,
  decodeNameValue,
  decodeTableNameKey,
  decodeTableNameValue,
  FIRST_NAMED_TABLE,
  nameCounterKey,
  nameRange,
  type TableId,
  tableNameRange,
  WalError,
} from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { native, toWalError } from '../errors.js';
import { placeOfNames } from '../names/catalog-log.js';
import { type LoggedNames, readLoggedNames } from '../names/logged-names.js';
import { findName, nameOfTable } from '../names/records.js';
import { recordPages } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';
import type { VerifyFinding } from './verify-events.js';

/**
 * Checks the names of an instance as a snapshot shows them: that all can be read, that a name and its table say the
 * same of each other, and that no id that a name has will be given out again.
 */
export class NamesCheck {
  readonly #home: TableHome;
  readonly #snapshot: Snapshot;
  #logged: LoggedNames | undefined;
  #largest = FIRST_NAMED_TABLE - 1n;

  constructor({ db, path, instance }: TableHome, snapshot: Snapshot) {
    this.#home = { db, path, instance };
    this.#snapshot = snapshot;
  }

  /** Findings; null after each step, so that none takes long. */
  *run(): Generator<VerifyFinding | null, void, undefined> {
    if (this.#home.instance === CATALOG_INSTANCE) return;
    try {
      if (placeOfNames(this.#home, this.#snapshot) === 'log') yield* this.#log();
      else yield* this.#records();
    } catch (error) {
      yield finding(toWalError(error, { path: this.#home.path }).message);
    }
  }

  /** The name of a table; undefined when it has none, or that cannot be told. */
  nameOf(id: TableId): string | undefined {
    if (this.#home.instance === CATALOG_INSTANCE || id.region !== 0n) return undefined;
    if (this.#logged !== undefined) return this.#logged.byTable.get(id.table);
    try {
      return nameOfTable(this.#home, id, this.#snapshot) ?? undefined;
    } catch {
      return undefined;
    }
  }

  *#log(): Generator<VerifyFinding | null, void, undefined> {
    const problems: WalError[] = [];
    const reading = readLoggedNames(this.#home, this.#snapshot, (problem) => problems.push(problem));
    for (;;) {
      const { done, value } = reading.next();
      for (const { message } of problems.splice(0)) yield finding(message);
      if (done === true) {
        this.#logged = value;
        return;
      }
      yield null;
    }
  }

  *#records(): Generator<VerifyFinding | null, void, undefined> {
    const { db, path, instance } = this.#home;
    for (const page of recordPages(db, nameRange(instance), this.#snapshot)) {
      for (const { key, value } of page) {
        yield* this.#look(() => this.#checkName(decodeNameKey(key, instance), decodeNameValue(value)));
      }
      yield null;
    }
    for (const page of recordPages(db, tableNameRange(instance), this.#snapshot)) {
      for (const { key, value } of page) {
        yield* this.#look(() =>
          this.#checkTable(decodeTableNameKey(key, instance), decodeTableNameValue(value)),
        );
      }
      yield null;
    }
    yield* this.#look(() => {
      const value = native({ path }, () => db.get(nameCounterKey(instance), { snapshot: this.#snapshot }));
      const next = value === null ? FIRST_NAMED_TABLE : decodeNameCounter(value);
      if (next > this.#largest) return null;
      return `the next new name would get the id ${next}, and there are names with ids up to ${this.#largest}`;
    });
  }

  #checkName(name: string, id: TableId): string | null {
    const back = nameOfTable(this.#home, id, this.#snapshot);
    if (back === name) return null;
    const has = back === null ? 'has no name' : `is called ${JSON.stringify(back)}`;
    return `the name ${JSON.stringify(name)} stands for region ${id.region}, table ${id.table}, which ${has}`;
  }

  #checkTable(id: TableId, name: string): string | null {
    if (id.table > this.#largest) this.#largest = id.table;
    const found = findName(this.#home, name, this.#snapshot);
    if (found?.table === id.table && found.region === id.region) return null;
    const stands = found === null ? 'nothing' : `region ${found.region}, table ${found.table}`;
    return `region ${id.region}, table ${id.table} is called ${JSON.stringify(name)}, which stands for ${stands}`;
  }

  *#look(check: () => string | null): Generator<VerifyFinding, void, undefined> {
    try {
      const problem = check();
      if (problem !== null) yield finding(problem);
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
      yield finding(error.message);
    }
  }
}

function finding(message: string): VerifyFinding {
  return { type: 'finding', severity: 'error', kind: 'name', message: `the catalog of names: ${message}` };
}
