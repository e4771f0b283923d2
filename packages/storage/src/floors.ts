import { decodeMetaKey, decodeMetaValue, metaRange, WalError } from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import type { LogContext } from './context.js';
import { foreignKey, native } from './errors.js';

/** What a metadata record says: sequences up to `maxSequence` are never given out again, in any region. */
export interface TableFloor {
  readonly table: bigint;
  readonly maxSequence: bigint;
}

/** A key and value as they are in the database. */
interface RawRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const PAGE_BYTES = 64 * 1024;

/**
 * Lists the metadata records by one scan. A record that is not of this format is given to `onProblem` and stepped
 * over; without it the list fails with SHALE_CORRUPT.
 */
export function* floors(
  context: LogContext,
  onProblem?: (problem: WalError) => void,
  snapshot?: Snapshot,
): Generator<TableFloor, void, undefined> {
  for (const { key, value } of metaRecords(context, snapshot)) {
    let floor: TableFloor;
    try {
      floor = {
        table: decodeMetaKey(key, context.instance).table,
        maxSequence: decodeMetaValue(value),
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

function* metaRecords(
  context: LogContext,
  snapshot: Snapshot | undefined,
): Generator<RawRecord, void, undefined> {
  const { lower, upper } = metaRange(context.instance);
  let page = new Uint8Array(PAGE_BYTES);
  let from: Uint8Array | null = lower;
  while (from !== null) {
    const start: Uint8Array = from;
    const result = native({ path: context.path }, () =>
      context.db.records(start, upper, page, snapshot === undefined ? {} : { snapshot }),
    );
    if (result.neededBytes > 0) {
      page = new Uint8Array(result.neededBytes);
      continue;
    }
    const view = new DataView(page.buffer);
    let at = 0;
    for (let i = 0; i < result.count; i++) {
      const keyEnd = at + 8 + view.getUint32(at, true);
      const valueEnd = keyEnd + view.getUint32(at + 4, true);
      yield { key: page.slice(at + 8, keyEnd), value: page.slice(keyEnd, valueEnd) };
      at = valueEnd;
    }
    from = result.more ? result.resumeAt : null;
  }
}
