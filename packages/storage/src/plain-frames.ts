import {
  APPEND_JOINS,
  APPEND_TRIMS,
  APPEND_WORDS,
  type AppendFrame,
  GROUP_STRIDE,
  LOG_KEY_PREFIX_LENGTH,
  logNamespace,
} from '@shale/codec';
import type { CommitResult } from './commit-result.js';
import type { LogContext } from './context.js';
import { PlainTrims } from './plain-trims.js';
import { findTableEnds, isUnwritten, unitOf } from './recover-tables.js';
import { LAST_AT, rowAt, TAIL_AT, type TableStates } from './table-states.js';
import { TableUnit } from './table-unit.js';
import { writeFrame } from './write-frame.js';

/** Words of a group, and the places of its numbers. */
const GROUP_WORDS = GROUP_STRIDE / 4;
const COUNT_AT = 5;
const FIRST_AT = 6;
/** The byte of a group where its flags are. */
const FLAGS_AT = 18;
const LOW = 2n ** 32n - 1n;
/** Words that are kept of a table to go back to: the largest sequence given out, and the largest that had an entry. */
const KEPT_WORDS = 4;
/** Where in a prefix, and so in its namespace's rest, the ids are. */
const REGION_AT = 1;
const TABLE_AT = 9;
const INITIAL_TABLES = 64;
const U32_MAX = 2 ** 32 - 1;

/**
 * Writes the frames that are most: appends, none of which expects a sequence, and trims, of tables of which all is
 * well. Nothing can be refused then, so the sequences are counted up in the rows of the tables, and no table needs an
 * object, nor any sequence a bigint: a frame may be of thousands of tables, of which each has one entry.
 */
export class PlainFrames {
  readonly #context: LogContext;
  readonly #trims: PlainTrims;
  // By table index.
  #rows = new Uint32Array(INITIAL_TABLES);
  #kept = new Uint32Array(INITIAL_TABLES * KEPT_WORDS);
  // At least as many as the appends, and one more for each trim.
  #groups = new Uint32Array(INITIAL_TABLES * GROUP_WORDS);
  #groupBytes = new Uint8Array(this.#groups.buffer);
  /** Tables that the frame has made known, by index. */
  #made: number[] = [];

  constructor(context: LogContext) {
    this.#context = context;
    this.#trims = new PlainTrims(context);
  }

  /**
   * Writes a frame; null when it is not such a one, and then nothing has changed. Throws what the native calls throw,
   * and then no sequence has advanced.
   */
  commit(frame: AppendFrame): CommitResult | null {
    const states = this.#context.units.rows();
    this.#reserve(frame);
    this.#trims.begin(frame);
    let found = false;
    let written = false;
    try {
      found = this.#find(frame, states);
      if (!found) return null;
      const firsts = new BigUint64Array(frame.appendCount);
      const groups = this.#assign(frame, states, new Uint32Array(firsts.buffer));
      if (groups === null) return null;
      if (frame.entryCount > 0) writeFrame(this.#context, groups, frame);
      else if (this.#trims.count > 0) this.#context.db.remove(groups, { sync: frame.sync });
      written = true;
      this.#count(frame);
      return { firsts, trims: this.#trims.results, errors: [] };
    } finally {
      if (found && !written) {
        this.#restore(frame, states);
        this.#trims.restore(states);
      }
      if (this.#made.length > 0) this.#forgetUnwritten(frame, states);
    }
  }

  #count(frame: AppendFrame): void {
    const { counters } = this.#context;
    counters.appends += frame.appendCount - this.#trims.trims;
    counters.trims += this.#trims.count;
    counters.entriesWritten += frame.entryCount;
  }

  #reserve({ tableCount, appendCount, expects }: AppendFrame): void {
    if (this.#rows.length < tableCount) {
      const tables = Math.max(tableCount, this.#rows.length * 2);
      this.#rows = new Uint32Array(tables);
      this.#kept = new Uint32Array(tables * KEPT_WORDS);
    }
    const groups = appendCount + expects.length;
    if (this.#groups.length < groups * GROUP_WORDS) {
      this.#groups = new Uint32Array(Math.max(groups * GROUP_WORDS, this.#groups.length * 2));
      this.#groupBytes = new Uint8Array(this.#groups.buffer);
    }
  }

  /** Finds the row of each table, and recovers those that are not known. Whether all could be. */
  #find(frame: AppendFrame, states: TableStates): boolean {
    const { tables, tableCount } = frame;
    const namespace = logNamespace(this.#context.instance);
    const view = viewOf(tables);
    const missing: number[] = [];
    for (let table = 0, at = 0; table < tableCount; table++, at += LOG_KEY_PREFIX_LENGTH) {
      if (tables[at] !== namespace) return false;
      const row = find(states, view, at);
      if (row < 0) missing.push(table);
      else this.#keep(states, table, row);
    }
    return missing.length === 0 || this.#recover(frame, states, missing);
  }

  #recover({ tables }: AppendFrame, states: TableStates, unknown: readonly number[]): boolean {
    const missing = this.#withoutBlank(tables, states, unknown);
    if (missing.length === 0) return true;
    const ends = findTableEnds(this.#context, tables, missing);
    const words = new Uint32Array(ends.buffer);
    const view = viewOf(tables);
    for (let n = 0; n < missing.length; n++) {
      const table = missing[n] ?? 0;
      const at = table * LOG_KEY_PREFIX_LENGTH;
      // A frame can have a table several times, of which nothing has been given out yet.
      if (!isUnwritten(words, n)) {
        const unit = unitOf(tables, table, ends, n);
        if (unit === null) return false;
        states.set(unit.id, unit);
      }
      this.#keep(states, table, this.#obtain(states, view, at, table));
    }
    return true;
  }

  /** Makes those known that are known to be as never written, without a look at the disk; returns the others. */
  #withoutBlank(tables: Uint8Array, states: TableStates, missing: readonly number[]): readonly number[] {
    const { units } = this.#context;
    if (!units.hasBlank) return missing;
    const view = viewOf(tables);
    return missing.filter((table) => {
      const at = table * LOG_KEY_PREFIX_LENGTH;
      const region = view.getBigUint64(at + REGION_AT);
      if (!units.isBlank(region, view.getBigUint64(at + TABLE_AT))) return true;
      this.#keep(states, table, this.#obtain(states, view, at, table));
      return false;
    });
  }

  /** The row of a table, which is made known if it is not. */
  #obtain(states: TableStates, tables: DataView, at: number, table: number): number {
    const before = states.size;
    const row = obtain(states, tables, at);
    if (states.size > before) this.#made.push(table);
    return row;
  }

  #keep(states: TableStates, table: number, row: number): void {
    const words = states.wordsOf(row);
    const at = rowAt(row);
    const kept = this.#kept;
    const to = table * KEPT_WORDS;
    this.#rows[table] = row;
    kept[to] = words[at + LAST_AT] ?? 0;
    kept[to + 1] = words[at + LAST_AT + 1] ?? 0;
    kept[to + 2] = words[at + TAIL_AT] ?? 0;
    kept[to + 3] = words[at + TAIL_AT + 1] ?? 0;
  }

  /**
   * Gives each append its first sequence, does each trim, and returns the groups to write; null when it is another kind
   * of frame.
   *
   * @param firsts the sequences, by words
   */
  #assign(frame: AppendFrame, states: TableStates, firsts: Uint32Array): Uint8Array | null {
    const { appends, appendCount, tables, tableCount } = frame;
    const groups = this.#groups;
    let end = 0;
    // Of the table of the append before.
    let current = -1;
    let words = firsts;
    let at = 0;
    let group = -1;
    for (let i = 0; i < appendCount; i++) {
      const table = appends[i * APPEND_WORDS] ?? 0;
      const entries = appends[i * APPEND_WORDS + 1] ?? 0;
      const flags = appends[i * APPEND_WORDS + 2] ?? 0;
      if (table >= tableCount) return null;
      if (flags > APPEND_JOINS) {
        if (flags !== APPEND_TRIMS) return null;
        const left = this.#trims.trim(frame, states, this.#rows[table] ?? 0, (flag, sequence, count) => {
          this.#begin(end, tables, table * LOG_KEY_PREFIX_LENGTH);
          this.#groupBytes[end * 4 + FLAGS_AT] = flag;
          groups[end + COUNT_AT] = count;
          groups[end + FIRST_AT] = Number(sequence & LOW);
          groups[end + FIRST_AT + 1] = Number(sequence >> 32n);
          end += GROUP_WORDS;
        });
        if (left === null) return null;
        firsts[i * 2] = Number(left & LOW);
        firsts[i * 2 + 1] = Number(left >> 32n);
        current = -1;
        continue;
      }
      if (table !== current) {
        const row = this.#rows[table] ?? 0;
        words = states.wordsOf(row);
        at = rowAt(row);
        current = table;
        group = -1;
      }
      const low = words[at + LAST_AT] ?? 0;
      const high = words[at + LAST_AT + 1] ?? 0;
      if (entries === 0) {
        firsts[i * 2] = low;
        firsts[i * 2 + 1] = high;
        continue;
      }
      const first = low === U32_MAX ? 0 : low + 1;
      const firstHigh = low === U32_MAX ? high + 1 : high;
      let last = low + entries;
      let lastHigh = high;
      if (last > U32_MAX) {
        last -= U32_MAX + 1;
        lastHigh++;
        // The table has no sequences left.
        if (lastHigh > U32_MAX) return null;
      }
      firsts[i * 2] = first;
      firsts[i * 2 + 1] = firstHigh;
      words[at + LAST_AT] = last;
      words[at + LAST_AT + 1] = lastHigh;
      words[at + TAIL_AT] = last;
      words[at + TAIL_AT + 1] = lastHigh;
      if (group < 0) {
        group = end;
        end += GROUP_WORDS;
        this.#begin(group, tables, table * LOG_KEY_PREFIX_LENGTH);
        groups[group + COUNT_AT] = entries;
        groups[group + FIRST_AT] = first;
        groups[group + FIRST_AT + 1] = firstHigh;
      } else {
        groups[group + COUNT_AT] = (groups[group + COUNT_AT] ?? 0) + entries;
      }
    }
    return this.#groupBytes.subarray(0, end * 4);
  }

  /** A group of this table, whose version and flags are 0. */
  #begin(group: number, tables: Uint8Array, prefixAt: number): void {
    const bytes = this.#groupBytes;
    const to = group * 4;
    this.#groups[group + COUNT_AT - 1] = 0;
    for (let i = 0; i < LOG_KEY_PREFIX_LENGTH; i++) bytes[to + i] = tables[prefixAt + i] ?? 0;
  }

  /** Takes back what the frame gave out. */
  #restore({ tableCount }: AppendFrame, states: TableStates): void {
    const kept = this.#kept;
    for (let table = 0; table < tableCount; table++) {
      const row = this.#rows[table] ?? 0;
      const words = states.wordsOf(row);
      const at = rowAt(row);
      const from = table * KEPT_WORDS;
      words[at + LAST_AT] = kept[from] ?? 0;
      words[at + LAST_AT + 1] = kept[from + 1] ?? 0;
      words[at + TAIL_AT] = kept[from + 2] ?? 0;
      words[at + TAIL_AT + 1] = kept[from + 3] ?? 0;
    }
  }

  /**
   * Of a table that is as never written, nothing is kept: unless the frame has trimmed something, which may be the same
   * table of another region, and a floor of that is not to be found later on.
   */
  #forgetUnwritten({ tables }: AppendFrame, states: TableStates): void {
    // What is removed moves rows.
    const unwritten: number[] = [];
    for (const table of this.#made) {
      const row = this.#rows[table] ?? 0;
      const words = states.wordsOf(row);
      const last = rowAt(row) + LAST_AT;
      if (words[last] === 0 && words[last + 1] === 0) unwritten.push(table);
    }
    this.#made = [];
    if (unwritten.length === 0) return;
    const view = viewOf(tables);
    for (const table of unwritten) {
      const at = table * LOG_KEY_PREFIX_LENGTH;
      if (this.#trims.count === 0) remove(states, view, at);
      else this.#context.units.note(unwrittenUnit(view, at));
    }
  }
}

function viewOf(tables: Uint8Array): DataView {
  return new DataView(tables.buffer, tables.byteOffset, tables.byteLength);
}

function unwrittenUnit(tables: DataView, at: number): TableUnit {
  const id = { region: tables.getBigUint64(at + REGION_AT), table: tables.getBigUint64(at + TABLE_AT) };
  return new TableUnit(id, null, 0n, 0n);
}

function find(states: TableStates, tables: DataView, at: number): number {
  return states.rowOf(
    tables.getUint32(at + REGION_AT + 4),
    tables.getUint32(at + REGION_AT),
    tables.getUint32(at + TABLE_AT + 4),
    tables.getUint32(at + TABLE_AT),
  );
}

function obtain(states: TableStates, tables: DataView, at: number): number {
  return states.obtain(
    tables.getUint32(at + REGION_AT + 4),
    tables.getUint32(at + REGION_AT),
    tables.getUint32(at + TABLE_AT + 4),
    tables.getUint32(at + TABLE_AT),
  );
}

function remove(states: TableStates, tables: DataView, at: number): void {
  states.remove(
    tables.getUint32(at + REGION_AT + 4),
    tables.getUint32(at + REGION_AT),
    tables.getUint32(at + TABLE_AT + 4),
    tables.getUint32(at + TABLE_AT),
  );
}
