import type { KeyRange, TableId } from '@shale/codec';
import type { ScanResult } from '@shale/rocksdb';
import { native } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import type { SequenceSpan } from './range.js';
import { trimmed } from './trimmed.js';

/** Scans the keys of a chunk of a span into a buffer. Throws SHALE_TRIMMED when the table was dropped meanwhile. */
export function scanSpan(
  context: LogContext,
  id: TableId,
  { from, watch, reverse = false }: SequenceSpan,
  { lower, upper }: KeyRange,
  into: ArrayBuffer,
  maxEntries: number,
): ScanResult {
  const place = { path: context.path, table: id };
  const limit = Number.isFinite(maxEntries) ? { maxEntries } : {};
  const result = native(place, () => context.db.scan(lower, upper, into, { reverse, ...limit }));
  // Asked after the scan: what it found is then of the table that the span is of.
  if (native(place, () => context.db.sawDrop(watch))) throw trimmed(context, id, from, 0n);
  context.counters.scans++;
  context.counters.entriesRead += result.entries;
  return result;
}
