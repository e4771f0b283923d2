import type { WalError } from '@shale/codec';
import { type Database, type LiveFile, openDatabase } from '@shale/rocksdb';
import { toWalError } from '../errors.js';

/** The database to be repaired, as far as RocksDB can open it: it then tells which files count and what is deleted. */
export interface OldDatabase {
  readonly db: Database | null;
  /** Why it could not be opened. */
  readonly failure: WalError | null;
  /** The files that count, by name; null when all of the directory may. */
  readonly live: ReadonlyMap<string, LiveFile> | null;
  /** Log files with smaller numbers are in table files already. */
  readonly oldestLog: bigint;
}

/** Opens without writing anything, and past as much damage as RocksDB can be told to overlook. */
export async function openOld(path: string): Promise<OldDatabase> {
  let db: Database;
  try {
    db = await openDatabase(path, {
      readOnly: true,
      recovery: 'salvage',
      walRecoveryMode: 'skipAnyCorrupted',
      paranoidChecks: false,
    });
  } catch (error) {
    const failure = toWalError(error, { path });
    if (failure.code === 'SHALE_UNSUPPORTED') throw failure;
    return { db: null, failure, live: null, oldestLog: 0n };
  }
  const live = new Map(db.liveFiles().map((file) => [file.name.replace(/^\//, ''), file]));
  return { db, failure: null, live, oldestLog: db.intProperty('rocksdb.min-log-number-to-keep') ?? 0n };
}
