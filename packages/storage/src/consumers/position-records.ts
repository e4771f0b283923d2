import { decodePosition, type Position, positionKey, type TableId } from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { decoded, native } from '../errors.js';
import type { TableHome } from '../tables/table-state.js';

/** How far a consumer has come in a table; null when it has no position there. Throws SHALE_CORRUPT. */
export function readPosition(
  home: TableHome,
  id: TableId,
  consumer: bigint,
  snapshot?: Snapshot,
): Position | null {
  const key = positionKey(home.instance, { region: id.region, table: id.table, consumer });
  const place = { path: home.path, table: id };
  const value = native(place, () => home.db.get(key, snapshot === undefined ? {} : { snapshot }));
  if (value === null) return null;
  return decoded(key, place, () => decodePosition(value));
}
