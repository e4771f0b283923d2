import {
  type AppendFrame,
  appendIdKey,
  decodeLogKeyPrefix,
  ID_HEADER_LENGTH,
  LOG_KEY_PREFIX_LENGTH,
  type TableId,
  tableKey,
  timeOfId,
} from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import { hashOfId } from '../append-ids/id-hash.js';
import { recordsOfFrame } from '../append-ids/id-records.js';
import { type KnownAppend, TableIds } from '../append-ids/table-ids.js';
import type { LogContext } from '../tables/context.js';

/** A table of the frame under way whose appends have ids. */
interface FrameTable {
  /** Its index in the frame, one of them. */
  readonly index: number;
  readonly id: TableId;
  readonly ids: TableIds;
  /** Whether the ids are known to the log. Those behind a drop of the frame are read when the next one comes. */
  readonly areKnown: boolean;
  /** When the last one was made. */
  time: number;
}

/** Where the ids of a table are removed, up to those of a record. */
export interface ForgottenIds {
  /** The index of the table in the frame. */
  readonly index: number;
  readonly upTo: bigint;
}

const NO_BYTES = new Uint8Array(0);

/**
 * The ids of the appends of one frame, in order. What they change is provisional until the frame is in: so an append is a
 * repeat of one that is in, or stands before it in the frame, and of none that was refused.
 */
export class FrameIds {
  readonly #context: LogContext;
  readonly #tables = new Map<string, FrameTable>();
  /** By their indexes in the frame, as far as they were asked for. */
  readonly #byIndex: (FrameTable | undefined)[] = [];
  readonly #dropped = new Set<string>();
  #ids: Uint8Array = NO_BYTES;
  /** The prefixes of the frame's tables. */
  #prefixes: Uint8Array = NO_BYTES;
  /** Where the current id is in the frame, and the next one. */
  #at = 0;
  #nextAt = 0;
  #hash = 0;
  #time = 0;
  /** The table of the current id. */
  #table: FrameTable | null = null;
  /** A table of which the frame repeats an append; null while it repeats none. */
  #repeats: TableId | null = null;

  constructor(context: LogContext) {
    this.#context = context;
  }

  /** Begins with a frame. */
  begin({ ids, tables }: AppendFrame): void {
    this.#ids = ids;
    this.#prefixes = tables;
    this.#nextAt = 0;
    this.#table = null;
    this.#repeats = null;
  }

  /** Goes on to the next id of the frame. */
  next(): void {
    this.#at = this.#nextAt;
    this.#nextAt = this.#at + ID_HEADER_LENGTH + (this.#ids[this.#at] ?? 0);
  }

  /**
   * Whether the current id is, or ever was, that of another append of the table, as far as is known. Throws SHALE_CORRUPT
   * when that cannot be told.
   *
   * @param index that of the table in the frame
   */
  isKnown(index: number): boolean {
    return this.#find(index, false) >= 0;
  }

  /**
   * The append that has the current id already; null if it is new, or forgotten. Throws SHALE_CORRUPT.
   *
   * @param last the last sequence of the table now
   * @param isLent whether another log owns the table
   */
  repeatOf(index: number, last: bigint, isLent: boolean): KnownAppend | null {
    const row = this.#find(index, isLent);
    if (row < 0 || this.#table === null) return null;
    const { id, ids } = this.#table;
    if (!ids.isWithin(row, this.#context.ids.window, { last, time: this.#time })) return null;
    this.#repeats = id;
    return ids.at(row);
  }

  /** The append of the current id has its sequences, by the halves of the first. After {@link isKnown} or {@link repeatOf}. */
  add(low: number, high: number, entries: number): void {
    const table = this.#table;
    if (table === null) return;
    table.time = this.#time;
    const at = this.#at + ID_HEADER_LENGTH;
    const append = { low, high, entries, time: this.#time };
    table.ids.add(this.#hash, this.#ids, at, this.#nextAt - at, append);
  }

  /** A drop stands in the frame: what comes after it finds no ids, and those before it are not kept. */
  drop(id: TableId): void {
    const key = tableKey(id);
    this.#tables.get(key)?.ids.settle(false);
    this.#tables.delete(key);
    this.#byIndex.length = 0;
    this.#dropped.add(key);
  }

  /**
   * Where ids are to be forgotten with the frame, whose appends all have their sequences.
   *
   * @param lastOf the last sequence of a table, by its index in the frame
   */
  forgotten(lastOf: (index: number) => bigint): readonly ForgottenIds[] {
    const forgotten: ForgottenIds[] = [];
    for (const { index, ids, areKnown, time } of this.#tables.values()) {
      if (!areKnown || !ids.hasAdded) continue;
      const upTo = ids.forgettable(this.#context.ids.window, () => ({ last: lastOf(index), time }));
      if (upTo !== null) forgotten.push({ index, upTo });
    }
    return forgotten;
  }

  /** Other changes, and the records of the ids that are new. */
  changesAfter(others: readonly RecordChange[]): readonly RecordChange[] {
    if (this.#tables.size === 0) return others;
    const { instance } = this.#context;
    const records = [...this.#tables.values()].flatMap(({ id, ids }) => recordsOfFrame(instance, id, ids));
    return [...others, ...records];
  }

  /**
   * What a frame that only repeats writes, to have on stable storage what was written before: the removal of a record that
   * there never is. Null if it repeats nothing.
   */
  repeated(): RecordChange | null {
    if (this.#repeats === null) return null;
    const { region, table } = this.#repeats;
    return { remove: appendIdKey(this.#context.instance, { region, table, first: 0n }) };
  }

  /** The frame is in, or it is not. Also without a frame. */
  settle(written: boolean): void {
    if (this.#tables.size > 0) {
      for (const { ids } of this.#tables.values()) ids.settle(written);
      this.#tables.clear();
      this.#byIndex.length = 0;
      this.#context.ids.rest();
    }
    if (this.#dropped.size > 0) this.#dropped.clear();
    this.#table = null;
    this.#ids = NO_BYTES;
    this.#prefixes = NO_BYTES;
  }

  /** The row of the current id among those of its table; -1 for none. */
  #find(index: number, isLent: boolean): number {
    const table = this.#byIndex[index] ?? this.#begin(index, isLent);
    const at = this.#at + ID_HEADER_LENGTH;
    const length = this.#nextAt - at;
    this.#table = table;
    this.#time = timeOfId(this.#ids, this.#at);
    this.#hash = hashOfId(this.#ids, at, length);
    return table.ids.find(this.#hash, this.#ids, at, length);
  }

  #begin(index: number, isLent: boolean): FrameTable {
    const id = decodeLogKeyPrefix(this.#prefixes, index * LOG_KEY_PREFIX_LENGTH);
    const key = tableKey(id);
    const known = this.#tables.get(key);
    const table = known ?? this.#obtain(index, id, !this.#dropped.has(key), isLent);
    if (known === undefined) this.#tables.set(key, table);
    this.#byIndex[index] = table;
    return table;
  }

  #obtain(index: number, { region, table }: TableId, areKnown: boolean, isLent: boolean): FrameTable {
    const id = { region, table };
    const ids = areKnown ? this.#context.ids.of(id, isLent) : new TableIds();
    ids.begin();
    return { index, id, ids, areKnown, time: 0 };
  }
}
