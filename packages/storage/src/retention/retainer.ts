import { type RecordLimit, type TableId, type TimeMark, WalError } from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import type { Consumers } from '../consumers/consumers.js';
import { native } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { byteCut, tableBytes } from './byte-cuts.js';
import { Holders } from './holders.js';
import { KnownMarks } from './known-marks.js';
import type { TableWatch, WatchedTable } from './table-watch.js';
import { readMarks, sequenceAt } from './time-marks.js';
import { type WalkedTable, walk } from './walk.js';

/** What a turn of retention has found. */
export interface RetentionTurn {
  /** Of each table that is to be trimmed its region, its id, and the last sequence that is to go. */
  readonly trims: BigUint64Array;
  /** Whether there is more to look at now. */
  readonly more: boolean;
}

/** Whose tables a log looks at. */
export interface RetentionScope {
  /** Whether a table is the log's. */
  owns(id: TableId): boolean;
  /** Whether a table is lent, and not to be looked at now. */
  isLent(id: TableId): boolean;
}

/** A turn takes about so long, and looks at so many tables at most. */
const TURN_MS = 2;
const MOST_TABLES = 256;
/** While a table is written to, it is trimmed when this part of what is kept is too much. */
const SLACK = 16n;
/** After so long, what is less is trimmed as well, if nothing was written meanwhile. */
const SETTLE_MS = 2000;

/** What is known of a table that is looked at. */
interface Look {
  readonly table: WatchedTable;
  readonly first: bigint;
  readonly last: bigint;
  /** The first ones, up to one that is younger than what is kept, or all. */
  marks: readonly TimeMark[];
}

/** How far a table's limits let it go. */
interface Cuts {
  readonly keep: bigint;
  readonly atMost: bigint;
}

/**
 * Finds what of a log's tables is beyond what is to be retained. It does not trim: whoever asks does, in the ordinary way.
 * What it looks at are tables that were touched since, those whose time has come, and once, at the beginning and when
 * retentions change, all.
 */
export class Retainer {
  readonly #context: LogContext;
  readonly #consumers: Consumers;
  readonly #watch: TableWatch;
  #generation = -1;
  /** Of the turn under way. */
  #holders: Holders | null = null;
  #walk: Iterator<readonly WalkedTable[], void, undefined> | null = null;

  constructor(context: LogContext, consumers: Consumers, watch: TableWatch) {
    this.#context = context;
    this.#watch = watch;
    this.#consumers = consumers;
  }

  /** One turn. */
  async turn(scope: RetentionScope): Promise<RetentionTurn> {
    const watch = this.#watch;
    const tick = watch.tick();
    if (tick === 0) return { trims: new BigUint64Array(0), more: false };
    this.#step(scope);
    // Of this very moment: no frame gets a mark between here and the look at marks.
    const now = Date.now();
    watch.wakeTables(now, tick);
    const until = performance.now() + TURN_MS;
    const looks: Look[] = [];
    const changes: RecordChange[] = [];
    this.#holders = null;
    let isCut = false;
    for (const table of watch.due(tick)) {
      if (scope.isLent(table.id)) {
        watch.putBack(table);
        continue;
      }
      const look = this.#look(table, now);
      if (look === null) {
        watch.leave(table);
      } else {
        looks.push(look);
        changes.push(...this.#close(look, now));
      }
      isCut = looks.length >= MOST_TABLES || performance.now() > until;
      if (isCut) break;
    }
    if (changes.length > 0) {
      const { db, path } = this.#context;
      try {
        native({ path }, () => db.change(changes, { sync: false }));
      } catch (error) {
        for (const { table } of looks) watch.forget(table.id);
        throw error;
      }
    }
    const bytes = await this.#bytesOf(looks);
    const trims: bigint[] = [];
    for (const [i, look] of looks.entries()) {
      const cuts = await this.#cutsOf(look, bytes[i] ?? 0, now);
      const isAsked = cuts.keep > cuts.atMost && cuts.keep >= look.first;
      const doneWith = isAsked ? this.#doneWith(look.table.id) : null;
      const upTo = this.#decide(look, cuts, doneWith, now);
      const { region, table } = look.table.id;
      if (upTo !== null) trims.push(region, table, upTo);
      watch.leave(look.table);
    }
    return { trims: BigUint64Array.from(trims), more: this.#walk !== null || isCut };
  }

  /** Goes on with the walk through all tables, for the time of a turn. */
  #step({ owns, isLent }: RetentionScope): void {
    const watch = this.#watch;
    if (this.#generation !== watch.generation) {
      this.#generation = watch.generation;
      this.#walk = walk(this.#context);
    }
    const until = performance.now() + TURN_MS;
    while (this.#walk !== null && performance.now() < until) {
      const { done, value } = this.#walk.next();
      if (done === true) this.#walk = null;
      for (const { id, marks } of value ?? []) {
        if (!owns(id)) continue;
        watch.touch(id);
        if (marks !== null && !isLent(id)) watch.learn(id, marks);
      }
    }
  }

  /** Null for a table that has nothing, or cannot be read: then nothing of it goes. */
  #look(table: WatchedTable, now: number): Look | null {
    try {
      const { first, last } = this.#context.tables.look(table.id);
      if (last === 0n || first > last) return null;
      return { table, first, last, marks: table.every === null ? [] : this.#marksOf(table, now) };
    } catch (error) {
      if (error instanceof WalError) return null;
      throw error;
    }
  }

  /** The first marks of a table, up to one that is younger than all that is kept, or all. */
  #marksOf(table: WatchedTable, now: number): readonly TimeMark[] {
    const { keep, atMost } = table.retention;
    const youngest = now - Math.min(Number(keep.ageMs ?? now), Number(atMost.ageMs ?? now));
    const known = table.marks?.upToAfter(BigInt(youngest)) ?? null;
    if (known !== null) return known;
    const marks = readMarks(this.#context, table.id);
    table.marks = new KnownMarks(marks);
    return marks;
  }

  /** Whom tables have to wait for; where that cannot be read, for somebody who needs everything. */
  #doneWith(id: TableId): bigint | null {
    try {
      this.#holders ??= new Holders(this.#context, this.#consumers);
      return this.#holders.doneWith(id);
    } catch (error) {
      if (error instanceof WalError) return 0n;
      throw error;
    }
  }

  /**
   * A table that nothing is appended to any more gets a mark behind its last entry: so that this one's age is known, too.
   * It is written by itself: it says that nothing before it came later, which holds whatever becomes of it.
   */
  #close(look: Look, now: number): readonly RecordChange[] {
    const { table, last } = look;
    const { every, marks: known } = table;
    if (every === null || known === null) return [];
    const before = known.last;
    // One in the future is of a clock that was put back.
    if (before !== null && now >= Number(before.ms)) {
      if (before.sequence === last + 1n || now < Number(before.ms) + every * 2) return [];
    }
    const changes = this.#watch.withMark(table, known, { ms: BigInt(now), sequence: last + 1n });
    look.marks = this.#marksOf(table, now);
    return changes;
  }

  async #bytesOf(looks: readonly Look[]): Promise<readonly number[]> {
    const bound = looks.filter(({ table }) => isBoundInBytes(table));
    if (bound.length === 0) return [];
    const sizes = await tableBytes(
      this.#context,
      bound.map(({ table }) => table.id),
    );
    const byTable = new Map(bound.map(({ table }, i) => [table, sizes[i] ?? 0]));
    return looks.map(({ table }) => byTable.get(table) ?? 0);
  }

  async #cutsOf(look: Look, bytes: number, now: number): Promise<Cuts> {
    const { keep, atMost } = look.table.retention;
    return {
      keep: await this.#cut(look, keep, bytes, now),
      atMost: await this.#cut(look, atMost, bytes, now),
    };
  }

  /** Up to where one limit lets a table go; 0n for not at all. */
  async #cut(look: Look, limit: RecordLimit, bytes: number, now: number): Promise<bigint> {
    const { table, first, last, marks } = look;
    let cut = 0n;
    const reach = (sequence: bigint): void => {
      if (sequence > cut) cut = sequence;
    };
    if (limit.entries !== null) reach(last - limit.entries);
    if (limit.ageMs !== null) {
      const at = sequenceAt(marks, BigInt(now) - limit.ageMs);
      if (at !== null) reach(at - 1n);
    }
    if (limit.bytes !== null && bytes > Number(limit.bytes)) {
      reach(await byteCut(this.#context, { id: table.id, first, last, bytes: Number(limit.bytes) }));
    }
    return cut < last ? cut : last;
  }

  /**
   * Up to where the table is to be trimmed, and when it is looked at again.
   *
   * @param doneWith the last sequence that no consumer needs; null when none reads the table
   */
  #decide(
    { table, first, last, marks }: Look,
    { keep, atMost }: Cuts,
    doneWith: bigint | null,
    now: number,
  ): bigint | null {
    const free = doneWith !== null && doneWith < keep ? doneWith : keep;
    const upTo = free > atMost ? free : atMost;
    const { retention } = table;
    const left = upTo >= first ? upTo + 1n : first;
    // What a consumer holds is looked at when it moves on.
    const isHeld = doneWith !== null && doneWith < keep;
    const lookAt = Math.min(
      isHeld ? Number.POSITIVE_INFINITY : expiryOf(marks, left, retention.keep.ageMs),
      expiryOf(marks, left, retention.atMost.ageMs),
      closingOf(table, last),
      knowingOf(table, marks, left, now),
    );
    this.#watch.wakeAt(table, lookAt);
    if (upTo < first) {
      table.settling = null;
      return null;
    }
    // A trim of little for each of many entries would cost more than they do.
    const isLittle = (upTo - first + 1n) * SLACK < last - upTo;
    if (isLittle && table.settling !== last) {
      table.settling = last;
      this.#watch.wakeAt(table, Math.min(lookAt, now + SETTLE_MS));
      return null;
    }
    table.settling = null;
    return upTo;
  }
}

/** When the first entries that are left come of age; never where their time is not known yet. */
function expiryOf(marks: readonly TimeMark[], left: bigint, ageMs: bigint | null): number {
  if (ageMs === null) return Number.POSITIVE_INFINITY;
  const mark = marks.find(({ sequence }) => sequence > left);
  return mark === undefined ? Number.POSITIVE_INFINITY : Number(mark.ms + ageMs);
}

/** When it is known where in time the entries that are left begin: the trim reads the marks behind the first ones. */
function knowingOf(
  { marks: known }: WatchedTable,
  marks: readonly TimeMark[],
  left: bigint,
  now: number,
): number {
  const isKnown = known === null || known.all !== null || marks.some(({ sequence }) => sequence > left);
  return isKnown ? Number.POSITIVE_INFINITY : now + SETTLE_MS;
}

/** When a table gets a mark behind its last entry, if nothing is appended until then. */
function closingOf({ every, marks }: WatchedTable, last: bigint): number {
  const mark = marks?.last ?? null;
  if (every === null || mark === null || mark.sequence > last) return Number.POSITIVE_INFINITY;
  return Number(mark.ms) + every * 2;
}

function isBoundInBytes({ retention: { keep, atMost } }: WatchedTable): boolean {
  return keep.bytes !== null || atMost.bytes !== null;
}
