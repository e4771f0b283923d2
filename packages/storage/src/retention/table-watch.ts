import { type TableId, type TimeMark, tableKey, WalError } from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import { nameOfTable } from '../names/records.js';
import type { FrameWatch } from '../tables/frame-watch.js';
import type { TableHome } from '../tables/table-state.js';
import { Coverage, marksEvery, type StoredRetention } from './coverage.js';
import { KnownMarks } from './known-marks.js';
import { ReadingTime } from './reading-time.js';
import { hasMarks, readRetentions } from './records.js';
import { addMark, passedMarks, putMark, readMarks, removeMark } from './time-marks.js';
import { Wakes } from './wakes.js';

/** A tick of the clock by which tables are due, in milliseconds. */
const TICK_MS = 64;
/** A table that was looked at is not looked at for so many ticks: a second. */
export const REST_TICKS = 16;
/** A tick that never comes. */
export const NEVER: number = 2 ** 32 - 1;

/** A table that is under a retention, and was touched or has something to wait for. */
export interface WatchedTable {
  readonly id: TableId;
  readonly retention: StoredRetention;
  /** Milliseconds between its time marks; null when it needs none. */
  readonly every: number | null;
  /** Until this tick appends to it are not noticed. */
  due: number;
  /** Its time marks; null when they are not known. */
  marks: KnownMarks | null;
  /** The tick it was touched at; null when it was looked at since. */
  touchedAt: number | null;
  /** What its last sequence was when a little was left to be trimmed. */
  settling: bigint | null;
}

/**
 * Notices which tables under a retention frames touch, a second after the other for each, and gives them time marks in
 * the write of the frame itself. It costs a comparison for each table of a frame, and nothing where nothing is retained.
 */
export class TableWatch implements FrameWatch {
  readonly #home: TableHome;
  #coverage = new Coverage([]);
  #isLoaded = false;
  #hasMarks = false;
  #tables = new Map<string, WatchedTable>();
  readonly #touched = new Set<WatchedTable>();
  /** Those that are to be looked at again although nothing touches them. */
  readonly #wakes = new Wakes<WatchedTable>();
  /** What the frame under way does to marks: those that come, by their table, and those that go. */
  readonly #coming = new Map<string, readonly RecordChange[]>();
  readonly #going: RecordChange[] = [];
  /** Tables of whose marks something else is known when the frame has failed. */
  readonly #changed = new Set<WatchedTable>();
  readonly #readingTime = new ReadingTime();
  /** Counts the loads: what was noted of tables before is void. */
  generation = 0;

  constructor(home: TableHome) {
    this.#home = home;
  }

  /**
   * Reads which retentions there are: at the beginning, and when they have changed. Where one cannot be read, nothing is
   * retained, and so nothing goes: frames must not fail for it.
   */
  load(): void {
    this.#isLoaded = true;
    this.#coverage = new Coverage(this.#readable());
    this.#hasMarks = hasMarks(this.#home);
    this.#tables = new Map();
    this.#touched.clear();
    this.#wakes.clear();
    this.generation++;
  }

  get coverage(): Coverage {
    if (!this.#isLoaded) this.load();
    return this.#coverage;
  }

  /** The tick of now; 0 when nothing is watched. */
  tick(): number {
    if (!this.#isLoaded) this.load();
    return this.#coverage.isEmpty ? 0 : tickOfNow();
  }

  /** Whether trims have to look for marks. */
  get hasMarks(): boolean {
    if (!this.#isLoaded) this.load();
    return this.#hasMarks;
  }

  /** Begins with another attempt to write a frame: what was noted of the one before is not in. */
  begin(): void {
    if (this.#changed.size + this.#going.length > 0) this.settle(false);
  }

  /**
   * A frame appends to a table.
   *
   * @param first the first sequence that it gives out
   * @returns the tick from which on it is to be told again
   */
  appended(id: TableId, first: bigint, tick: number): number {
    const table = this.watched(id);
    if (table === null) return NEVER;
    if (table.due > tick) return table.due;
    this.#touch(table, tick);
    table.due = tick + REST_TICKS;
    if (table.every !== null) this.#mark(table, table.every, first);
    return table.due;
  }

  /** Something else has happened to a table that may let more of it go. */
  touch(id: TableId): void {
    const tick = this.tick();
    if (tick === 0) return;
    const table = this.watched(id);
    if (table !== null) this.#touch(table, tick - REST_TICKS);
  }

  /** The marks of a table have been read, while no frame was under way. */
  learn(id: TableId, marks: readonly TimeMark[]): void {
    const table = this.watched(id);
    if (table !== null && table.every !== null) table.marks ??= new KnownMarks(marks);
  }

  /** A frame trims a table. @param first the first sequence that is left, or will be */
  trimmed(id: TableId, first: bigint): void {
    const table = this.#tables.get(tableKey(id));
    const known = table?.marks?.passed(first) ?? null;
    const passed = known ?? this.#readPassed(id, first, table);
    if (passed.length === 0) return;
    this.#going.push(...passed.map((mark) => removeMark(this.#home.instance, id, mark)));
    if (table === undefined) return;
    this.#changed.add(table);
    table.marks?.drop(passed.length);
  }

  /** A frame drops a table, with its marks. */
  dropped(id: TableId): void {
    this.#coming.delete(tableKey(id));
    const tick = this.tick();
    const table = tick === 0 ? null : this.watched(id);
    if (table === null) return;
    this.#changed.add(table);
    table.marks = new KnownMarks([]);
    table.due = 0;
    table.settling = null;
    this.#touch(table, tick);
  }

  /** A table that was lent is its owner's again: nothing of it is watched here. */
  disown(id: TableId): void {
    const key = tableKey(id);
    const table = this.#tables.get(key);
    if (table === undefined) return;
    this.#touched.delete(table);
    this.#wakes.set(table, Number.POSITIVE_INFINITY);
    this.#tables.delete(key);
  }

  /** What is known of a table's marks may not be so any more. */
  forget(id: TableId): void {
    const table = this.#tables.get(tableKey(id));
    if (table !== undefined) forgetMarks(table);
  }

  /** What belongs into the batch of the frame, after all else. */
  changes(): readonly RecordChange[] {
    if (this.#coming.size + this.#going.length === 0) return NOTHING;
    return [...this.#going, ...[...this.#coming.values()].flat()];
  }

  /** The frame is in, or it is not. */
  settle(written: boolean): void {
    if (!written) this.#changed.forEach(forgetMarks);
    this.#changed.clear();
    this.#coming.clear();
    this.#going.length = 0;
  }

  /** Gives a table one more mark, in what is known of it: returns what that changes in the database. */
  withMark(table: WatchedTable, known: KnownMarks, mark: TimeMark): readonly RecordChange[] {
    const { instance } = this.#home;
    this.#hasMarks = true;
    if (known.takes(mark)) {
      known.add(mark);
      return [putMark(instance, table.id, mark)];
    }
    const { changes, marks } = addMark(instance, table.id, this.#marksOf(table.id), mark);
    table.marks = new KnownMarks(marks);
    return changes;
  }

  /** The table, if it is under a retention. */
  watched(id: TableId): WatchedTable | null {
    const key = tableKey(id);
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const retention = this.coverage.of(id, (of) => nameOfTable(this.#home, of));
    if (retention === null) return null;
    const table: WatchedTable = {
      id,
      retention,
      every: marksEvery(retention),
      due: 0,
      marks: null,
      touchedAt: null,
      settling: null,
    };
    this.#tables.set(key, table);
    return table;
  }

  /** The tables that were touched a second ago or earlier, the first ones first. Each is then taken as looked at. */
  *due(tick: number): Generator<WatchedTable, void, undefined> {
    for (const table of this.#touched) {
      if ((table.touchedAt ?? tick) + REST_TICKS > tick) return;
      this.#touched.delete(table);
      table.touchedAt = null;
      yield table;
    }
  }

  /** Puts a table back among those that were touched, to be looked at a second later. */
  putBack(table: WatchedTable): void {
    this.#touch(table, tickOfNow());
  }

  /** Touches every table whose time has come. @param now milliseconds since 1970 */
  wakeTables(now: number, tick: number): void {
    for (const table of this.#wakes.take(now)) this.#touch(table, tick - REST_TICKS);
  }

  /** A table is to be looked at again at a moment, whatever happens to it. @param ms since 1970; infinite for never */
  wakeAt(table: WatchedTable, ms: number): void {
    this.#wakes.set(table, ms);
  }

  /** Nothing is to be waited for in a table: keeps nothing of it. */
  leave(table: WatchedTable): void {
    const key = tableKey(table.id);
    const isIdle = table.touchedAt === null && !this.#wakes.has(table);
    if (isIdle && this.#tables.get(key) === table) this.#tables.delete(key);
  }

  #readable(): readonly StoredRetention[] {
    try {
      return readRetentions(this.#home);
    } catch (error) {
      if (error instanceof WalError && error.code === 'SHALE_CORRUPT') return [];
      throw error;
    }
  }

  /** The marks of a table; none where they cannot be read, for no frame is to fail for that. */
  #marksOf(id: TableId): readonly TimeMark[] {
    try {
      return readMarks(this.#home, id);
    } catch (error) {
      if (error instanceof WalError && error.code === 'SHALE_CORRUPT') return [];
      throw error;
    }
  }

  #readPassed(id: TableId, first: bigint, table: WatchedTable | undefined): readonly TimeMark[] {
    const marks = this.#marksOf(id);
    // One that comes with the frame under way is not read yet.
    if (table !== undefined) table.marks = this.#coming.has(tableKey(id)) ? null : new KnownMarks(marks);
    return passedMarks(marks, first);
  }

  #touch(table: WatchedTable, tick: number): void {
    if (table.touchedAt !== null) return;
    table.touchedAt = tick;
    this.#touched.add(table);
  }

  #mark(table: WatchedTable, every: number, first: bigint): void {
    table.marks ??= this.#readingTime.spend(() => new KnownMarks(this.#marksOf(table.id)));
    // It is looked at soon, and known then.
    if (table.marks === null) return;
    const { last } = table.marks;
    const now = BigInt(Date.now());
    const isDue = last === null || now < last.ms || now >= last.ms + BigInt(every) || last.sequence > first;
    if (!isDue) return;
    this.#changed.add(table);
    this.#coming.set(tableKey(table.id), this.withMark(table, table.marks, { ms: now, sequence: first }));
  }
}

function forgetMarks(table: WatchedTable): void {
  table.marks = null;
  table.due = 0;
}

const NOTHING: readonly RecordChange[] = [];

/** The tick of now, from 1 on. */
export function tickOfNow(): number {
  return Math.floor(performance.now() / TICK_MS) + 1;
}
