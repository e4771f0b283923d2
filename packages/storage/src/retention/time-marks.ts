import {
  decodeMark,
  decodeMarkKey,
  encodeMark,
  type KeyRange,
  MARK_KEY_LENGTH,
  MARK_VALUE_LENGTH,
  markKey,
  markRangeOfTable,
  type TableId,
  type TimeMark,
  tableKey,
  WalError,
} from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import { decoded } from '../errors.js';
import { recordPages } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';

/** So many time marks does a table have at most. */
export const MOST_MARKS = 320;
/** So many are left at most when there would be more. */
const MOST_LEFT = 256;
/** Two that are left are apart by this part of how old they are, or less; by more where they are too many all the same. */
const SPACING = 16;
/** Bytes that the marks of a table take in a page. */
const PAGE_BYTES = (MOST_MARKS + 1) * (8 + MARK_KEY_LENGTH + MARK_VALUE_LENGTH);

/** The time marks of a table, by time. Throws SHALE_CORRUPT. */
export function readMarks(home: TableHome, id: TableId): TimeMark[] {
  const { db, path, instance } = home;
  const marks: TimeMark[] = [];
  for (const page of recordPages(db, markRangeOfTable(instance, id), undefined, PAGE_BYTES)) {
    for (const { key, value } of page) {
      const mark = (): TimeMark => ({ ms: decodeMarkKey(key, instance).ms, sequence: decodeMark(value) });
      marks.push(decoded(key, { path, table: id }, mark));
    }
  }
  return marks;
}

/** The time marks of neighbouring tables, by the keys of these; null when any of them cannot be read. */
export function marksIn(home: TableHome, range: KeyRange): ReadonlyMap<string, readonly TimeMark[]> | null {
  const { db, instance } = home;
  const byTable = new Map<string, TimeMark[]>();
  try {
    for (const page of recordPages(db, range)) {
      for (const { key, value } of page) {
        const { ms, ...id } = decodeMarkKey(key, instance);
        const marks = byTable.get(tableKey(id));
        const mark = { ms, sequence: decodeMark(value) };
        if (marks === undefined) byTable.set(tableKey(id), [mark]);
        else marks.push(mark);
      }
    }
    return byTable;
  } catch (error) {
    if (error instanceof WalError) return null;
    throw error;
  }
}

/** Puts a time mark. */
export function putMark(instance: number, id: TableId, { ms, sequence }: TimeMark): RecordChange {
  return { put: markKey(instance, { ...id, ms }), value: encodeMark(sequence) };
}

/** Removes a time mark. */
export function removeMark(instance: number, id: TableId, { ms }: TimeMark): RecordChange {
  return { remove: markKey(instance, { ...id, ms }) };
}

/** What a new mark of a table does to those there are. */
export interface MarksAfter {
  readonly changes: readonly RecordChange[];
  /** All that there are then, by time. */
  readonly marks: readonly TimeMark[];
}

/**
 * Adds a mark. What is later than it by the clock of now, or lies behind it in the table, is none any more: the clock was
 * put back, or the table was dropped by a version that does not know marks. Where there are too many, the older they are,
 * the fewer are left.
 */
export function addMark(
  instance: number,
  id: TableId,
  marks: readonly TimeMark[],
  mark: TimeMark,
): MarksAfter {
  const isDropped = marks.some(({ sequence }) => sequence > mark.sequence);
  const before = isDropped ? [] : marks.filter(({ ms }) => ms < mark.ms);
  const left = new Set(before.length < MOST_MARKS ? before : thinned(before, mark.ms));
  const changes = marks
    .filter((each) => !left.has(each) && each.ms !== mark.ms)
    .map((each) => removeMark(instance, id, each));
  changes.push(putMark(instance, id, mark));
  return { changes, marks: [...left, mark] };
}

/** The marks that stay of too many. */
function thinned(marks: readonly TimeMark[], now: bigint): TimeMark[] {
  for (let spacing = SPACING; ; spacing /= 2) {
    const left: TimeMark[] = [];
    for (let i = marks.length - 1; i >= 0; i--) {
      const mark = marks[i];
      const older = marks[i - 1];
      const later = left.at(-1);
      // One goes if those beside it are near enough to each other without it.
      const isNeedless =
        later !== undefined &&
        older !== undefined &&
        Number(later.ms - older.ms) <= Number(now - older.ms) / spacing;
      if (mark !== undefined && !isNeedless) left.push(mark);
    }
    if (left.length <= MOST_LEFT) return left.reverse();
  }
}

/** The marks that a trim makes needless: all that lie before the first entry that is left, but the last of these. */
export function passedMarks(marks: readonly TimeMark[], first: bigint): readonly TimeMark[] {
  const passed = marks.filter(({ sequence }) => sequence <= first);
  return passed.slice(0, -1);
}

/**
 * About when an entry was appended: the time of the last mark that is not behind it; of an entry from before all marks, that
 * of the first one, for it is older. Null without a mark.
 */
export function timeOf(marks: readonly TimeMark[], sequence: bigint): bigint | null {
  let found = marks[0]?.ms ?? null;
  for (const mark of marks) if (mark.sequence <= sequence) found = mark.ms;
  return found;
}

/** The first sequence that may have been appended at or after a time: all before it were appended earlier; null without a mark. */
export function sequenceAt(marks: readonly TimeMark[], ms: bigint): bigint | null {
  let found: bigint | null = null;
  for (const mark of marks) if (mark.ms <= ms) found = mark.sequence;
  return found;
}
