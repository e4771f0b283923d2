import { EntryChunk, type TableId, tableInWords, WalError } from '@shale/codec';
import type { FetchSize, SequenceSpan } from '@shale/storage';
import type { FollowedTable, TableListener } from '../followed/followed-table.js';
import type { FollowedTables } from '../followed/followed-tables.js';
import type { ReadContext } from '../read/read-context.js';
import type { ReadPart } from '../shard/protocol.js';
import type { Inbox, Ready } from './inbox.js';

/** Entries that a follow was not given, because they are gone. */
export interface FollowGap {
  /** The sequence that was to come next. */
  readonly expected: bigint;
  /**
   * The sequence that what is left begins with, or that the next entry gets; 0n when the table was dropped: what may
   * come is a table that begins again.
   */
  readonly first: bigint;
}

/** How a follow goes about each of its tables. */
export interface CursorOptions {
  readonly isDurable: boolean;
  readonly syncWithinMs: number;
  /** Whether what was trimmed, or dropped, is told as a gap and is no failure. */
  readonly skipsTrimmed: boolean;
  /** Whether sequences that never had an entry, or lost it, are a failure. */
  readonly strict: boolean;
}

/** No more than so many entries, and bytes, are taken from memory by the application's thread: some tens of microseconds. */
const PEEKED_ENTRIES = 256n;
export const PEEKED_BYTES: number = 64 * 1024;

/** What a fetch came to. */
export type CursorFetch =
  | {
      readonly is: 'chunk';
      readonly epoch: number;
      readonly from: bigint;
      readonly chunk: EntryChunk;
      readonly bytes: number;
    }
  /** The next entry alone takes so many bytes. */
  | { readonly is: 'tooLarge'; readonly bytes: number }
  | { readonly is: 'gap'; readonly epoch: number; readonly from: bigint; readonly gap: FollowGap }
  /** The table was dropped, which is about to be told; or it is another one already. */
  | { readonly is: 'nothing' };

/** What a cursor is made of. */
export interface CursorParts {
  readonly context: ReadContext;
  readonly tables: FollowedTables;
  readonly inbox: Inbox<Cursor>;
  readonly options: CursorOptions;
  /** The table, which gets the cursor as a listener. */
  readonly id: TableId;
  /** Its name; null for none, undefined when it is not known yet. */
  readonly name: string | null | undefined;
  /** Whether nothing is given of it before it is admitted. */
  readonly isHeld?: boolean;
  /** Looks its name up. */
  nameOf(id: TableId): Promise<string | undefined>;
  /** The table was dropped. */
  dropped?(): void;
  /**
   * A drop has been told, if there was anything to tell.
   *
   * @param overtaken what would have come next, if all that came before was given
   */
  toldDrop?(cursor: Cursor, overtaken: bigint | null): void;
}

/**
 * Where a follow is in one table. It is one position for what is there already and for what is appended later: what
 * comes next is read from the database, up to what is known to be acknowledged, or on stable storage. So there is no
 * moment between the two at which an entry could be missed or come twice.
 */
export class Cursor implements TableListener, Ready {
  isQueued = false;
  readonly syncsAtOnce = true;
  readonly table: FollowedTable;
  readonly #parts: CursorParts;
  #name: string | null | undefined;
  #isOver = false;
  #isHeld: boolean;
  /** The sequence to come next; null for the first that the table gets. */
  #next: bigint | null = null;
  /** Which of the tables that there were under these ids it is in. */
  #epoch: number;
  #epochSeen: number;
  /** What is to be told before anything else. */
  #gap: FollowGap | null = null;
  /** What would have come next of a table that was dropped when all of it had been given. */
  #overtaken: bigint | null = null;

  constructor(parts: CursorParts) {
    this.#parts = parts;
    this.#name = parts.name;
    this.#isHeld = parts.isHeld ?? false;
    this.table = parts.tables.enter(parts.id, this);
    this.#epoch = this.table.epoch;
    this.#epochSeen = this.#epoch;
  }

  /** The table's name; null when it has none. */
  get name(): string | null {
    return this.#name ?? null;
  }

  get isDurable(): boolean {
    return this.#parts.options.isDurable;
  }

  get syncWithinMs(): number {
    return this.#parts.options.syncWithinMs;
  }

  /** Whether there is something to be taken. */
  get hasWork(): boolean {
    const { table } = this;
    if (!table.isSettled || this.#isOver || this.#isHeld) return false;
    if (this.#gap !== null || this.#epoch !== table.epoch) return true;
    const visible = this.#visible;
    return visible > 0n && (this.#next ?? table.begin) <= visible;
  }

  changed(): void {
    if (this.table.epoch !== this.#epochSeen) {
      this.#epochSeen = this.table.epoch;
      this.#parts.dropped?.();
    }
    if (!this.isQueued && this.hasWork) this.#parts.inbox.push(this);
  }

  fail(error: unknown): void {
    this.#parts.inbox.fail(error);
  }

  /** Begins: at a sequence, or with the first that the table gets. */
  begin(next: bigint | null, gap: FollowGap | null = null): void {
    this.#next = next;
    this.#epoch = this.table.epoch;
    this.#gap = gap;
    this.changed();
  }

  /** Whether it is not known yet if the follow is of the table. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The follow is of the table, which has this name; null for none. */
  admit(name: string | null): void {
    this.#name = name;
    this.#isHeld = false;
    this.changed();
  }

  /** Another table had this one's place before, all of which was given: `expected` would have come next of it. */
  overtake(expected: bigint | null): void {
    this.#overtaken = expected;
  }

  /** Goes back to a sequence that was given: it is to be given again. */
  goBack(epoch: number, next: bigint): void {
    if (this.#isOver) return;
    this.#epoch = epoch;
    this.#next = next;
    this.#overtaken = null;
    this.#parts.inbox.pushFirst(this);
  }

  /** Nothing comes of the table any more. */
  leave(): void {
    this.#isOver = true;
    this.#parts.tables.leave(this.table, this);
  }

  /** What is to be told before entries; null when there is nothing. Throws what makes it a failure. */
  takeGap(): FollowGap | null {
    const gap = this.#gap ?? this.#gapOfDrops();
    this.#gap = null;
    if (gap === null) return null;
    if (!this.#parts.options.skipsTrimmed) throw this.#trimmed(gap);
    return gap;
  }

  /**
   * What comes next, if it has only just been appended and is in memory still: another thread would take longer to look there.
   * It changes nothing, and does not wait; null where that does not do.
   */
  peek({ chunkBytes, maxEntries }: FetchSize): CursorFetch | null {
    const { table } = this;
    const { context } = this.#parts;
    const { id, shard } = table.address;
    const epoch = this.#epoch;
    const from = this.#next ?? table.begin;
    const to = this.#visible;
    if (epoch !== table.epoch || this.#name === undefined || !this.hasWork) return null;
    if (to - from >= PEEKED_ENTRIES || context.peeks.isSpent || context.shard(shard).isOver) return null;
    context.peeks.spend();
    const span: SequenceSpan = { from, to, watch: table.watch, strict: true };
    const part = context.log.peekNext(id, span, { chunkBytes, maxEntries });
    return part?.chunk == null ? null : foundChunk(epoch, from, part.chunk);
  }

  /** Fetches what comes next. It changes nothing: `take` does. */
  async fetch(size: FetchSize): Promise<CursorFetch> {
    const { table } = this;
    const epoch = this.#epoch;
    const from = this.#next ?? table.begin;
    if (epoch !== table.epoch || !this.hasWork) return NOTHING;
    if (this.#name === undefined) this.#name = (await this.#parts.nameOf(table.address.id)) ?? null;
    const span: SequenceSpan = { from, to: this.#visible, watch: table.watch, strict: true };
    try {
      const { chunk, neededBytes } = await this.#read(span, size);
      if (epoch !== table.epoch) return NOTHING;
      if (neededBytes > 0) return { is: 'tooLarge', bytes: neededBytes };
      if (chunk === null) return NOTHING;
      return foundChunk(epoch, from, chunk);
    } catch (error) {
      if (epoch !== table.epoch) return NOTHING;
      const gap = gapIn(error);
      if (gap === null) throw error;
      if (gap.first === 0n) return NOTHING;
      const isHole = error instanceof WalError && error.code === 'SHALE_HOLE';
      const { strict, skipsTrimmed } = this.#parts.options;
      if (isHole ? strict : !skipsTrimmed) throw error;
      return { is: 'gap', epoch, from, gap };
    }
  }

  /** Takes what was fetched; false when it is not what comes next any more. */
  take(fetched: CursorFetch): boolean {
    if (fetched.is === 'nothing' || fetched.is === 'tooLarge') return false;
    const { epoch, from } = fetched;
    if (epoch !== this.table.epoch || epoch !== this.#epoch) return false;
    if (from !== (this.#next ?? this.table.begin)) return false;
    this.#next =
      fetched.is === 'gap' ? fetched.gap.first : fetched.chunk.sequenceAt(fetched.chunk.length - 1) + 1n;
    return true;
  }

  get #visible(): bigint {
    return this.#parts.options.isDurable ? this.table.durable : this.table.tail;
  }

  async #read(span: SequenceSpan, size: FetchSize): Promise<ReadPart> {
    const { address } = this.table;
    const { context } = this.#parts;
    if (!context.shard(address.shard).isOver) {
      const part = await context.log.fetchNext(address.id, span, size);
      if (part !== null) return part;
    }
    // Any doubt is for the shard that owns the table.
    return await context.ask<'readNext'>(
      { address, name: this.name },
      { kind: 'readNext', id: address.id, span, ...size },
      'insist',
    );
  }

  /** What became of the entries that had not been given when the table was dropped. */
  #gapOfDrops(): FollowGap | null {
    const { table } = this;
    const drops = table.epoch - this.#epoch;
    if (drops > 0) {
      const expected = this.#overtaken ?? this.#next ?? 1n;
      const wasGiven = drops === 1 && this.#next !== null && this.#next > table.ended;
      this.#epoch = table.epoch;
      this.#next = null;
      this.#overtaken = wasGiven ? expected : null;
      this.#parts.toldDrop?.(this, this.#overtaken);
      if (!wasGiven) return { expected, first: 0n };
    }
    if (this.#overtaken === null || !this.hasWork) return null;
    const gap = { expected: this.#overtaken, first: table.begin };
    this.#overtaken = null;
    return gap;
  }

  #trimmed({ expected, first }: FollowGap): WalError {
    const { id } = this.table.address;
    const what =
      first === 0n
        ? 'were removed before they were given: the table was dropped'
        : `are not there any more: what is left begins at ${first}, or the table was dropped and begins again`;
    return new WalError(
      'SHALE_TRIMMED',
      `the entries of ${tableInWords(id, this.name ?? undefined)} from ${expected} on ${what}; follow with onTrimmed: 'skip' to go on past what is missing`,
      {
        path: this.#parts.context.path,
        table: id,
        tableName: this.name ?? undefined,
        details: { expected, first },
      },
    );
  }
}

const NOTHING: CursorFetch = { is: 'nothing' };

function foundChunk(
  epoch: number,
  from: bigint,
  { buffer, layout }: NonNullable<ReadPart['chunk']>,
): CursorFetch {
  return { is: 'chunk', epoch, from, chunk: new EntryChunk(buffer, layout), bytes: buffer.byteLength };
}

/** The entries that an error says are missing; null when it is about something else. */
function gapIn(error: unknown): FollowGap | null {
  if (!(error instanceof WalError) || (error.code !== 'SHALE_TRIMMED' && error.code !== 'SHALE_HOLE'))
    return null;
  const { expected, first } = error.details ?? {};
  return typeof expected === 'bigint' && typeof first === 'bigint' ? { expected, first } : null;
}
