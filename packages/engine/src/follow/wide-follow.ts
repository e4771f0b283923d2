import { bytesCodec, isNamedTable, type TableId } from '@shale/codec';
import type { TableHead } from '@shale/storage';
import type { Engine } from '../engine.js';
import type { FollowedTable } from '../followed/followed-table.js';
import type { WideFollow } from '../followed/followed-tables.js';
import type { ItemChunk } from '../read/entry-iterator.js';
import { Cursor, type CursorOptions } from './cursor.js';
import { Follow } from './follow.js';
import type { FollowChunk } from './follow-chunk.js';
import { readFollowOptions, type WideFollowOptions } from './follow-options.js';
import { FollowStream } from './follow-stream.js';
import { EntryOfMany, type FollowedEntry } from './followed-entry.js';
import { headPages } from './head-pages.js';
import { Inbox } from './inbox.js';
import { whenReady } from './when-ready.js';

/**
 * Follows all tables of a region, or all there are. Throws SHALE_INVALID_ARGUMENT, SHALE_READ_ONLY and SHALE_CLOSED.
 *
 * @param region null for all
 */
export function followMany(
  engine: Engine,
  region: bigint | null,
  options: WideFollowOptions | undefined,
): Follow<Uint8Array, FollowedEntry> {
  const { from, read, cursors } = readFollowOptions(options, false);
  engine.requireWritable();
  const tables = new ManyTables(engine, region, cursors);
  const stream = new FollowStream(engine, tables.inbox, read, () => tables.end());
  const begun = tables.begin(from === 'end');
  return new Follow(stream, whenReady(engine, stream, begun), bytesCodec(), entriesOf);
}

/** The cursors of a follow of many tables. */
class ManyTables implements WideFollow {
  readonly inbox: Inbox<Cursor> = new Inbox();
  readonly #engine: Engine;
  readonly #region: bigint | null;
  readonly #options: CursorOptions;
  readonly #cursors = new Map<FollowedTable, Cursor>();
  #isOver = false;

  constructor(engine: Engine, region: bigint | null, options: CursorOptions) {
    this.#engine = engine;
    this.#region = region;
    this.#options = options;
  }

  wants({ region }: TableId): boolean {
    return this.#region === null || this.#region === region;
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
      nameOf: (of) => catalog.nameOf(of),
      // No table gets the id of a name again.
      ...(isNamed ? { toldDrop: (told: Cursor) => this.#leave(told) } : {}),
    });
    this.#cursors.set(table, cursor);
    // What there was of it before is listed, unless it was trimmed.
    if (table.tail > 0n) cursor.begin(table.tail + 1n);
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
    for await (const page of headPages(this.#engine, this.#region)) {
      if (this.#isOver) return;
      await this.#enter(page, since, atEnd);
    }
    await follows.settle();
    if (this.#isOver) return;
    if (atEnd) {
      for (const [table, cursor] of this.#cursors) cursor.begin(table.tail > 0n ? table.tail + 1n : null);
    }
    this.inbox.open();
  }

  end(): void {
    this.#isOver = true;
    this.#engine.follows.narrow(this);
    for (const cursor of this.#cursors.values()) cursor.leave();
    this.#cursors.clear();
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
      if (!atEnd && ends.last > 0n) this.#cursors.get(table)?.begin(ends.first);
    }
  }

  async #endsOf({ address }: FollowedTable): Promise<{ readonly first: bigint; readonly last: bigint }> {
    return await this.#engine.ends(address);
  }

  #leave(cursor: Cursor): void {
    cursor.leave();
    this.#cursors.delete(cursor.table);
  }
}

function entriesOf(chunk: FollowChunk): ItemChunk<FollowedEntry> {
  const { table, length } = chunk;
  return { length, at: (index) => new EntryOfMany(table, chunk.sequenceAt(index), chunk.payloadAt(index)) };
}
