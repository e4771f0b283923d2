import { type AppendId, appendIdKey, encodeAppendId, type TableId, tableKey } from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import { textOfId } from '../append-ids/id-records.js';
import { isWithin, type KnownAppend, type TableIds } from '../append-ids/table-ids.js';
import type { LogContext } from '../tables/context.js';
import type { TableState } from '../tables/table-state.js';

/** A table of the frame under way whose appends have ids. */
interface FrameTable {
  readonly state: TableState;
  readonly prefix: Uint8Array;
  /** Those of before the frame; null once it has dropped the table. */
  readonly before: TableIds | null;
  readonly added: Map<string, KnownAppend>;
  /** When the last one was made. */
  time: number;
  /** Up to where ids are forgotten with the frame; null for none. */
  forgotten: bigint | null;
}

/**
 * The ids of the appends of one frame. What they change is known here alone until the frame is in: so an append is a
 * repeat of one that is in, or stands before it in the frame, and of none that was refused.
 */
export class FrameIds {
  readonly #context: LogContext;
  readonly #tables = new Map<string, FrameTable>();
  readonly #dropped = new Set<string>();
  /** The record of an append that the frame repeats; null while it repeats none. */
  #repeated: RecordChange | null = null;

  constructor(context: LogContext) {
    this.#context = context;
  }

  /** The record of an append that the frame repeats, as it is stored; null for none. */
  get repeated(): RecordChange | null {
    return this.#repeated;
  }

  /** Forgets the last frame. */
  clear(): void {
    this.#repeated = null;
    if (this.#tables.size > 0) this.#tables.clear();
    if (this.#dropped.size > 0) this.#dropped.clear();
  }

  /**
   * The append that has this id already; null if it is new, or forgotten. Throws SHALE_CORRUPT.
   *
   * @param isLent whether another log owns the table
   */
  find(state: TableState, prefix: Uint8Array, { id, time }: AppendId, isLent: boolean): KnownAppend | null {
    const table = this.#tableOf(state, prefix, isLent);
    const text = textOfId(id);
    const known = table.added.get(text) ?? table.before?.find(text);
    const now = { last: state.pending - 1n, time };
    if (known === undefined || !isWithin(known, this.#context.ids.window, now)) return null;
    const { region, table: number } = state.id;
    const key = appendIdKey(this.#context.instance, { region, table: number, first: known.first });
    this.#repeated = { put: key, value: encodeAppendId({ ...known, id }) };
    return known;
  }

  /** An append with an id has its sequences. After {@link find}. */
  add({ id }: TableState, { id: bytes, entries, time }: AppendId, first: bigint): void {
    const table = this.#tables.get(tableKey(id));
    if (table === undefined) return;
    table.added.set(textOfId(bytes), { first, entries, time });
    table.time = time;
  }

  /** A drop stands in the frame: what comes after it finds no ids. */
  drop(id: TableId): void {
    this.#tables.delete(tableKey(id));
    this.#dropped.add(tableKey(id));
  }

  /** Where ids are to be forgotten with the frame, whose appends all have their sequences. */
  *forgets(): Generator<{ readonly prefix: Uint8Array; readonly upTo: bigint }> {
    for (const table of this.#tables.values()) {
      const { state, prefix, before, added, time } = table;
      if (before === null || added.size === 0) continue;
      const now = { last: state.pending - 1n, time };
      table.forgotten = before.forgettable(this.#context.ids.window, now, added.size);
      if (table.forgotten !== null) yield { prefix, upTo: table.forgotten };
    }
  }

  /** The frame is in, or it is not. */
  settle(written: boolean): void {
    if (this.#tables.size === 0) return;
    if (written) for (const table of this.#tables.values()) keep(table);
    this.#context.ids.rest();
  }

  #tableOf(state: TableState, prefix: Uint8Array, isLent: boolean): FrameTable {
    const key = tableKey(state.id);
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const before = this.#dropped.has(key) ? null : this.#context.ids.of(state.id, isLent);
    const table: FrameTable = { state, prefix, before, added: new Map(), time: 0, forgotten: null };
    this.#tables.set(key, table);
    return table;
  }
}

/** Those of a table that was dropped are read when the next one comes. */
function keep({ before, added, forgotten }: FrameTable): void {
  if (before === null) return;
  for (const [id, append] of added) before.add(id, append);
  if (forgotten !== null) before.forget(forgotten);
}
