import type { AppendFrame } from '@shale/codec';
import type { LogContext } from '../tables/context.js';

/** Writes the entries of a frame, with one native call, under the keys that the runs give them. */
export function writeFrame({ db, counters }: LogContext, runs: Uint8Array, frame: AppendFrame): void {
  db.write(runs, frame.lengths, frame.data, { sync: frame.sync });
  counters.writes++;
}
