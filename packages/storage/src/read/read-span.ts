import { type ErrorCode, type TableId, U64_MAX, WalError } from '@shale/codec';
import { native } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { firstEntry } from '../tables/table-state.js';
import { type Extent, type RangeBounds, requirePosition, resolveRange, type SequenceSpan } from './range.js';

/** What a table that has something unreadable in it fails with when it is recovered. */
const UNREADABLE: readonly ErrorCode[] = ['SHALE_CORRUPT', 'SHALE_IO'];

/**
 * What a range means for a table now; null when it holds nothing. From now on the watch tells whether the table is
 * dropped. `strict` throws SHALE_TRIMMED and SHALE_AHEAD.
 */
export function resolveSpan(
  context: LogContext,
  table: TableId,
  bounds: RangeBounds,
  watch: bigint,
  strict: boolean,
): SequenceSpan | null {
  const place = { path: context.path, table };
  native(place, () => context.db.watchAnew(watch));
  if (strict) requirePosition(context.tables.look(table), bounds, place);
  const extent = readableExtent(context, table, bounds);
  const span = resolveRange(strict ? givenOut(extent) : extent, bounds);
  return span === null ? null : { ...span, watch, strict, reverse: bounds.reverse };
}

/**
 * The sequences that a table may have entries at. When it cannot be recovered, because something in it cannot be read,
 * they are all there can be from its first entry on: nothing can be appended to it either. When that one cannot be
 * read, the range has to say where to begin.
 */
function readableExtent(
  context: LogContext,
  id: TableId,
  bounds: RangeBounds,
): Extent & { readonly next?: bigint } {
  try {
    return context.tables.look(id);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  try {
    return { first: firstEntry(context, id) ?? 0n, tail: U64_MAX };
  } catch (error) {
    if (!isUnreadable(error) || bounds.from === undefined) throw error;
    return { first: 0n, tail: U64_MAX };
  }
}

/** As far as a table's sequences were given out, whether they have entries or not. */
function givenOut({ first, tail, next }: Extent & { readonly next?: bigint }): Extent {
  return { first, tail: next === undefined ? tail : next - 1n };
}

/** Whether a table could not be recovered, or read, because of what is in it. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof WalError && UNREADABLE.includes(error.code);
}
