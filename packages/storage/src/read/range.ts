import { mustBe, type TableId, tableInWords, toU64, U64_MAX, type U64Like, WalError } from '@shale/codec';
import { readBag } from '../arguments/option-bag.js';
import type { TableState } from '../tables/table-state.js';

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
  /** Whether to read from the end of the range to its beginning. Default: false. */
  readonly reverse?: boolean | undefined;
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
  /** Whether it is SHALE_HOLE that something between its ends has no entry. */
  readonly strict?: boolean | undefined;
  /** Whether it is read from `to` to `from`. */
  readonly reverse?: boolean | undefined;
}

/** The sequences that a table may have entries at. */
export type Extent = Pick<TableState, 'first' | 'tail'>;

/** A range after all code of its caller has run. */
export interface RangeBounds {
  /** Where it says that it begins, which may be 2^64; undefined when it does not say. */
  readonly from: bigint | undefined;
  /** Where it says that it ends, included, which may be -1; undefined when it does not say. */
  readonly to: bigint | undefined;
  /** The most entries; Infinity without a limit. */
  readonly limit: number;
  /** Whether it is read from its end to its beginning. */
  readonly reverse: boolean;
}

const RANGE = ['gte', 'gt', 'lte', 'lt', 'limit', 'reverse'] as const;

/** Reads a range, each bound once. Throws SHALE_INVALID_ARGUMENT. */
export function toBounds(range: ReadRange): RangeBounds {
  const { gte, gt, lte, lt, limit, reverse = false } = readBag('the range of a read', range, RANGE);
  if (typeof reverse !== 'boolean') throw mustBe('reverse', 'true or false', reverse);
  const at = gte === undefined ? undefined : toU64('gte', gte);
  const after = gt === undefined ? undefined : toU64('gt', gt) + 1n;
  const upTo = lte === undefined ? undefined : toU64('lte', lte);
  const before = lt === undefined ? undefined : toU64('lt', lt) - 1n;
  return {
    from: at === undefined || after === undefined ? (at ?? after) : larger(at, after),
    to: upTo === undefined || before === undefined ? (upTo ?? before) : smaller(upTo, before),
    limit: toLimit(limit),
    reverse,
  };
}

function toLimit(limit: unknown): number {
  if (limit === undefined || limit === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0) return limit;
  throw mustBe('limit', 'a safe integer from 0', limit);
}

/** A span from where its read goes on. */
export function spanFrom(span: SequenceSpan, at: bigint): SequenceSpan {
  return span.reverse ? { ...span, to: at } : { ...span, from: at };
}

/** Requires that a strict read goes upwards. Throws SHALE_INVALID_ARGUMENT. */
export function requireDirection({ reverse }: RangeBounds, strict: boolean): void {
  if (!reverse || !strict) return;
  throw new WalError('SHALE_INVALID_ARGUMENT', 'a strict read goes upwards: leave out strict or reverse', {
    details: { field: 'reverse' },
  });
}

/** The part of a table that a range asks for; null when that is nothing. */
export function resolveRange(extent: Extent, bounds: RangeBounds): { from: bigint; to: bigint } | null {
  const from = larger(extent.first, bounds.from ?? 0n);
  const to = bounds.to === undefined ? extent.tail : smaller(extent.tail, bounds.to);
  if (bounds.limit === 0 || from > to || from > U64_MAX) return null;
  return { from, to };
}

/**
 * Requires that a range begins where its table has, or will have, an entry: not before `first`, which was trimmed, and
 * not after `next`, the sequence that the next entry gets. A range that does not say where it begins is at the first
 * entry. Throws SHALE_TRIMMED with `details.first` and SHALE_AHEAD with `details.next`.
 */
export function requirePosition(
  { first, next }: TablePosition,
  bounds: Pick<RangeBounds, 'from'>,
  place: TablePlace,
): void {
  const asked = bounds.from;
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
