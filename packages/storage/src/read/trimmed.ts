import { type TableId, tableInWords, WalError } from '@shale/codec';
import type { LogContext } from '../tables/context.js';
import { firstEntry } from '../tables/table-state.js';

/**
 * Called when `from` was expected and is not there. A prefix that was trimmed is an error; a hole that was there
 * before (another system may have left one) is not.
 */
export function requireNotTrimmed(context: LogContext, id: TableId, from: bigint): void {
  const first = firstEntry(context, id) ?? context.tables.look(id).next;
  if (first > from) throw trimmed(context, id, from, first);
}

/** The error for entries that a read had not reached when they were removed; `first` is 0 when the table was dropped. */
export function trimmed(context: LogContext, id: TableId, expected: bigint, first: bigint): WalError {
  const left = first === 0n ? 'the table was dropped' : `what is left begins at ${first}`;
  return new WalError(
    'SHALE_TRIMMED',
    `the entries of ${tableInWords(id)} from ${expected} on were removed while they were read; ${left}`,
    { path: context.path, table: id, details: { expected, first } },
  );
}
