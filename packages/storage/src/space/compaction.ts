import { setTimeout } from 'node:timers/promises';
import { WalError } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { native, nativeAsync } from '../errors.js';

/** How often to look for the damaged file before rejecting without it, and the pauses in milliseconds. */
const LOOKS = 200;
const PAUSE_MS = 5;

/**
 * Compacts a range of keys, or everything, down to the last level. When it fails at a file that cannot be read, that
 * file is among the damaged ones by the time it rejects: RocksDB tells of it on a thread of its own.
 */
export async function compact(
  { db, path }: { readonly db: Database; readonly path: string },
  lower?: Uint8Array,
  upper?: Uint8Array,
): Promise<void> {
  const before = native({ path }, () => db.unreadableFiles().length);
  try {
    await nativeAsync({ path }, () => db.compactRange(lower, upper, { bottommost: 'forceOptimized' }));
  } catch (error) {
    if (error instanceof WalError && error.code === 'SHALE_CORRUPT')
      await untilTold(db, before, error.message);
    throw error;
  }
}

/** Waits for a damaged file that is new, or that the message names. */
async function untilTold(db: Database, before: number, message: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const files = namesOf(db);
    if (files === null || files.length > before || files.some((file) => message.includes(file))) return;
    await setTimeout(PAUSE_MS);
  }
}

/** Null when the database has been closed meanwhile. */
function namesOf(db: Database): string[] | null {
  try {
    return db.unreadableFiles().map(({ file }) => file);
  } catch {
    return null;
  }
}
