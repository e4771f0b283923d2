import {
  CATALOG_INSTANCE,
  decodeCatalogRecord,
  EntryChunk,
  keySuccessor,
  logKey,
  tableRange,
} from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { native } from '../errors.js';
import { layoutOf } from '../read.js';

/**
 * The names of one instance's tables, as far as the catalog can be read: the last name that each table had, by its
 * id.
 */
export function catalogNames(db: Database, instance: number): Map<bigint, string> {
  const names = new Map<bigint, string>();
  const catalog = { region: 0n, table: BigInt(instance) };
  const { lower, upper } = tableRange(CATALOG_INSTANCE, catalog);
  let buffer = new ArrayBuffer(256 * 1024);
  let from: Uint8Array | null = lower;
  while (from !== null) {
    const start: Uint8Array = from;
    const result = native({ path: db.path }, () => db.scan(start, upper, buffer));
    if (result.neededBytes > 0) {
      buffer = new ArrayBuffer(result.neededBytes);
      continue;
    }
    const chunk = new EntryChunk(buffer, layoutOf(result));
    for (let i = 0; i < result.entries; i++) take(names, chunk.payloadAt(i));
    let last: Uint8Array | null = null;
    for (const { first, count } of chunk.groups) {
      last = logKey({ instance: CATALOG_INSTANCE, ...catalog }, first + BigInt(count) - 1n);
    }
    if (result.foreign !== undefined) from = keySuccessor(result.foreign.key);
    else from = result.more && last !== null ? keySuccessor(last) : null;
  }
  return names;
}

function take(names: Map<bigint, string>, payload: Uint8Array): void {
  try {
    const { kind, id, name } = decodeCatalogRecord(payload);
    if (kind === 'name') names.set(id.table, name);
    else if (names.get(id.table) === name) names.delete(id.table);
  } catch {
    // Whoever reads the catalog will say so.
  }
}
