import {
  type CatalogRecord,
  decodeCatalogRecord,
  encodeCatalogRecord,
  type TableId,
  WalError,
} from '@shale/codec';
import type { Health } from '../health.js';
import { toName } from '../ids.js';
import type { Shard } from '../shard/shard.js';
import { type Address, NAMED_BASE, NAMED_REGION, type Routing, type TableRef } from '../table-ref.js';
import { NameEntry, type NameState } from './name-entry.js';

/** Records that go into one append to the catalog's log. */
const MAX_RECORDS = 4096;

const UNKNOWN: NameState = { is: 'unknown' };
const ABSENT: NameState = { is: 'absent' };

interface Named {
  readonly entry: NameEntry;
  readonly id: TableId;
}

interface Wanted extends Named {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The names of a WAL's tables. They are kept as a log like any other, in instance 127, and read when a name is first
 * used: opening costs the same however many names there are. A name is made by its first append and is on stable
 * storage before that append is written; names that are made at the same time share a write.
 *
 * Everything known of a name is in its entry. When it is not known whether a record was written, its entry is
 * `unknown`, and the catalog is read again before the name is used: nothing is ever appended on a guess.
 */
export class Catalog {
  readonly #shard: Shard;
  readonly #routing: Routing;
  readonly #readOnly: boolean;
  readonly #health: Health;
  readonly #entries = new Map<string, NameEntry>();
  /** The same entries by their ids. */
  readonly #byTable = new Map<bigint, NameEntry>();
  #next = NAMED_BASE;
  /** Whether the catalog has been read: then a name without an entry does not exist. */
  #isRead = false;
  /** The reading that everything known now comes from, or that is under way; null when something is not known. */
  #loaded: Promise<void> | null = null;
  #wanted: Wanted[] = [];
  /** One request at a time, so that what is read and what is added never cross. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param shard the one whose thread keeps the catalog's log */
  constructor(shard: Shard, routing: Routing, readOnly: boolean, health: Health) {
    this.#shard = shard;
    this.#routing = routing;
    this.#readOnly = readOnly;
    this.#health = health;
  }

  /** The table of a name, known or not. The same object for the same name. Throws SHALE_INVALID_ARGUMENT. */
  ref(name: string): TableRef {
    return (this.#entries.get(name) ?? this.#enter(toName(name))).ref;
  }

  /** The name of a table, once the catalog has been read. */
  nameOf(id: TableId): string | undefined {
    return id.region === NAMED_REGION ? this.#byTable.get(id.table)?.name : undefined;
  }

  /** Reads the catalog, the first time and when something about it is not known. */
  load(): Promise<void> {
    this.#loaded ??= this.#exclusive(() => this.#read()).catch((error: unknown) => {
      this.#loaded = null;
      throw error;
    });
    return this.#loaded;
  }

  /** Gives the table its address, and makes its name if there is none. */
  async ensure(ref: TableRef): Promise<void> {
    const entry = this.#entryOf(ref);
    for (;;) {
      const { state } = entry;
      if (state.is === 'live') return;
      if (state.is === 'unknown') await this.load();
      else if (state.is === 'dropping') await state.done.catch(() => undefined);
      else if (state.is === 'creating') await state.done;
      else this.#create(entry);
    }
  }

  /** Gives the table its address if its name is known. */
  async find(ref: TableRef): Promise<void> {
    const entry = this.#entryOf(ref);
    for (;;) {
      const { state } = entry;
      if (state.is === 'unknown') await this.load();
      else if (state.is === 'dropping') await state.done.catch(() => undefined);
      else return;
    }
  }

  /**
   * Takes the name of a table that has an address away, after `dropData` has removed its entries, which is called at
   * once. Appends that come meanwhile make the name anew. Does nothing for a table without address: see `find`.
   */
  async drop(ref: TableRef, dropData: (address: Address) => Promise<void>): Promise<void> {
    const entry = this.#entryOf(ref);
    const { address } = ref;
    if (address === null) return;
    const done = this.#finishDrop(entry, address.id, dropData(address));
    this.#set(entry, { is: 'dropping', id: address.id, done });
    await done;
  }

  async #finishDrop(entry: NameEntry, id: TableId, dataDropped: Promise<void>): Promise<void> {
    try {
      await dataDropped;
    } catch (error) {
      this.#set(entry, { is: 'live', id });
      throw error;
    }
    await this.#exclusive(() => this.#append('dropped', [{ entry, id }]));
    this.#set(entry, ABSENT);
  }

  /** Asks for the name of an absent table to be made. */
  #create(entry: NameEntry): void {
    const { name } = entry;
    if (this.#readOnly) throw new WalError('SHALE_READ_ONLY', `no table is named ${name}`);
    const id = { region: NAMED_REGION, table: this.#next++ };
    const done = new Promise<void>((resolve, reject) => {
      this.#wanted.push({ entry, id, resolve, reject });
    });
    // Whoever wants it waits for it, and may have given up.
    done.catch(() => undefined);
    this.#set(entry, { is: 'creating', done });
    if (this.#wanted.length === 1) void this.#exclusive(() => this.#flush());
  }

  /** Writes the names that are wanted by now, together. */
  async #flush(): Promise<void> {
    while (this.#wanted.length > 0) {
      const batch = this.#wanted.splice(0, MAX_RECORDS);
      try {
        await this.#append('name', batch);
        for (const { entry, id, resolve } of batch) {
          this.#set(entry, { is: 'live', id });
          resolve();
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async #read(): Promise<void> {
    const records = await this.#shard.request<'catalogLoad'>({ kind: 'catalogLoad' }, 'retry');
    const ids = new Map<string, TableId>();
    for (const record of records) {
      const { kind, id, name } = decodeCatalogRecord(record);
      if (id.table >= this.#next) this.#next = id.table + 1n;
      if (kind === 'name') ids.set(name, id);
      else if (ids.get(name)?.table === id.table) ids.delete(name);
    }
    this.#isRead = true;
    for (const [name, id] of ids) {
      const entry = this.#entries.get(name) ?? this.#enter(name, UNKNOWN);
      // Of the others more is known than what has been written.
      if (entry.state.is === 'unknown') this.#set(entry, { is: 'live', id });
    }
    for (const entry of this.#entries.values()) if (entry.state.is === 'unknown') this.#set(entry, ABSENT);
  }

  /** Adds records to the catalog. When that fails, what it knew of the names concerned is void. */
  async #append(kind: CatalogRecord['kind'], named: readonly Named[]): Promise<void> {
    try {
      const records = named.map(({ entry, id }) => encodeCatalogRecord({ kind, id, name: entry.name }));
      await this.#shard.request<'catalogAppend'>({ kind: 'catalogAppend', records }, 'fail');
    } catch (error) {
      this.#loaded = null;
      for (const { entry } of named) this.#set(entry, UNKNOWN);
      if (error instanceof WalError) this.#health.notice(error);
      throw error;
    }
  }

  #exclusive<R>(work: () => Promise<R>): Promise<R> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #enter(name: string, state: NameState = this.#isRead ? ABSENT : UNKNOWN): NameEntry {
    const entry = new NameEntry(name, this.#routing, state);
    this.#entries.set(name, entry);
    return entry;
  }

  #set(entry: NameEntry, state: NameState): void {
    if (entry.id !== null) this.#byTable.delete(entry.id.table);
    entry.to(state);
    if (entry.id !== null) this.#byTable.set(entry.id.table, entry);
  }

  #entryOf(ref: TableRef): NameEntry {
    const entry = this.#entries.get(ref.name ?? '');
    if (entry === undefined) throw new WalError('SHALE_INTERNAL', 'a table has a name without an entry');
    return entry;
  }
}
