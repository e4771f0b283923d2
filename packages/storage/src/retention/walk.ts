import { instanceRange, markRangeOfTable, type TableId, type TimeMark, tableKey } from '@shale/codec';
import { heads, type TableHead } from '../lists/heads.js';
import type { LogContext } from '../tables/context.js';
import { marksIn } from './time-marks.js';

/** So many tables are looked up at a time, while nothing else runs. */
const AT_ONCE = 32;

/** A table that a walk comes by. */
export interface WalkedTable {
  readonly id: TableId;
  /** Its time marks; null where they cannot be read. */
  readonly marks: readonly TimeMark[] | null;
}

/**
 * Walks through all tables that have entries, some at a time, with their marks: an iterator costs more than what it reads
 * of a table, for it looks into every table file. What cannot be read is for others to tell.
 */
export function* walk(context: LogContext): Generator<readonly WalkedTable[], void, undefined> {
  let some: TableHead[] = [];
  for (const head of heads(context, instanceRange(context.instance), () => undefined, AT_ONCE)) {
    some.push(head);
    if (some.length < AT_ONCE) continue;
    yield withMarks(context, some);
    some = [];
  }
  yield withMarks(context, some);
}

function withMarks(context: LogContext, found: readonly TableHead[]): readonly WalkedTable[] {
  const [first, last] = [found.at(0), found.at(-1)];
  if (first === undefined || last === undefined) return [];
  const { lower } = markRangeOfTable(context.instance, first.id);
  const { upper } = markRangeOfTable(context.instance, last.id);
  const marks = marksIn(context, { lower, upper });
  return found.map(({ id }) => ({ id, marks: marks?.get(tableKey(id)) ?? (marks === null ? null : []) }));
}
