import { errorToData, WalError } from '@shale/codec';
import type { Log } from '@shale/storage';
import { sharedNow } from '../clock.js';
import type { SyncNews } from '../shard/protocol.js';
import type { Unsynced } from '../sync/unsynced.js';

/** How long to wait after a sync that failed and may succeed later, as once a full disk has room again. */
const RETRY_MS = 100;

/**
 * Puts what is acknowledged with `'os'` on stable storage in time, until the thread is ended or nothing can be synced any
 * more. Blocks the thread while there is nothing to do: it must have nothing else to do.
 *
 * A sync begins when half of the time is over. The other half is for the disk.
 */
export async function keepSynced(
  log: Log,
  unsynced: Unsynced,
  withinMs: number,
  tell: (news: SyncNews) => void,
): Promise<void> {
  for (;;) {
    unsynced.sleepUntil(unsynced.await() + withinMs / 2);
    unsynced.begin();
    try {
      // Another's sync may have been enough.
      const isOwn = log.syncedUpTo() < log.writtenUpTo();
      if (isOwn) await log.sync();
      unsynced.end();
      tell({ news: 'synced', isOwn });
    } catch (error) {
      if (error instanceof WalError && error.code === 'SHALE_POISONED') {
        tell({ news: 'failed', error: errorToData(error) });
        return;
      }
      unsynced.sleepUntil(sharedNow() + RETRY_MS);
    }
  }
}
