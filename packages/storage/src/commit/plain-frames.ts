import {
  APPEND_ID,
  APPEND_JOINS,
  APPEND_TRIMS,
  APPEND_WORDS,
  type AppendFrame,
  decodeLogKeyPrefix,
  LOG_KEY_PREFIX_LENGTH,
  logNamespace,
  RUN_ID,
  RUN_STRIDE,
  type TableId,
} from '@shale/codec';
import type { LogContext } from '../tables/context.js';
import { findTableEnds, isUnwritten, stateOf } from '../tables/recover-tables.js';
import { dueAt, LAST_AT, rowAt, TAIL_AT, type TableRows } from '../tables/table-rows.js';
import { TableState } from '../tables/table-state.js';
import type { CommitResult } from './commit-result.js';
import { FrameIds } from './frame-ids.js';
import { PlainTrims } from './plain-trims.js';
import { writeFrame } from './write-frame.js';

/** Words of a run, and the places of its numbers. */
const RUN_WORDS = RUN_STRIDE / 4;
const COUNT_AT = 5;
const FIRST_AT = 6;
/** The byte of a run where its flags are. */
const FLAGS_AT = 18;
const LOW = 2n ** 32n - 1n;
const NO_REPEATS = new Uint32Array(0);
/** Words that are kept of a table to go back to: the largest sequence given out, and the largest that had an entry. */
const KEPT_WORDS = 4;
/** Where in a prefix, and so in its namespace's rest, the ids are. */
const REGION_AT = 1;
const TABLE_AT = 9;
const INITIAL_TABLES = 64;
const U32_MAX = 2 ** 32 - 1;

/**
 * Writes the frames that are most: appends, none of which expects a sequence or is a repeat, and trims, of tables of which
 * all is well. Nothing can be refused then, so the sequences are counted up in the rows of the tables, and no table needs an
 * object, nor any sequence a bigint: a frame may be of thousands of tables, of which each has one entry.
 */
export class PlainFrames {
  readonly #context: LogContext;
  readonly #trims: PlainTrims;
  readonly #ids: FrameIds;
  // By table index.
  #rows = new Uint32Array(INITIAL_TABLES);
  #kept = new Uint32Array(INITIAL_TABLES * KEPT_WORDS);
  // At least as many as the appends, and one more for each trim, and for each table whose ids are forgotten.
  #runs = new Uint32Array(INITIAL_TABLES * RUN_WORDS);
  #runBytes = new Uint8Array(this.#runs.buffer);
  /** Tables that the frame has made known, by index. */
  #made: number[] = [];

  constructor(context: LogContext) {
    this.#context = context;
    this.#trims = new PlainTrims(context);
    this.#ids = new FrameIds(context);
  }

  /**
   * Writes a frame; null when it is not such a one, and then nothing has changed. Throws what the native calls throw,
   * and then no sequence has advanced.
   */
  commit(frame: AppendFrame): CommitResult | null {
    const rows = this.#context.tables.rows();
    const { watch } = this.#context;
    this.#reserve(frame);
    this.#trims.begin(frame);
    this.#ids.begin(frame);
    watch.begin();
    let found = false;
    let written = false;
    try {
      found = this.#find(frame, rows);
      if (!found) return null;
      const firsts = new BigUint64Array(frame.appendCount);
      const runs = this.#assign(frame, rows, new Uint32Array(firsts.buffer));
      if (runs === null) return null;
      const changes = this.#ids.changesAfter(watch.changes());
      if (frame.entryCount > 0) writeFrame(this.#context, runs, frame, changes);
      else if (this.#trims.count > 0) this.#context.db.remove(runs, { sync: frame.sync }, changes);
      written = true;
      this.#count(frame);
      return { firsts, trims: this.#trims.results, repeats: NO_REPEATS, errors: [] };
    } finally {
      watch.settle(written);
      this.#ids.settle(written);
      if (found && !written) {
        this.#restore(frame, rows);
        this.#trims.restore(rows);
      }
      if (this.#made.length > 0) this.#forgetUnwritten(frame, rows);
    }
  }

  #count(frame: AppendFrame): void {
    const { counters } = this.#context;
    counters.appends += frame.appendCount - this.#trims.trims;
    counters.trims += this.#trims.count;
    counters.entriesWritten += frame.entryCount;
  }

  #reserve({ tableCount, appendCount, expects, ids }: AppendFrame): void {
    if (this.#rows.length < tableCount) {
      const tables = Math.max(tableCount, this.#rows.length * 2);
      this.#rows = new Uint32Array(tables);
      this.#kept = new Uint32Array(tables * KEPT_WORDS);
    }
    const runs = appendCount + expects.length + (ids.length > 0 ? tableCount : 0);
    if (this.#runs.length < runs * RUN_WORDS) {
      this.#runs = new Uint32Array(Math.max(runs * RUN_WORDS, this.#runs.length * 2));
      this.#runBytes = new Uint8Array(this.#runs.buffer);
    }
  }

  /** Finds the row of each table, and recovers those that are not known. Whether all could be. */
  #find(frame: AppendFrame, rows: TableRows): boolean {
    const { tables, tableCount } = frame;
    const namespace = logNamespace(this.#context.instance);
    const view = viewOf(tables);
    const missing: number[] = [];
    for (let table = 0, at = 0; table < tableCount; table++, at += LOG_KEY_PREFIX_LENGTH) {
      if (tables[at] !== namespace) return false;
      const row = find(rows, view, at);
      if (row < 0) missing.push(table);
      else this.#keep(rows, table, row);
    }
    return missing.length === 0 || this.#recover(frame, rows, missing);
  }

  #recover({ tables }: AppendFrame, rows: TableRows, unknown: readonly number[]): boolean {
    const missing = this.#withoutBlank(tables, rows, unknown);
    if (missing.length === 0) return true;
    const ends = findTableEnds(this.#context, tables, missing);
    const words = new Uint32Array(ends.buffer);
    const view = viewOf(tables);
    for (let n = 0; n < missing.length; n++) {
      const table = missing[n] ?? 0;
      const at = table * LOG_KEY_PREFIX_LENGTH;
      // A frame can have a table several times, of which nothing has been given out yet.
      if (!isUnwritten(words, n)) {
        const state = stateOf(tables, table, ends, n);
        if (state === null) return false;
        rows.set(state.id, state);
      }
      this.#keep(rows, table, this.#obtain(rows, view, at, table));
    }
    return true;
  }

  /** Makes those known that are known to be as never written, without a look at the disk; returns the others. */
  #withoutBlank(tables: Uint8Array, rows: TableRows, missing: readonly number[]): readonly number[] {
    const { tables: known } = this.#context;
    if (!known.hasBlank) return missing;
    const view = viewOf(tables);
    return missing.filter((table) => {
      const at = table * LOG_KEY_PREFIX_LENGTH;
      const region = view.getBigUint64(at + REGION_AT);
      if (!known.isBlank(region, view.getBigUint64(at + TABLE_AT))) return true;
      this.#keep(rows, table, this.#obtain(rows, view, at, table));
      return false;
    });
  }

  /** The row of a table, which is made known if it is not. */
  #obtain(rows: TableRows, tables: DataView, at: number, table: number): number {
    const before = rows.size;
    const row = obtain(rows, tables, at);
    if (rows.size > before) this.#made.push(table);
    return row;
  }

  #keep(rows: TableRows, table: number, row: number): void {
    const words = rows.wordsOf(row);
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
   * Gives each append its first sequence, does each trim, and returns the runs to write; null when it is another kind
   * of frame.
   *
   * @param firsts the sequences, by words
   */
  #assign(frame: AppendFrame, rows: TableRows, firsts: Uint32Array): Uint8Array | null {
    const { appends, appendCount, tables, tableCount } = frame;
    const runs = this.#runs;
    const { watch } = this.#context;
    const tick = watch.tick();
    let end = 0;
    // Of the table of the append before.
    let current = -1;
    let currentRow = 0;
    let words = firsts;
    let at = 0;
    let run = -1;
    for (let i = 0; i < appendCount; i++) {
      const table = appends[i * APPEND_WORDS] ?? 0;
      const entries = appends[i * APPEND_WORDS + 1] ?? 0;
      const flags = appends[i * APPEND_WORDS + 2] ?? 0;
      if (table >= tableCount) return null;
      if (flags === APPEND_ID) {
        this.#ids.next();
        if (this.#ids.isKnown(table)) return null;
      } else if (flags > APPEND_JOINS) {
        if (flags !== APPEND_TRIMS) return null;
        const left = this.#trims.trim(frame, rows, this.#rows[table] ?? 0, (flag, sequence, count) => {
          this.#begin(end, tables, table * LOG_KEY_PREFIX_LENGTH);
          this.#runBytes[end * 4 + FLAGS_AT] = flag;
          runs[end + COUNT_AT] = count;
          runs[end + FIRST_AT] = Number(sequence & LOW);
          runs[end + FIRST_AT + 1] = Number(sequence >> 32n);
          end += RUN_WORDS;
        });
        if (left === null) return null;
        if (watch.hasMarks) watch.trimmed(idAt(tables, table), left + 1n);
        firsts[i * 2] = Number(left & LOW);
        firsts[i * 2 + 1] = Number(left >> 32n);
        current = -1;
        continue;
      }
      if (table !== current) {
        const row = this.#rows[table] ?? 0;
        words = rows.wordsOf(row);
        at = rowAt(row);
        current = table;
        currentRow = row;
        run = -1;
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
      if (flags === APPEND_ID) this.#ids.add(first, firstHigh, entries);
      words[at + LAST_AT] = last;
      words[at + LAST_AT + 1] = lastHigh;
      words[at + TAIL_AT] = last;
      words[at + TAIL_AT + 1] = lastHigh;
      if (run < 0) {
        if (tick > 0) {
          const dues = rows.duesOf(currentRow);
          const due = dueAt(currentRow);
          if ((dues[due] ?? 0) <= tick) {
            const sequence = (BigInt(firstHigh) << 32n) | BigInt(first);
            dues[due] = watch.appended(idAt(tables, table), sequence, tick);
          }
        }
        run = end;
        end += RUN_WORDS;
        this.#begin(run, tables, table * LOG_KEY_PREFIX_LENGTH);
        runs[run + COUNT_AT] = entries;
        runs[run + FIRST_AT] = first;
        runs[run + FIRST_AT + 1] = firstHigh;
      } else {
        runs[run + COUNT_AT] = (runs[run + COUNT_AT] ?? 0) + entries;
      }
    }
    for (const { index, upTo } of this.#ids.forgotten((table) => this.#lastOf(rows, table))) {
      this.#begin(end, tables, index * LOG_KEY_PREFIX_LENGTH);
      this.#runBytes[end * 4 + FLAGS_AT] = RUN_ID;
      runs[end + COUNT_AT] = 0;
      runs[end + FIRST_AT] = Number(upTo & LOW);
      runs[end + FIRST_AT + 1] = Number(upTo >> 32n);
      end += RUN_WORDS;
    }
    return this.#runBytes.subarray(0, end * 4);
  }

  /** The last sequence that a table of the frame has with it. */
  #lastOf(rows: TableRows, table: number): bigint {
    const row = this.#rows[table] ?? 0;
    const words = rows.wordsOf(row);
    const at = rowAt(row) + LAST_AT;
    return (BigInt(words[at + 1] ?? 0) << 32n) | BigInt(words[at] ?? 0);
  }

  /** A run of this table, whose version and flags are 0. */
  #begin(run: number, tables: Uint8Array, prefixAt: number): void {
    const bytes = this.#runBytes;
    const to = run * 4;
    this.#runs[run + COUNT_AT - 1] = 0;
    for (let i = 0; i < LOG_KEY_PREFIX_LENGTH; i++) bytes[to + i] = tables[prefixAt + i] ?? 0;
  }

  /** Takes back what the frame gave out. */
  #restore({ tableCount }: AppendFrame, rows: TableRows): void {
    const kept = this.#kept;
    for (let table = 0; table < tableCount; table++) {
      const row = this.#rows[table] ?? 0;
      const words = rows.wordsOf(row);
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
  #forgetUnwritten({ tables }: AppendFrame, rows: TableRows): void {
    // What is removed moves rows.
    const unwritten: number[] = [];
    for (const table of this.#made) {
      const row = this.#rows[table] ?? 0;
      const words = rows.wordsOf(row);
      const last = rowAt(row) + LAST_AT;
      if (words[last] === 0 && words[last + 1] === 0) unwritten.push(table);
    }
    this.#made = [];
    if (unwritten.length === 0) return;
    const view = viewOf(tables);
    for (const table of unwritten) {
      const at = table * LOG_KEY_PREFIX_LENGTH;
      if (this.#trims.count === 0) remove(rows, view, at);
      else this.#context.tables.note(unwrittenState(view, at));
    }
  }
}

function viewOf(tables: Uint8Array): DataView {
  return new DataView(tables.buffer, tables.byteOffset, tables.byteLength);
}

/** The ids of a table of a frame. */
function idAt(tables: Uint8Array, table: number): TableId {
  return decodeLogKeyPrefix(tables, table * LOG_KEY_PREFIX_LENGTH);
}

function unwrittenState(tables: DataView, at: number): TableState {
  const id = { region: tables.getBigUint64(at + REGION_AT), table: tables.getBigUint64(at + TABLE_AT) };
  return new TableState(id, null, 0n, 0n);
}

function find(rows: TableRows, tables: DataView, at: number): number {
  return rows.rowOf(
    tables.getUint32(at + REGION_AT + 4),
    tables.getUint32(at + REGION_AT),
    tables.getUint32(at + TABLE_AT + 4),
    tables.getUint32(at + TABLE_AT),
  );
}

function obtain(rows: TableRows, tables: DataView, at: number): number {
  return rows.obtain(
    tables.getUint32(at + REGION_AT + 4),
    tables.getUint32(at + REGION_AT),
    tables.getUint32(at + TABLE_AT + 4),
    tables.getUint32(at + TABLE_AT),
  );
}

function remove(rows: TableRows, tables: DataView, at: number): void {
  rows.remove(
    tables.getUint32(at + REGION_AT + 4),
    tables.getUint32(at + REGION_AT),
    tables.getUint32(at + TABLE_AT + 4),
    tables.getUint32(at + TABLE_AT),
  );
}
