import { metaKey, regionRange, type WalError } from '@shale/codec';
import type { LogContext } from './context.js';
import { native } from './errors.js';
import { floors, type TableFloor } from './floors.js';
import { heads, type TableHead } from './heads.js';
import { TableUnit } from './table-unit.js';

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
  const fresh: TableUnit[] = [];
  for (const head of heads(context, regionRange(context.instance, region), onProblem)) {
    tables++;
    entries += head.last - head.first + 1n;
    firstTable ??= head.id.table;
    lastTable = head.id.table;
    if (!context.units.has(region, head.id.table)) fresh.push(unitOf(head));
  }
  const found = applyFloors(fresh, floors(context, onProblem));
  for (const unit of fresh) context.units.note(unit);
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
  const fresh: TableUnit[] = [];
  const mayBeDropped = native({ path: context.path }, () => context.db.drops()) !== since;
  for (const head of tableHeads) {
    const { region, table } = head.id;
    if (context.units.has(region, table)) continue;
    if (mayBeDropped && isDropped(context, head, since)) continue;
    fresh.push(unitOf(head));
  }
  applyFloors(fresh, tableFloors);
  for (const unit of fresh) context.units.note(unit);
  return fresh.length;
}

/**
 * Whether the table, or one of the same id in another region, whose floor it shares, was dropped since, or may have
 * been.
 */
function isDropped(context: LogContext, { id }: TableHead, since: bigint): boolean {
  const record = metaKey(context.instance, id.table);
  return native({ path: context.path, table: id }, () => context.db.droppedSince(record, since));
}

function unitOf(head: TableHead): TableUnit {
  return new TableUnit(head.id, head.first, head.last, 0n);
}

/** Raises the units to their floors, and returns how many floors there were. */
function applyFloors(units: readonly TableUnit[], tableFloors: Iterable<TableFloor>): number {
  const byTable = new Map<bigint, TableUnit[]>();
  for (const unit of units) {
    const same = byTable.get(unit.id.table);
    if (same === undefined) byTable.set(unit.id.table, [unit]);
    else same.push(unit);
  }
  let count = 0;
  for (const { table, maxSequence } of tableFloors) {
    count++;
    for (const unit of byTable.get(table) ?? []) unit.raiseFloor(maxSequence);
  }
  return count;
}
