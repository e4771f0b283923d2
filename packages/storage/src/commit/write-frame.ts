import type { AppendFrame } from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import type { LogContext } from '../tables/context.js';

/**
 * Writes the entries of a frame, with one native call, under the keys that the runs give them.
 *
 * @param changes records that go with them
 */
export function writeFrame(
  { db, counters }: LogContext,
  runs: Uint8Array,
  frame: AppendFrame,
  changes: readonly RecordChange[],
): void {
  db.write(runs, frame.lengths, frame.data, { sync: frame.sync }, changes);
  counters.writes++;
}
