import {
  decodeLogKeyPrefix,
  type KeyRange,
  LOG_KEY_PREFIX_LENGTH,
  tableRange,
  U64_MAX,
  WalError,
} from '@shale/codec';
import type { LogContext } from './context.js';

/** Room for one head. */
const ONE = new Uint8Array(40);

/**
 * Looks for the next table of a region, after one whose ends cannot be read, from which on tables can be listed again, by
 * steps that double and then halve. Null when there is none.
 *
 * @param range from the damage on, within one region
 */
export function stepOverTables(
  context: LogContext,
  range: KeyRange,
  cause: WalError,
): { next: Uint8Array | null; problem: WalError } {
  // The range may begin with the region's first table, and not say so.
  const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
  prefix.set(range.lower.subarray(0, LOG_KEY_PREFIX_LENGTH));
  const { instance, region, table: start } = decodeLogKeyPrefix(prefix);
  const keyOf = (table: bigint): Uint8Array => tableRange(instance, { region, table }).lower;
  const good = firstGood(start, (table) => canList(context, { ...range, lower: keyOf(table) }));
  const last = good === null ? U64_MAX : good - 1n;
  const problem = new WalError(
    'SHALE_CORRUPT',
    `something between the tables ${start} and ${last} of region ${region} cannot be read, so they were not recovered: ${cause.message}`,
    { path: context.path, cause, details: { region, firstTable: start, lastTable: last } },
  );
  return { next: good === null ? null : keyOf(good), problem };
}

function firstGood(start: bigint, isGood: (table: bigint) => boolean): bigint | null {
  let bad = start;
  let good = start + 1n;
  for (let step = 2n; good <= U64_MAX && !isGood(good); step *= 2n) {
    bad = good;
    good = start + step;
  }
  if (good > U64_MAX) return null;
  while (good - bad > 1n) {
    const middle = (good + bad) / 2n;
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** Whether the next table from there on can be listed, or there is none. */
function canList(context: LogContext, { lower, upper }: KeyRange): boolean {
  if (Buffer.compare(lower, upper) >= 0) return true;
  try {
    context.db.heads(lower, upper, ONE);
    return true;
  } catch {
    return false;
  }
}
