import { bytesCodec, isNamedTable, type TableId } from '@shale/codec';
import type { TableHead } from '@shale/storage';
import type { Engine } from '../engine.js';
import type { FollowedTable } from '../followed/followed-table.js';
import type { WideFollow } from '../followed/followed-tables.js';
import type { ItemChunk } from '../read/entry-iterator.js';
import { beginAt } from './begin-at.js';
import { Cursor, type CursorOptions } from './cursor.js';
import { Follow } from './follow.js';
import type { FollowChunk } from './follow-chunk.js';
import { readFollowOptions, type WideFollowOptions } from './follow-options.js';
import { FollowStream } from './follow-stream.js';
import { EntryOfMany, type FollowedEntry } from './followed-entry.js';
import { headPages } from './head-pages.js';
import { Inbox } from './inbox.js';
import { NamePrefix } from './name-prefix.js';
import { whenReady } from './when-ready.js';

/**
 * Follows all tables of a region, or all there are. Throws SHALE_INVALID_ARGUMENT, SHALE_READ_ONLY and SHALE_CLOSED.
 *
 * @param region null for all
 * @param prefix what the names of its tables begin with; null for all tables
 */
export function followMany(
  engine: Engine,
  region: bigint | null,
  options: WideFollowOptions | undefined,
  prefix: string | null = null,
): Follow<Uint8Array, FollowedEntry> {
  const { from, read, cursors } = readFollowOptions(options, false);
  engine.requireWritable();
  const tables = new ManyTables(engine, { region, prefix }, cursors);
  const stream = new FollowStream(engine, tables.inbox, read, () => tables.end());
  const begun = tables.begin(from === 'end');
  return new Follow(stream, whenReady(engine, stream, begun), bytesCodec(), entriesOf);
}

/** Which tables a follow of many is of, and where it is in them already. */
export interface Scope {
  /** Null for all. */
  readonly region: bigint | null;
  /** What the names of its tables begin with; null for all tables. */
  readonly prefix: string | null;
  /** Whether it is of a table of the region; by default of each. */
  has?(id: TableId): boolean;
  /** Finds out where it is in tables, which it begins with next. */
  prepare?(ids: readonly TableId[]): Promise<void>;
  /** The last sequence of a table that was done with; null where it begins as it is told to. */
  positionIn?(id: TableId): bigint | null;
  /** Tables in which it is before the last sequence. Those of which nothing is left are listed nowhere else. */
  unfinished?(): Iterable<TableId>;
  /** The drop of a table has been told, if there was anything to tell. */
  dropped?(table: FollowedTable): void;
}

/** The cursors of a follow of many tables. */
export class ManyTables implements WideFollow {
  readonly inbox: Inbox<Cursor> = new Inbox();
  readonly #engine: Engine;
  readonly #scope: Scope;
  readonly #options: CursorOptions;
  readonly #cursors = new Map<FollowedTable, Cursor>();
  /** Those that have begun where the follow was in their tables. */
  readonly #placed = new Set<Cursor>();
  /** Null when it is of tables whatever their names are. */
  readonly #names: NamePrefix | null;
  /** Cursors that are held until the names of their tables are known. */
  #held: Cursor[] = [];
  #isOver = false;

  constructor(engine: Engine, scope: Scope, options: CursorOptions) {
    this.#engine = engine;
    this.#scope = scope;
    this.#options = options;
    this.#names = scope.prefix === null ? null : new NamePrefix(scope.prefix, engine.catalog);
  }

  /** Where it is in each table. */
  get cursors(): Iterable<Cursor> {
    return this.#cursors.values();
  }

  /** How many tables it is in. */
  get size(): number {
    return this.#cursors.size;
  }

  wants(id: TableId): boolean {
    const { region } = this.#scope;
    if ((region !== null && region !== id.region) || this.#names?.excludes(id)) return false;
    return this.#scope.has?.(id) !== false;
  }

  found(table: FollowedTable): void {
    const { follows, catalog } = this.#engine;
    const { id } = table.address;
    const isNamed = isNamedTable(id);
    const cursor = new Cursor({
      context: this.#engine,
      tables: follows,
      inbox: this.inbox,
      options: this.#options,
      id,
      name: isNamed ? undefined : null,
      isHeld: this.#names !== null,
      nameOf: (of) => catalog.nameOf(of),
      toldDrop: (told) => {
        this.#scope.dropped?.(told.table);
        // No table gets the id of a name again.
        if (isNamed) this.#leave(told);
      },
    });
    this.#cursors.set(table, cursor);
    // What there was of it before is listed, unless it was trimmed.
    if (table.tail > 0n) cursor.begin(table.tail + 1n);
    if (this.#names !== null) this.#hold(cursor, this.#names);
  }

  fail(error: unknown): void {
    this.inbox.fail(error);
  }

  /** @param atEnd whether with what comes from now on */
  async begin(atEnd: boolean): Promise<void> {
    const { follows, shards } = this.#engine;
    if (this.#isOver) return;
    follows.widen(this);
    // What was sent before is not told: it has to be there to be listed.
    await Promise.all(shards.map((shard) => new Promise<void>((settled) => shard.afterSettled(settled))));
    await follows.settle();
    const since = this.#engine.log.dropCount();
    for await (const page of headPages(this.#engine, this.#scope.region)) {
      if (this.#isOver) return;
      const wanted = await this.#select(page.filter(({ id }) => this.wants(id)));
      await this.#scope.prepare?.(wanted.map(({ id }) => id));
      await this.#enter(wanted, since, atEnd);
    }
    const unfinished = [...(this.#scope.unfinished?.() ?? [])].filter((id) => this.wants(id));
    await this.#scope.prepare?.(unfinished);
    for (const id of unfinished) {
      if (this.#isOver) return;
      await this.#enterEmpty(id);
    }
    await follows.settle();
    if (this.#isOver) return;
    if (atEnd) {
      for (const [table, cursor] of this.#cursors) {
        if (!this.#placed.has(cursor)) cursor.begin(table.tail > 0n ? table.tail + 1n : null);
      }
    }
    this.inbox.open();
  }

  end(): void {
    this.#isOver = true;
    this.#engine.follows.narrow(this);
    for (const cursor of this.#cursors.values()) cursor.leave();
    this.#cursors.clear();
    this.#placed.clear();
  }

  /** Those of listed tables that it is of. */
  async #select(page: readonly TableHead[]): Promise<readonly TableHead[]> {
    if (this.#names === null) return page;
    const names = await this.#names.select(page.map(({ id }) => id));
    return page.filter((_, i) => names[i] !== undefined);
  }

  /** Finds out whether it is of a table, with others that are met in the same turn. */
  #hold(cursor: Cursor, names: NamePrefix): void {
    if (this.#held.push(cursor) > 1) return;
    void Promise.resolve().then(async () => {
      const held = this.#held;
      this.#held = [];
      try {
        const found = await names.select(held.map(({ table }) => table.address.id));
        if (this.#isOver) return;
        for (const [i, each] of held.entries()) {
          const name = found[i];
          if (name === undefined) this.#leave(each);
          else each.admit(name);
        }
      } catch (error) {
        this.fail(error);
      }
    });
  }

  /** @param since how many drops there had been before the tables were listed */
  async #enter(page: readonly TableHead[], since: bigint, atEnd: boolean): Promise<void> {
    const { follows, log } = this.#engine;
    const tables = page.map(({ id }) => follows.meet(id));
    // From here on every drop is told. One before may be of what was listed.
    const isExact = log.dropCount() === since;
    for (const [i, table] of tables.entries()) {
      const listed = page[i];
      const ends = isExact && listed !== undefined ? listed : await this.#endsOf(table);
      follows.known(table, ends);
      const cursor = this.#cursors.get(table);
      if (cursor === undefined || (await this.#place(cursor, ends))) continue;
      if (!atEnd && ends.last > 0n) cursor.begin(ends.first);
    }
  }

  /** Goes to a table of which the follow has not had everything, and nothing is left. */
  async #enterEmpty(id: TableId): Promise<void> {
    const { follows } = this.#engine;
    const table = follows.meet(id);
    const cursor = this.#cursors.get(table);
    if (cursor === undefined || this.#placed.has(cursor)) return;
    const ends = await this.#endsOf(table);
    follows.known(table, ends);
    await this.#place(cursor, ends);
  }

  /** Begins where the follow is in the table; false when it is nowhere. Throws SHALE_AHEAD and SHALE_TRIMMED. */
  async #place(cursor: Cursor, listed: { readonly first: bigint; readonly last: bigint }): Promise<boolean> {
    const { id } = cursor.table.address;
    const after = this.#scope.positionIn?.(id) ?? null;
    if (after === null) return false;
    // A list has the last entry, and the table may have given out more.
    const ends = after > listed.last ? await this.#endsOf(cursor.table) : listed;
    const place = { path: this.#engine.path, table: id };
    const { next, gap } = beginAt({ after }, ends, place, this.#options.skipsTrimmed);
    this.#placed.add(cursor);
    cursor.begin(next, gap);
    return true;
  }

  async #endsOf({ address }: FollowedTable): Promise<{ readonly first: bigint; readonly last: bigint }> {
    return await this.#engine.ends(address);
  }

  #leave(cursor: Cursor): void {
    cursor.leave();
    this.#placed.delete(cursor);
    this.#cursors.delete(cursor.table);
  }
}

function entriesOf(chunk: FollowChunk): ItemChunk<FollowedEntry> {
  const { table, length } = chunk;
  return { length, at: (index) => new EntryOfMany(table, chunk.sequenceAt(index), chunk.payloadAt(index)) };
}
