import { isNamedTable, type TableId, WalError } from '@shale/codec';
import type { Health } from '../health.js';
import { toName } from '../ids.js';
import type { Shard } from '../shard/shard.js';
import type { Address, Routing, TableRef } from '../table-ref.js';
import { NameEntry, type NameState, type NameWatch } from './name-entry.js';
import type { OwnerNames } from './owner-names.js';
import { Questions } from './questions.js';

const UNKNOWN: NameState = { is: 'unknown' };

/**
 * The names of a WAL's tables. One thread looks them up and makes them one by one, so their number does not matter. A name is made by its first append and is on stable storage before that append is written;
 * names that are made at the same time share a write.
 *
 * A name is cached while its table is held or an operation on it is under way; any other name is looked up. Nothing is
 * ever appended on a guess.
 */
export class Catalog {
  readonly #shard: Shard;
  readonly #routing: Routing;
  readonly #readOnly: boolean;
  readonly #health: Health;
  readonly #entries = new Map<string, WeakRef<NameEntry>>();
  /** By name. A table that is held keeps its entry alive. */
  readonly #byRef = new WeakMap<TableRef, NameEntry>();
  /** Entries that are waited for to get an address. */
  readonly #awaited = new Map<(address: Address) => void, NameEntry>();
  readonly #collected = new FinalizationRegistry<NameWatch>((watch) => this.#forget(watch));
  readonly #owner: OwnerNames | null;
  readonly #finding: Questions;
  readonly #making: Questions;

  /**
   * @param shard the one whose thread looks names up, and alone makes them
   * @param owner null in the thread that opened the WAL
   */
  constructor(
    shard: Shard,
    routing: Routing,
    readOnly: boolean,
    health: Health,
    owner: OwnerNames | null = null,
  ) {
    this.#owner = owner;
    this.#shard = shard;
    this.#routing = routing;
    this.#readOnly = readOnly;
    this.#health = health;
    this.#finding = new Questions((names) => this.#find(names));
    this.#making = new Questions((names) => this.#make(names));
  }

  /** Names that are cached. */
  get size(): number {
    return this.#entries.size;
  }

  /** The table of a name, known or not. The same object for the same name. Throws SHALE_INVALID_ARGUMENT. */
  ref(name: string): TableRef {
    return (this.#entries.get(name)?.deref() ?? this.#enter(toName(name))).ref;
  }

  /** The name of a table; undefined when it has none. */
  async nameOf(id: TableId): Promise<string | undefined> {
    if (!isNamedTable(id)) return undefined;
    return (await this.namesOf([id]))[0];
  }

  /** The names of tables; undefined for those that have none. */
  async namesOf(ids: readonly TableId[]): Promise<readonly (string | undefined)[]> {
    const named = ids.filter((id) => isNamedTable(id)).map(({ region, table }) => ({ region, table }));
    if (named.length === 0) return ids.map(() => undefined);
    const names = await this.#answered(() =>
      this.#shard.request<'namesOf'>({ kind: 'namesOf', ids: named }, 'retry'),
    );
    let at = 0;
    return ids.map((id) => (isNamedTable(id) ? (names[at++] ?? undefined) : undefined));
  }

  /**
   * Resolves when names can be looked up at once: the first time a database of before may have to be changed for it.
   */
  async prepare(): Promise<void> {
    await this.#find([]);
  }

  /** Gives the table its address, and makes its name if there is none. */
  async ensure(ref: TableRef): Promise<void> {
    const entry = this.#entryOf(ref);
    for (;;) {
      const { state } = entry;
      if (state.is === 'live') return;
      if (state.is === 'dropping') await state.done.catch(() => undefined);
      else if (state.is === 'asking' && !state.makes) await state.done.catch(() => undefined);
      else await (state.is === 'asking' ? state.done : this.#ask(entry, true));
    }
  }

  /**
   * Gives the table its address if there is one of its name. The event loop turns meanwhile, whatever is known, so that
   * repeated questions do not hold others up.
   */
  async find(ref: TableRef): Promise<void> {
    const entry = this.#entryOf(ref);
    for (;;) {
      const { state } = entry;
      if (state.is === 'live') return;
      if (state.is === 'unknown') return await this.#ask(entry, false);
      if (state.is === 'asking' && !state.makes) return await state.done;
      await state.done.catch(() => undefined);
    }
  }

  /**
   * Calls `call` when the table gets an address the next time, before anything is appended to it. Returns what cancels
   * that.
   */
  whenNamed(ref: TableRef, call: (address: Address) => void): () => void {
    const entry = this.#entryOf(ref);
    // Nothing else may hold it.
    this.#awaited.set(call, entry);
    const forget = this.#owner?.whenMade(entry.name, () => void this.find(ref).catch(() => undefined));
    const cancel = entry.whenNamed((address) => {
      this.#awaited.delete(call);
      forget?.();
      call(address);
    });
    return () => {
      this.#awaited.delete(call);
      forget?.();
      cancel();
    };
  }

  /** Forgets the address of a table that another thread has dropped: it is asked for again. */
  refresh(ref: TableRef): void {
    if (this.#owner === null) return;
    const entry = this.#entryOf(ref);
    const { watch, state } = entry;
    if (watch.token === null || state.is !== 'live' || !this.#owner.sawDrop(watch.token)) return;
    this.#unwatch(watch);
    entry.to(UNKNOWN);
  }

  #unwatch(watch: NameWatch): void {
    if (watch.token !== null) this.#owner?.unwatch(watch.token);
    watch.token = null;
  }

  /**
   * Waits for `dropData`, which is called at once for a table that has an address and removes its entries together with
   * its name. Appends that come meanwhile make the name again. Does nothing for a table without address: see `find`.
   */
  async drop(ref: TableRef, dropData: (address: Address) => Promise<void>): Promise<void> {
    const entry = this.#entryOf(ref);
    const { address } = ref;
    if (address === null) return;
    // When it has failed, the table may be there and may be gone.
    const done = dropData(address).finally(() => entry.to(UNKNOWN));
    entry.to({ is: 'dropping', done });
    await done;
  }

  #ask(entry: NameEntry, makes: boolean): Promise<void> {
    const done = this.#answer(entry, makes ? this.#making : this.#finding);
    // Its callers wait for it, and may have given up.
    done.catch(() => undefined);
    entry.to({ is: 'asking', makes, done });
    return done;
  }

  async #answer(entry: NameEntry, questions: Questions): Promise<void> {
    try {
      const id = await this.#place(entry, questions);
      entry.to(id === null ? UNKNOWN : { is: 'live', id });
    } catch (error) {
      entry.to(UNKNOWN);
      throw error;
    }
  }

  /** The table of a name, watched where another thread may drop it. */
  async #place(entry: NameEntry, questions: Questions): Promise<TableId | null> {
    const owner = this.#owner;
    let since = owner?.dropCount();
    let id = await questions.about(entry.name);
    if (owner === null) return id;
    this.#unwatch(entry.watch);
    while (id !== null) {
      entry.watch.token = owner.watch(id);
      const count = owner.dropCount();
      if (count === since) return id;
      // It may have been dropped before it was watched.
      since = count;
      const again = await questions.about(entry.name);
      if (again?.table === id.table) return id;
      this.#unwatch(entry.watch);
      id = again;
    }
    return null;
  }

  async #find(names: string[]): Promise<readonly (TableId | null)[]> {
    return await this.#answered(() =>
      this.#shard.request<'namesFind'>({ kind: 'namesFind', names }, 'retry'),
    );
  }

  /** Made twice, a name is the same as made once. */
  async #make(names: string[]): Promise<readonly (TableId | null)[]> {
    if (this.#readOnly) throw new WalError('SHALE_READ_ONLY', `no table is named ${names[0] ?? ''}`);
    if (this.#owner !== null) return await this.#owner.make(names);
    try {
      return await this.#answered(() =>
        this.#shard.request<'namesMake'>({ kind: 'namesMake', names }, 'retry'),
      );
    } catch (error) {
      // Mostly it is a look at what is there that lacks a descriptor. If it was the write, so do those of the appends.
      if (error instanceof WalError && error.code !== 'SHALE_NO_RESOURCES') this.#health.notice(error);
      throw error;
    }
  }

  /**
   * Asks until there is an answer. Each time the thread does a step of what comes before, and other work in between.
   */
  async #answered<R>(ask: () => Promise<R | null>): Promise<R> {
    for (;;) {
      const answer = await ask();
      if (answer !== null) return answer;
    }
  }

  #enter(name: string): NameEntry {
    const entry = new NameEntry(name, this.#routing);
    this.#entries.set(name, new WeakRef(entry));
    this.#byRef.set(entry.ref, entry);
    this.#collected.register(entry, entry.watch);
    return entry;
  }

  #forget(watch: NameWatch): void {
    this.#unwatch(watch);
    const { name } = watch;
    // There may be another entry of the name by now.
    if (this.#entries.get(name)?.deref() === undefined) this.#entries.delete(name);
  }

  #entryOf(ref: TableRef): NameEntry {
    const entry = this.#byRef.get(ref);
    if (entry === undefined) throw new WalError('SHALE_INTERNAL', 'a table has a name without an entry');
    return entry;
  }
}
