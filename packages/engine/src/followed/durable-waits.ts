import { type TableId, tableInWords, WalError } from '@shale/codec';
import { abortReason, hasAborted, onAbort } from '../abort.js';
import type { Catalog } from '../catalog/catalog.js';
import { keepRunning } from '../keep-running.js';
import type { Address, TableRef } from '../table-ref.js';
import type { FollowedTable, TableListener } from './followed-table.js';
import type { FollowedTables } from './followed-tables.js';

/** What is needed of the WAL. */
export interface DurableWaitsContext {
  readonly path: string;
  readonly follows: FollowedTables;
  readonly catalog: Catalog;
  /** Within how many milliseconds everything is synced by itself; 0 when it is not. */
  readonly syncWithinMs: number;
  /** The first and last sequence of a table, 0n for none, as the shard that owns it knows them. */
  ends(address: Address, name: string | null): Promise<{ readonly first: bigint; readonly last: bigint }>;
}

/** Waits until a table is on stable storage up to a sequence. */
interface Wait {
  readonly sequence: bigint;
  /** Whether it waits for its table. */
  isEntered: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * What waits for entries to be on stable storage, whichever way they get there. Each table that is waited for is followed
 * meanwhile, by one listener for all that wait; nothing is synced for it.
 */
export class DurableWaits {
  readonly #context: DurableWaitsContext;
  readonly #tables = new Map<FollowedTable, TableWaits>();
  /** Of names that there are no tables of. */
  readonly #unnamed = new Set<Wait>();

  constructor(context: DurableWaitsContext) {
    this.#context = context;
  }

  /** How many tables are waited for. */
  get size(): number {
    return this.#tables.size;
  }

  /** Rejects with the signal's reason, with SHALE_TRIMMED when the table is dropped, and as `fail` says. */
  async wait(ref: TableRef, sequence: bigint, signal: AbortSignal | undefined): Promise<void> {
    if (hasAborted(signal)) throw abortReason(signal);
    const { catalog, follows } = this.#context;
    let leave = (): void => {};
    let cancel = (): void => {};
    const isOver = new Promise<void>((resolve, reject) => {
      const wait: Wait = { sequence, isEntered: false, resolve, reject };
      this.#unnamed.add(wait);
      let forgetName = (): void => {};
      leave = () => {
        this.#unnamed.delete(wait);
        forgetName();
      };
      const enter = (address: Address): void => {
        if (!this.#unnamed.delete(wait)) return;
        leave = this.#enter(address, ref.name, wait);
      };
      const look = (): void => {
        if (!this.#unnamed.has(wait)) return;
        if (ref.address !== null) enter(ref.address);
        else forgetName = catalog.whenNamed(ref, enter);
      };
      if (ref.address !== null) look();
      else follows.lookingUp(catalog.find(ref).then(look).catch(reject));
      cancel = onAbort(signal, () => reject(abortReason(signal)));
    });
    const waited = keepRunning();
    try {
      await isOver;
    } finally {
      waited();
      cancel();
      leave();
    }
  }

  /** Nothing will be on stable storage any more that is not. */
  fail(error: unknown): void {
    for (const table of [...this.#tables.values()]) table.fail(error);
    const unnamed = [...this.#unnamed];
    this.#unnamed.clear();
    for (const wait of unnamed) wait.reject(error);
  }

  /** Returns what ends the wait. */
  #enter(address: Address, name: string | null, wait: Wait): () => void {
    const { follows } = this.#context;
    const table = follows.meet(address.id);
    let waits = this.#tables.get(table);
    if (waits === undefined) {
      waits = new TableWaits(this.#context, address, name, () => this.#tables.delete(table));
      this.#tables.set(table, waits);
      follows.lookingUp(waits.lookUp(address));
    }
    const entered = waits;
    entered.add(wait);
    return () => entered.remove(wait);
  }
}

/** What waits for one table, while anything does. */
class TableWaits implements TableListener {
  readonly isDurable = true;
  readonly syncsAtOnce = false;
  readonly syncWithinMs: number;
  readonly #context: DurableWaitsContext;
  readonly #id: TableId;
  readonly #name: string | null;
  readonly #table: FollowedTable;
  readonly #onEmpty: () => void;
  /** By sequence, those that have waited longer first. Some have been given up. */
  #waits: Wait[] = [];
  #givenUp = 0;
  /** Whether its shard has said how far the table has come. */
  #isKnown = false;
  readonly #drops: number;
  #isOver = false;

  constructor(context: DurableWaitsContext, address: Address, name: string | null, onEmpty: () => void) {
    this.#context = context;
    this.#id = address.id;
    this.#name = name;
    this.#onEmpty = onEmpty;
    this.syncWithinMs = context.syncWithinMs;
    this.#table = context.follows.enter(address.id, this);
    this.#drops = this.#table.drops;
  }

  add(wait: Wait): void {
    wait.isEntered = true;
    this.#waits.splice(this.#placeBehind(wait.sequence), 0, wait);
    this.changed();
  }

  /** Does nothing when it is over. */
  remove(wait: Wait): void {
    if (!wait.isEntered) return;
    wait.isEntered = false;
    // Many may be given up at once: they are not taken out one by one.
    this.#givenUp++;
    if (this.#waits.length === this.#givenUp) this.#leave();
    else if (this.#givenUp > this.#waits.length / 2) {
      this.#waits = this.#waits.filter(({ isEntered }) => isEntered);
      this.#givenUp = 0;
    }
  }

  changed(): void {
    const { drops, isSettled, durable } = this.#table;
    if (drops !== this.#drops) {
      this.fail(this.#dropped());
      return;
    }
    if (!isSettled || !this.#isKnown) return;
    for (const wait of this.#take(this.#placeBehind(durable))) wait.resolve();
    if (this.#waits.length === this.#givenUp) this.#leave();
  }

  fail(error: unknown): void {
    for (const wait of this.#take(this.#waits.length)) wait.reject(error);
    this.#leave();
  }

  /** Takes out the first ones; those among them that were given up are left out. */
  #take(count: number): readonly Wait[] {
    const taken = this.#waits.splice(0, count).filter(({ isEntered }) => isEntered);
    this.#givenUp -= count - taken.length;
    for (const wait of taken) wait.isEntered = false;
    return taken;
  }

  /** Asks its shard how far the table has come. */
  async lookUp(address: Address): Promise<void> {
    try {
      const ends = await this.#context.ends(address, this.#name);
      if (this.#isOver) return;
      this.#isKnown = true;
      this.#context.follows.known(this.#table, ends);
      this.changed();
    } catch (error) {
      this.fail(error);
    }
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.follows.leave(this.#table, this);
    this.#onEmpty();
  }

  /** Where one of this sequence stands that comes last. */
  #placeBehind(sequence: bigint): number {
    let low = 0;
    let high = this.#waits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const wait = this.#waits[middle];
      if (wait !== undefined && wait.sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #dropped(): WalError {
    return new WalError(
      'SHALE_TRIMMED',
      `${tableInWords(this.#id, this.#name ?? undefined)} was dropped before its entries were known to be on stable storage: what is written to it from now on begins at 1`,
      {
        path: this.#context.path,
        table: this.#id,
        tableName: this.#name ?? undefined,
        details: { first: 0n },
      },
    );
  }
}
