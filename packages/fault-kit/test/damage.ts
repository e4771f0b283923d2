import { encodeLogValue, LOG_VALUE_HEADER_LENGTH, logKey, metaKey, sequenceRange } from '@shale/codec';
import { type Database, openDatabase } from '@shale/rocksdb';

const UNUSED = metaKey(0, 999_999n);
const SYNC = { sync: true };

function at(table: number): { instance: number; region: bigint; table: bigint } {
  return { instance: 0, region: 1n, table: BigInt(table) };
}

async function damage(path: string, change: (database: Database) => void): Promise<void> {
  const database = await openDatabase(path);
  try {
    change(database);
  } finally {
    await database.close();
  }
}

/** Deletes entries of table 1/`table` behind Shale's back. */
export async function remove(path: string, from: bigint, to: bigint, table = 5): Promise<void> {
  const { lower, upper } = sequenceRange(0, at(table), from, to);
  await damage(path, (database) => database.drop(lower, upper, UNUSED, SYNC));
}

/** Writes an entry of table 1/`table` behind Shale's back. */
export async function plant(path: string, sequence: bigint, payload: Uint8Array, table = 5): Promise<void> {
  const value = new Uint8Array(LOG_VALUE_HEADER_LENGTH + payload.length);
  encodeLogValue(value, 0, payload);
  await damage(path, (database) => database.put(logKey(at(table), sequence), value, SYNC));
}

/** Deletes the metadata record of table `table` behind Shale's back. */
export async function removeFloor(path: string, table = 5): Promise<void> {
  const { lower, upper } = sequenceRange(0, at(999_999), 1n, 1n);
  await damage(path, (database) => database.drop(lower, upper, metaKey(0, BigInt(table)), SYNC));
}
