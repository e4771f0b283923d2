import {
  type AppendReply,
  decodeLogKeyPrefix,
  type FrameOutline,
  LOG_KEY_PREFIX_LENGTH,
  type TableId,
} from '@shale/codec';
import { type FrameWatcher, WROTE_STRIDE } from '../frames/frame-watcher.js';
import type { LogView } from '../log-view.js';
import { type Address, addressOf, type Routing } from '../table-ref.js';
import { DurableRelease } from './durable-release.js';
import { FollowedTable, type TableListener } from './followed-table.js';
import { tellOutline } from './outline-events.js';

/** A follow of many tables, those that come into being later included. */
export interface WideFollow {
  wants(id: TableId): boolean;
  /** There is a table that it wants. */
  found(table: FollowedTable): void;
  fail(error: unknown): void;
}

/** What is needed of the WAL. */
export interface FollowedTablesContext {
  readonly log: LogView;
  readonly routing: Routing;
  /** Resolves when the threads have answered everything that they were sent before. */
  barrier(): Promise<void>;
  /** The first and last sequence of a table, 0n for none, as the shard that owns it knows them. */
  ends(address: Address): Promise<{ readonly first: bigint; readonly last: bigint }>;
  /** Whether anything is to be told of what is done to tables, from now on. */
  listens(isWatching: boolean): void;
}

/** Where the low half of a table's id is in what its keys begin with, big-endian. */
const LOW_ID_AT = LOG_KEY_PREFIX_LENGTH - 4;

/**
 * The tables that are followed, and what frames do to them. Everything that is done to a table passes through the
 * caller's thread, in the order of each table, so the frames' answers are all that followers have to be told; the
 * entries they read from the database.
 */
export class FollowedTables implements FrameWatcher {
  readonly #context: FollowedTablesContext;
  readonly #release: DurableRelease;
  /** By the low half of the id, which is all that a frame of other tables is looked through for. */
  readonly #tables = new Map<number, FollowedTable[]>();
  readonly #wide = new Set<WideFollow>();
  #barrier: Promise<void> | null = null;
  /** What is being found out of tables. They do not reject. */
  readonly #lookUps = new Set<Promise<void>>();

  constructor(context: FollowedTablesContext) {
    this.#context = context;
    this.#release = new DurableRelease(context.log);
  }

  get isWatching(): boolean {
    return this.#tables.size > 0 || this.#wide.size > 0;
  }

  /** How many tables are followed. */
  get size(): number {
    let size = 0;
    for (const tables of this.#tables.values()) size += tables.length;
    return size;
  }

  /** Syncs of the log that follows have asked for. */
  get syncs(): number {
    return this.#release.syncs;
  }

  /** What is known of a table, for a listener, from now on. */
  enter(id: TableId, listener: TableListener): FollowedTable {
    const table = this.#find(id.region, id.table) ?? this.#add(id);
    table.listeners.add(listener);
    return table;
  }

  /** A table that a follow of many wants: it is told of it, if it was not. */
  meet(id: TableId): FollowedTable {
    return this.#find(id.region, id.table) ?? this.#add(id);
  }

  /** The listener has left the table. */
  leave(table: FollowedTable, listener: TableListener): void {
    if (!table.listeners.delete(listener) || table.listeners.size > 0) return;
    const low = lowOf(table.address.table);
    const left = (this.#tables.get(low) ?? []).filter((other) => other !== table);
    if (left.length > 0) this.#tables.set(low, left);
    else this.#tables.delete(low);
    this.#release.forget(table);
    this.#context.log.unwatch(table.watch);
    this.#context.listens(this.isWatching);
  }

  /** Begins to tell a follow of the tables that it wants: at once of those that are known, then of every new one. */
  widen(follow: WideFollow): void {
    this.#wide.add(follow);
    this.#context.listens(true);
    for (const tables of [...this.#tables.values()]) {
      for (const table of tables) if (follow.wants(table.address.id)) follow.found(table);
    }
  }

  /** Ends that. */
  narrow(follow: WideFollow): void {
    this.#wide.delete(follow);
    this.#context.listens(this.isWatching);
  }

  /** A table was looked up. */
  known(table: FollowedTable, { first, last }: { readonly first: bigint; readonly last: bigint }): void {
    if (last > 0n) table.appended(first, last);
    this.#release.begin(table);
    this.#release.release();
  }

  /** Resolves when all that was done to any table before is told. */
  settle(): Promise<void> {
    // What is asked for in one turn shares a question.
    this.#barrier ??= Promise.resolve().then(() => {
      this.#barrier = null;
      return this.#context.barrier();
    });
    return this.#barrier;
  }

  /** Something is being found out of a table, for `lookedUp`; it does not reject. */
  lookingUp(lookUp: Promise<void>): void {
    this.#lookUps.add(lookUp);
    void lookUp.then(() => this.#lookUps.delete(lookUp));
  }

  /** Resolves when it is known how far the tables have come. */
  async lookedUp(): Promise<void> {
    while (this.#lookUps.size > 0) await Promise.all(this.#lookUps);
  }

  settled(outline: FrameOutline, reply: AppendReply, isDurable: boolean): void {
    try {
      this.#tell(outline, reply, isDurable);
    } catch (error) {
      // The frame is in all the same.
      this.#fail(error);
    }
  }

  #tell(outline: FrameOutline, reply: AppendReply, isDurable: boolean): void {
    const changed = new Set<FollowedTable>();
    const { tables } = outline;
    const view = new DataView(tables.buffer, tables.byteOffset, tables.byteLength);
    tellOutline(outline, reply, {
      appended: (index, first, last) => {
        const table = this.#at(view, tables, index, true);
        if (table === undefined) return;
        table.appended(first, last);
        changed.add(table);
      },
      dropped: (index) => {
        const table = this.#at(view, tables, index, false);
        if (table === undefined) return;
        this.#dropped(table);
        changed.add(table);
      },
    });
    this.#changed(changed, isDurable);
  }

  heard(wrote: BigUint64Array, isDurable: boolean): void {
    try {
      this.#hear(wrote, isDurable);
    } catch (error) {
      // It is done all the same.
      this.#fail(error);
    }
  }

  #hear(wrote: BigUint64Array, isDurable: boolean): void {
    const changed = new Set<FollowedTable>();
    for (let at = 0; at + 3 < wrote.length; at += WROTE_STRIDE) {
      const [region = 0n, id = 0n, first = 0n, last = 0n] = wrote.subarray(at, at + WROTE_STRIDE);
      const isDrop = last === 0n;
      const table = this.#find(region, id) ?? (isDrop ? undefined : this.#met({ region, table: id }));
      if (table === undefined) continue;
      if (isDrop) this.#dropped(table);
      else if (table.tail > 0n || first === 1n) table.appended(first, last);
      // What came before it may have been lost with a thread.
      else this.lookingUp(this.#lookUp(table));
      changed.add(table);
    }
    this.#changed(changed, isDurable);
  }

  doubted(shard: number): void {
    for (const tables of this.#tables.values()) {
      for (const table of tables) if (table.address.shard === shard) this.lookingUp(this.#lookUp(table));
    }
  }

  #changed(changed: ReadonlySet<FollowedTable>, isDurable: boolean): void {
    for (const table of changed) {
      if (isDurable) this.#release.isDurable(table);
      else this.#release.wait(table);
    }
    if (isDurable) this.#release.release();
    for (const table of changed) table.tell();
  }

  lost({ tables }: FrameOutline): void {
    const view = new DataView(tables.buffer, tables.byteOffset, tables.byteLength);
    for (let index = 0; index * LOG_KEY_PREFIX_LENGTH < tables.length; index++) {
      const table = this.#at(view, tables, index, true);
      if (table !== undefined) this.lookingUp(this.#lookUp(table));
    }
  }

  /** What was written so far is on stable storage. */
  synced(): void {
    this.#release.release();
  }

  /** The WAL is closed. */
  stop(): void {
    this.#release.stop();
    this.#wide.clear();
    this.#tables.clear();
    this.#context.listens(false);
  }

  #fail(error: unknown): void {
    for (const tables of [...this.#tables.values()]) for (const table of tables) table.fail(error);
    for (const follow of [...this.#wide]) follow.fail(error);
  }

  #dropped(table: FollowedTable): void {
    table.dropped();
    this.#release.forget(table);
    // What is dropped from here on is to be seen, and what was before is to be told.
    this.#context.log.watchAnew(table.watch);
    this.#settle(table);
  }

  /** Finds out what has become of a table, when the thread that had it is gone. */
  async #lookUp(table: FollowedTable): Promise<void> {
    table.unsettled++;
    try {
      const ends = await this.#context.ends(table.address);
      if (this.#context.log.sawDrop(table.watch)) this.#dropped(table);
      this.known(table, ends);
      table.unsettled--;
      table.tell();
    } catch (error) {
      table.fail(error);
    }
  }

  #add(id: TableId): FollowedTable {
    const address = addressOf(id, this.#context.routing);
    const table = new FollowedTable(address, this.#context.log.watch(id));
    const low = lowOf(id.table);
    const same = this.#tables.get(low);
    if (same === undefined) this.#tables.set(low, [table]);
    else same.push(table);
    this.#context.listens(true);
    this.#settle(table);
    for (const follow of this.#wide) if (follow.wants(id)) follow.found(table);
    return table;
  }

  #settle(table: FollowedTable): void {
    table.unsettled++;
    const settled = this.settle().then(
      () => {
        table.unsettled--;
        table.tell();
      },
      (error: unknown) => table.fail(error),
    );
    this.lookingUp(settled);
  }

  /**
   * The followed table at an index of a frame.
   *
   * @param mayBeNew whether to begin with it if a follow wants it
   */
  #at(view: DataView, tables: Uint8Array, index: number, mayBeNew: boolean): FollowedTable | undefined {
    const at = index * LOG_KEY_PREFIX_LENGTH;
    const isWide = this.#wide.size > 0;
    if (!isWide && !this.#tables.has(view.getUint32(at + LOW_ID_AT))) return undefined;
    const { region, table } = decodeLogKeyPrefix(tables.subarray(at, at + LOG_KEY_PREFIX_LENGTH));
    const found = this.#find(region, table);
    if (found !== undefined || !isWide || !mayBeNew) return found;
    return this.#met({ region, table });
  }

  /** A table that is not known yet, if a follow wants it. */
  #met(id: TableId): FollowedTable | undefined {
    for (const follow of this.#wide) if (follow.wants(id)) return this.#add(id);
    return undefined;
  }

  #find(region: bigint, table: bigint): FollowedTable | undefined {
    const same = this.#tables.get(lowOf(table));
    return same?.find(({ address }) => address.table === table && address.region === region);
  }
}

function lowOf(table: bigint): number {
  return Number(table & 0xffff_ffffn);
}
