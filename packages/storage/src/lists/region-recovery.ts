import { metaKey, regionRange, type WalError } from '@shale/codec';
import { native } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { TableState } from '../tables/table-state.js';
import { floors, type TableFloor } from './floors.js';
import { heads, type TableHead } from './heads.js';

/** What opening a region found. */
export interface RegionReport {
  readonly region: bigint;
  /** Tables that have entries. */
  readonly tables: number;
  /** Entries in them, counted as last - first + 1 of each table. */
  readonly entries: bigint;
  /** Metadata records read, of whatever region: a record does not say its region. */
  readonly floors: number;
  /** The first and last table id with entries; null when there is none. */
  readonly bounds: { readonly firstTable: bigint; readonly lastTable: bigint } | null;
  /** Keys that are not of this format. Their tables were not recovered; all others were. */
  readonly problems: readonly WalError[];
  readonly elapsedMs: number;
}

/**
 * Recovers every table of a region that has entries: heads by skip-seeks, then the metadata records as a supplement.
 * A table of which only the metadata record is left is recovered when it is first touched, which costs two look-ups;
 * the record does not say which region it is of. Tables already known are left as they are.
 */
export function openRegion(context: LogContext, region: bigint): RegionReport {
  const started = performance.now();
  const problems: WalError[] = [];
  const onProblem = (problem: WalError): void => void problems.push(problem);
  let tables = 0;
  let entries = 0n;
  let firstTable: bigint | undefined;
  let lastTable = 0n;
  const fresh: TableState[] = [];
  for (const head of heads(context, regionRange(context.instance, region), onProblem)) {
    tables++;
    entries += head.last - head.first + 1n;
    firstTable ??= head.id.table;
    lastTable = head.id.table;
    if (!context.tables.has(region, head.id.table)) fresh.push(stateOf(head));
  }
  const found = applyFloors(fresh, floors(context, onProblem));
  for (const state of fresh) context.tables.note(state);
  return {
    region,
    tables,
    entries,
    floors: found,
    bounds: firstTable === undefined ? null : { firstTable, lastTable },
    problems,
    elapsedMs: performance.now() - started,
  };
}

/**
 * Makes tables known from heads and floors that were read elsewhere, when `since` drops had been done; returns how many
 * were not known before. Of one that was dropped since nothing may be known any more: what was listed of it would bring
 * it back, so it is left to be recovered.
 */
export function install(
  context: LogContext,
  tableHeads: Iterable<TableHead>,
  tableFloors: Iterable<TableFloor>,
  since: bigint,
): number {
  const fresh: TableState[] = [];
  const mayBeDropped = native({ path: context.path }, () => context.db.drops()) !== since;
  for (const head of tableHeads) {
    const { region, table } = head.id;
    if (context.tables.has(region, table)) continue;
    if (mayBeDropped && isDropped(context, head, since)) continue;
    fresh.push(stateOf(head));
  }
  applyFloors(fresh, tableFloors);
  for (const state of fresh) context.tables.note(state);
  return fresh.length;
}

/**
 * Whether the table, or one of the same id in another region, whose floor it shares, was dropped since, or may have
 * been.
 */
function isDropped(context: LogContext, { id }: TableHead, since: bigint): boolean {
  const key = metaKey(context.instance, id.table);
  return native({ path: context.path, table: id }, () => context.db.droppedSince(key, since));
}

function stateOf(head: TableHead): TableState {
  return new TableState(head.id, head.first, head.last, 0n);
}

/** Raises the states to their floors, and returns how many floors there were. */
function applyFloors(states: readonly TableState[], tableFloors: Iterable<TableFloor>): number {
  const byTable = new Map<bigint, TableState[]>();
  for (const state of states) {
    const same = byTable.get(state.id.table);
    if (same === undefined) byTable.set(state.id.table, [state]);
    else same.push(state);
  }
  let count = 0;
  for (const { table, floor } of tableFloors) {
    count++;
    for (const state of byTable.get(table) ?? []) state.raiseFloor(floor);
  }
  return count;
}
