import { decodeMetaKey, decodeMetaValue, floorRange, metaKey, WalError } from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { foreignKey } from '../errors.js';
import { recordPages } from '../raw-records.js';
import type { LogContext } from '../tables/context.js';

/** What a metadata record says: sequences up to `floor` are never given out again, in any region. */
export interface TableFloor {
  readonly table: bigint;
  readonly floor: bigint;
}

/**
 * Lists the metadata records by one scan, from a table on, but for those of other key types. A record that is not of
 * this format is given to `onProblem` and stepped over; without it the list fails with SHALE_CORRUPT.
 */
export function* floors(
  context: LogContext,
  onProblem?: (problem: WalError) => void,
  snapshot?: Snapshot,
  from: bigint = 0n,
): Generator<TableFloor, void, undefined> {
  const { upper } = floorRange(context.instance);
  const range = { lower: metaKey(context.instance, from), upper };
  for (const page of recordPages(context.db, range, snapshot)) {
    for (const { key, value } of page) {
      let floor: TableFloor;
      try {
        floor = {
          table: decodeMetaKey(key, context.instance).table,
          floor: decodeMetaValue(value),
        };
      } catch (error) {
        const reason = error instanceof WalError ? error.message : String(error);
        const problem = foreignKey(key, reason, { path: context.path }, error);
        if (onProblem === undefined) throw problem;
        onProblem(problem);
        continue;
      }
      yield floor;
    }
  }
}
