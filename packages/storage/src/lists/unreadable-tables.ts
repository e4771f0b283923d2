import {
  decodeLogKeyPrefix,
  type KeyRange,
  LOG_KEY_PREFIX_LENGTH,
  type TableId,
  tableInWords,
  tableRange,
  U64_MAX,
  WalError,
} from '@shale/codec';
import type { LogContext } from '../tables/context.js';

/** Room for one head. */
const ONE = new Uint8Array(40);

/** A table's place among all: its region above its id. */
const TABLES = 2n ** 64n;

/**
 * Looks for the next table after one whose ends cannot be read, from which on tables can be listed again, by steps that
 * double and then halve. Null when there is none.
 *
 * @param range from the damage on
 * @param within whether to look in the region alone that the range begins in, or in those after it, too
 */
export function stepOverTables(
  context: LogContext,
  range: KeyRange,
  cause: WalError,
  within: 'region' | 'instance',
): { next: Uint8Array | null; problem: WalError } {
  // The range may begin with the first table, of its region or of all, and not say so.
  const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
  prefix.set(range.lower.subarray(0, LOG_KEY_PREFIX_LENGTH));
  const { instance, region, table } = decodeLogKeyPrefix(prefix);
  const keyOf = (place: bigint): Uint8Array => tableRange(instance, tableAt(place)).lower;
  const start = region * TABLES + table;
  const most = (within === 'region' ? region : U64_MAX) * TABLES + U64_MAX;
  const good = firstGood(start, most, (place) => canList(context, { ...range, lower: keyOf(place) }));
  const last = tableAt(good === null ? most : good - 1n);
  const problem = new WalError(
    'SHALE_CORRUPT',
    `something between ${betweenInWords({ region, table }, last)} cannot be read, so these tables are left out: ${cause.message}`,
    {
      path: context.path,
      cause,
      details: { region, firstTable: table, lastRegion: last.region, lastTable: last.table },
    },
  );
  return { next: good === null ? null : keyOf(good), problem };
}

function tableAt(place: bigint): TableId {
  return { region: place / TABLES, table: place % TABLES };
}

function betweenInWords(first: TableId, last: TableId): string {
  return first.region === last.region
    ? `the tables ${first.table} and ${last.table} of region ${first.region}`
    : `${tableInWords(first)} and ${tableInWords(last)}`;
}

function firstGood(start: bigint, most: bigint, isGood: (place: bigint) => boolean): bigint | null {
  let bad = start;
  let good = start + 1n;
  for (let step = 2n; good <= most && !isGood(good); step *= 2n) {
    bad = good;
    good = start + step;
  }
  if (good > most) return null;
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
