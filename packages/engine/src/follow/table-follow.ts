import type { PayloadCodec } from '@shale/codec';
import type { Engine } from '../engine.js';
import type { FollowedTable } from '../followed/followed-table.js';
import type { Entry } from '../read/entry.js';
import type { Address, TableRef } from '../table-ref.js';
import { type Beginning, beginAt } from './begin-at.js';
import { Cursor, type CursorOptions } from './cursor.js';
import { Follow } from './follow.js';
import { type FollowOptions, type From, readFollowOptions } from './follow-options.js';
import { FollowStream } from './follow-stream.js';
import { Inbox } from './inbox.js';
import { whenReady } from './when-ready.js';

/** Follows one table. Throws SHALE_INVALID_ARGUMENT, SHALE_READ_ONLY and SHALE_CLOSED. */
export function followTable<T>(
  engine: Engine,
  ref: TableRef,
  codec: PayloadCodec<T, never>,
  options: FollowOptions | undefined,
): Follow<T, Entry<T>> {
  const { from, read, cursors } = readFollowOptions(options, true);
  engine.requireWritable();
  const table = new TableFollow(engine, ref, cursors);
  const stream = new FollowStream(engine, table.inbox, read, () => table.end());
  return new Follow(stream, whenReady(engine, stream, table.begin(from)), codec, (chunk) => chunk);
}

/** The cursor of a follow of one table. A name that is dropped and made again is another table, and has another one. */
export class TableFollow {
  readonly inbox: Inbox<Cursor> = new Inbox();
  readonly #engine: Engine;
  readonly #ref: TableRef;
  readonly #options: CursorOptions;
  readonly #cursors = new Set<Cursor>();
  /** What would have come next of the table that had the name before, if all of it was given. */
  #overtaken: bigint | null = null;
  #forgetName: () => void = () => {};
  #isOver = false;
  readonly #dropped: (table: FollowedTable) => void;

  /** @param dropped is told of a table with a name that was dropped, once the follow has been told of it */
  constructor(
    engine: Engine,
    ref: TableRef,
    options: CursorOptions,
    dropped: (table: FollowedTable) => void = () => {},
  ) {
    this.#engine = engine;
    this.#ref = ref;
    this.#options = options;
    this.#dropped = dropped;
  }

  /** Where it is in each table. */
  get cursors(): Iterable<Cursor> {
    return this.#cursors;
  }

  /** How many tables it is in. */
  get size(): number {
    return this.#cursors.size;
  }

  async begin(from: From): Promise<void> {
    const ref = this.#ref;
    if (ref.address === null && ref.name !== null) await this.#engine.catalog.find(ref);
    if (this.#isOver) return;
    const { address } = ref;
    if (address === null) {
      this.#position(from, { first: 0n, last: 0n }, null);
      this.#awaitName();
    } else {
      await this.#enter(address, from);
    }
    this.inbox.open();
  }

  end(): void {
    this.#isOver = true;
    this.#forgetName();
    for (const cursor of this.#cursors) cursor.leave();
    this.#cursors.clear();
  }

  /** Goes to a table. Its shard says where it begins and ends. */
  async #enter(address: Address, from: From): Promise<void> {
    const { follows } = this.#engine;
    const { name } = this.#ref;
    const cursor = this.#add(address);
    const ends = await this.#engine.ends(address, name);
    if (this.#isOver) return;
    follows.known(cursor.table, ends);
    const { next, gap } = this.#position(from, ends, address);
    cursor.begin(next, gap);
  }

  /** Goes to a table that may have got entries already. Nothing is given of it before it is known where it begins. */
  async #enterLate(address: Address): Promise<void> {
    const { follows } = this.#engine;
    const { name } = this.#ref;
    const cursor = this.#add(address, true);
    const ends = await this.#engine.ends(address, name);
    if (this.#isOver || !this.#cursors.has(cursor)) return;
    follows.known(cursor.table, ends);
    cursor.begin(this.#position('start', ends, address).next);
    cursor.admit(name);
  }

  #add({ id }: Address, isHeld = false): Cursor {
    const { name } = this.#ref;
    const cursor = new Cursor({
      context: this.#engine,
      tables: this.#engine.follows,
      inbox: this.inbox,
      options: this.#options,
      id,
      name,
      isHeld,
      nameOf: async () => undefined,
      ...(name === null ? {} : this.#successor()),
    });
    cursor.overtake(this.#overtaken);
    this.#cursors.add(cursor);
    return cursor;
  }

  /** What follows a table with a name that is dropped: the next one of that name. */
  #successor(): { dropped(): void; toldDrop(cursor: Cursor, overtaken: bigint | null): void } {
    return {
      dropped: () => this.#awaitName(),
      toldDrop: (cursor, overtaken) => {
        // No table gets its id again.
        cursor.leave();
        this.#cursors.delete(cursor);
        this.#dropped(cursor.table);
        this.#overtaken = overtaken;
        for (const next of this.#cursors) next.overtake(overtaken);
      },
    };
  }

  /** Goes to the table that gets the name, before anything is appended to it. */
  #awaitName(): void {
    if (this.#isOver) return;
    this.#forgetName();
    this.#forgetName = this.#engine.catalog.whenNamed(this.#ref, (address) => {
      if (this.#engine.isOpener) this.#add(address).begin(null);
      // It may have got entries before that was told here.
      else this.#enterLate(address).catch((error: unknown) => this.inbox.fail(error));
    });
  }

  #position(
    from: From,
    ends: { readonly first: bigint; readonly last: bigint },
    address: Address | null,
  ): Beginning {
    const place = {
      path: this.#engine.path,
      table: address?.id,
      tableName: this.#ref.name ?? undefined,
    };
    return beginAt(from, ends, place, this.#options.skipsTrimmed);
  }
}
