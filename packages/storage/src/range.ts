import { type TableId, tableInWords, U64_MAX, WalError } from '@shale/codec';
import { toU64, type U64Like } from './ids.js';
import { refuseStray } from './option-names.js';
import type { TableUnit } from './table-unit.js';

/** Where a table is, for messages. */
export interface TablePlace {
  /** The database's directory. */
  readonly path: string;
  /** The table, if its ids are known. */
  readonly table?: TableId | undefined;
  /** Its name, if that is known. */
  readonly tableName?: string | undefined;
}

/** Where the entries of a table begin, and the sequence that its next entry gets. */
export interface TablePosition {
  /** The first sequence there is, or will be. */
  readonly first: bigint;
  /** One above every sequence ever given out. */
  readonly next: bigint;
}

/**
 * The bounds of a read. Each is optional, and all that are given hold. Reversed and empty ranges give nothing.
 */
export interface ReadRange {
  /** From this sequence on. */
  readonly gte?: U64Like | undefined;
  /** From after this sequence on. */
  readonly gt?: U64Like | undefined;
  /** Up to this sequence. */
  readonly lte?: U64Like | undefined;
  /** Up to before this sequence. */
  readonly lt?: U64Like | undefined;
  /** At most so many entries, a safe integer of at least 0. Default: no limit. */
  readonly limit?: number | undefined;
}

/** The sequences that a read goes over, both included. */
export interface SequenceSpan {
  readonly from: bigint;
  readonly to: bigint;
  /**
   * The watch (`Log.watch`) that tells later whether the table is still the same: one that was dropped and begun
   * again has other entries at these sequences.
   */
  readonly watch: bigint;
}

/** The sequences that a table may have entries at. */
export type Extent = Pick<TableUnit, 'first' | 'tail'>;

/** The part of a table that a range asks for; null when that is nothing. Throws SHALE_INVALID_ARGUMENT. */
export function resolveRange(extent: Extent, range: ReadRange): { from: bigint; to: bigint } | null {
  refuseStray('a range', range, RANGE);
  const from = larger(extent.first, startOf(range) ?? 0n);
  let to = extent.tail;
  if (range.lte !== undefined) to = smaller(to, toU64(range.lte, 'lte'));
  if (range.lt !== undefined) to = smaller(to, toU64(range.lt, 'lt') - 1n);
  const limit = limitOf(range);
  if (limit === 0 || from > to || from > U64_MAX) return null;
  return { from, to };
}

/**
 * Requires that a range begins where its table has, or will have, an entry: not before `first`, which was trimmed, and
 * not after `next`, the sequence that the next entry gets. A range that does not say where it begins is at the first
 * entry. Throws SHALE_TRIMMED with `details.first`, SHALE_AHEAD with `details.next`, and SHALE_INVALID_ARGUMENT.
 */
export function requirePosition({ first, next }: TablePosition, range: ReadRange, place: TablePlace): void {
  const asked = startOf(range);
  if (asked === undefined) return;
  // There is no sequence 0.
  const start = larger(asked, 1n);
  const { table, tableName } = place;
  const where = table === undefined ? nameless(tableName) : tableInWords(table, tableName);
  if (start < first) {
    throw new WalError(
      'SHALE_TRIMMED',
      `sequence ${start} of ${where} was trimmed; ${first < next ? 'what is left begins' : 'the next entry comes'} at ${first}: read on from there`,
      { ...place, details: { expected: start, first } },
    );
  }
  if (start > next) {
    throw new WalError(
      'SHALE_AHEAD',
      `sequence ${start} is beyond the end of ${where}, whose next entry gets ${next}: the position is of another state of the table, as before a drop or of another copy of the log`,
      { ...place, details: { expected: start, next } },
    );
  }
}

/**
 * Where a range says that it begins, which may be 2^64; undefined when it does not say. Throws
 * SHALE_INVALID_ARGUMENT.
 */
export function startOf({ gte, gt }: ReadRange): bigint | undefined {
  const at = gte === undefined ? undefined : toU64(gte, 'gte');
  const after = gt === undefined ? undefined : toU64(gt, 'gt') + 1n;
  return at === undefined || after === undefined ? (at ?? after) : larger(at, after);
}

const RANGE: readonly string[] = ['gte', 'gt', 'lte', 'lt', 'limit'];

/** The limit of a range, Infinity without one. Throws SHALE_INVALID_ARGUMENT. */
export function limitOf(range: ReadRange): number {
  const { limit } = range;
  if (limit === undefined || limit === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (Number.isSafeInteger(limit) && limit >= 0) return limit;
  throw new WalError(
    'SHALE_INVALID_ARGUMENT',
    `limit must be a safe integer of at least 0, and is ${String(limit)}`,
    { details: { field: 'limit' } },
  );
}

/** A table without ids, which only a name can have. */
function nameless(name: string | undefined): string {
  return name === undefined ? 'the table' : `table ${JSON.stringify(name)}`;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
