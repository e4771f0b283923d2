import { U64_MAX, WalError } from '@shale/codec';
import { toU64, type U64Like } from './ids.js';
import type { TableUnit } from './table-unit.js';

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
   * The watch (`Log.watch`) that tells later whether the table is still the same: one that was dropped and begun anew has
   * other entries at these sequences.
   */
  readonly watch: bigint;
}

/** The sequences that a table may have entries at. */
export type Extent = Pick<TableUnit, 'first' | 'tail'>;

/** The part of a table that a range asks for; null when that is nothing. Throws SHALE_INVALID_ARGUMENT. */
export function resolveRange(extent: Extent, range: ReadRange): { from: bigint; to: bigint } | null {
  const from = larger(extent.first, startOf(range) ?? 0n);
  let to = extent.tail;
  if (range.lte !== undefined) to = smaller(to, toU64(range.lte, 'lte'));
  if (range.lt !== undefined) to = smaller(to, toU64(range.lt, 'lt') - 1n);
  const limit = limitOf(range);
  if (limit === 0 || from > to || from > U64_MAX) return null;
  return { from, to };
}

/** Where a range says that it begins, which may be 2^64; undefined when it does not say. Throws SHALE_INVALID_ARGUMENT. */
export function startOf({ gte, gt }: ReadRange): bigint | undefined {
  const at = gte === undefined ? undefined : toU64(gte, 'gte');
  const after = gt === undefined ? undefined : toU64(gt, 'gt') + 1n;
  return at === undefined || after === undefined ? (at ?? after) : larger(at, after);
}

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

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
