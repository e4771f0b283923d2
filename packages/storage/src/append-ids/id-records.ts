import {
  type AppendId,
  type AppendIdKey,
  appendIdKey,
  appendIdRangeOfTable,
  decodeAppendId,
  decodeAppendIdKey,
  keySuccessor,
  type TableId,
} from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { decoded } from '../errors.js';
import { recordPages } from '../raw-records.js';

/** Where ids are. */
export interface IdHome {
  readonly db: Database;
  readonly path: string;
  readonly instance: number;
}

/** The id of an append as it is stored. */
export interface StoredAppendId extends AppendIdKey, AppendId {}

/**
 * The ids of the appends to a table, by their first sequence. Throws SHALE_CORRUPT.
 *
 * @param after only of appends behind the one that begins at this sequence; null for all
 */
export function* readAppendIds(
  home: IdHome,
  id: TableId,
  after: bigint | null,
): Generator<StoredAppendId, void, undefined> {
  const { lower, upper } = appendIdRangeOfTable(home.instance, id);
  const from = after === null ? lower : keySuccessor(appendIdKey(home.instance, { ...id, first: after }));
  for (const page of recordPages(home.db, { lower: from, upper })) {
    for (const { key, value } of page) {
      yield decoded(key, { path: home.path, table: id }, () => ({
        ...decodeAppendIdKey(key, home.instance),
        ...decodeAppendId(value),
      }));
    }
  }
}

/** The bytes of an id as the key of a map. */
export function textOfId(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1');
}
