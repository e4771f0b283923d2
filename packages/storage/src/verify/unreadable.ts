import {
  keySuccessor,
  logKey,
  type TableId,
  tableInWords,
  tableRange,
  U64_MAX,
  type WalError,
} from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { filePlaceIn } from '../damage/file-place.js';
import { native, tableOfKey } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import type { VerifyFinding } from './verify-events.js';

/** Where a scan failed. */
export interface UnreadablePlace {
  readonly snapshot: Snapshot;
  /** The first entry from here on cannot be read. */
  readonly from: Uint8Array;
  readonly upper: Uint8Array;
  /** The table that was being scanned, and the sequence that was to come next. */
  readonly table: TableId | undefined;
  readonly expected: bigint | undefined;
}

/**
 * Looks for the next place behind damage from which reading works again: first inside the table, by steps that double
 * and then halve; then where another file of the database begins or ends.
 */
export function stepOverUnreadable(
  context: LogContext,
  place: UnreadablePlace,
  cause: WalError,
): { next: Uint8Array | null; finding: VerifyFinding } {
  const { table, expected } = place;
  const inside =
    table === undefined || expected === undefined ? null : nextInTable(context, place, table, expected);
  if (table !== undefined && expected !== undefined && inside !== null) {
    return {
      next: logKey({ instance: context.instance, ...table }, inside),
      finding: unreadable(
        cause,
        `the entries ${expected} to ${inside - 1n} of ${tableInWords(table)} cannot be read`,
        { id: table, sequences: { from: expected, to: inside - 1n } },
      ),
    };
  }
  const next = fileBoundaries(context, place).find((key) => canRead(context, place, key)) ?? null;
  const start = table === undefined ? 'the beginning' : `${tableInWords(table)}, sequence ${expected}`;
  const end = next === null ? 'the end' : `key ${Buffer.from(next).toString('hex')}`;
  const id = table ?? tableOfKey(place.from);
  return {
    next,
    finding: unreadable(
      cause,
      `what is between ${start} and ${end} cannot be read`,
      id === undefined ? {} : { id },
    ),
  };
}

function nextInTable(
  context: LogContext,
  place: UnreadablePlace,
  table: TableId,
  expected: bigint,
): bigint | null {
  const tableEnd = tableRange(context.instance, table).upper;
  const readable = (sequence: bigint): boolean =>
    canRead(
      context,
      { ...place, upper: tableEnd },
      logKey({ instance: context.instance, ...table }, sequence),
    );
  let good = expected;
  for (let step = 1n; ; step *= 2n) {
    good = expected + step;
    if (good > U64_MAX) return null;
    if (readable(good)) break;
  }
  let bad = expected;
  while (good - bad > 1n) {
    const middle = (good + bad) / 2n;
    if (readable(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** Whether there is an entry from `key` on, and it can be read. */
function canRead(context: LogContext, place: UnreadablePlace, key: Uint8Array): boolean {
  if (Buffer.compare(key, place.upper) >= 0) return false;
  try {
    const options = { snapshot: place.snapshot, maxEntries: 1, verifyChecksums: true };
    const result = context.db.scan(key, place.upper, new ArrayBuffer(4096), options);
    return result.entries > 0 || result.neededBytes > 0 || result.foreign !== undefined;
  } catch {
    return false;
  }
}

/** Where files of the database begin, and where they have just ended, from the damage on. */
function fileBoundaries(context: LogContext, { from, upper }: UnreadablePlace): Uint8Array[] {
  return native({ path: context.path }, () => context.db.liveFiles())
    .flatMap((file) => [file.smallest, keySuccessor(file.largest)])
    .filter((key) => Buffer.compare(key, from) > 0 && Buffer.compare(key, upper) < 0)
    .sort((a, b) => Buffer.compare(a, b));
}

function unreadable(
  cause: WalError,
  what: string,
  where: Pick<VerifyFinding, 'id' | 'sequences'>,
): VerifyFinding {
  const file = filePlaceIn(cause.message);
  return {
    ...(file === undefined ? {} : { file }),
    type: 'finding',
    severity: 'error',
    kind: 'unreadable',
    message: `${what}: ${cause.message}`,
    ...where,
  };
}
