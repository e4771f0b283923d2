/* The loop of the thread that keeps a WAL synced, over a log that says what happens. It ends when nothing can be synced. */
import { WalError } from '@shale/engine';
import type { Log } from '@shale/storage';
import { expect, test } from 'vitest';
import { Unsynced } from '../dist/sync/unsynced.js';
import { keepSynced } from '../dist/worker/keep-synced.js';

interface Round {
  /** Whether somebody else has synced everything already. */
  readonly isSynced?: boolean;
  /** What happens while the sync is under way. */
  readonly meanwhile?: () => void;
  readonly error?: 'SHALE_POISONED' | 'SHALE_NO_SPACE' | 'SHALE_IO';
}

/** Runs the loop over rounds, the last of which must be poisoned; returns what it did. */
async function run(unsynced: Unsynced, rounds: readonly Round[]): Promise<string[]> {
  const did: string[] = [];
  let at = 0;
  const log = {
    writtenUpTo: () => 2n,
    syncedUpTo: () => {
      if (rounds[at]?.isSynced !== true) return 1n;
      at++;
      // There is something to do in every round.
      unsynced.written();
      return 2n;
    },
    sync: async () => {
      const { error, meanwhile } = rounds[at++] ?? {};
      did.push('sync');
      meanwhile?.();
      if (error !== undefined) throw new WalError(error, 'as the test says');
    },
  };
  // No more of it is used.
  await keepSynced(log as unknown as Log, unsynced, 1, (news) => {
    did.push(news.news === 'synced' && !news.isOwn ? 'synced by another' : news.news);
  });
  return did;
}

function noted(): Unsynced {
  const unsynced = new Unsynced(Unsynced.memory());
  unsynced.written();
  return unsynced;
}

test('what is written while a sync is under way is for the next one', async () => {
  const unsynced = noted();
  const meanwhile = (): void => unsynced.written();
  const did = await run(unsynced, [{ meanwhile }, { meanwhile }, { error: 'SHALE_POISONED' }]);
  expect(did).toEqual(['sync', 'synced', 'sync', 'synced', 'sync', 'failed']);
});

test('what another has synced is not synced again, and is told all the same', async () => {
  const did = await run(noted(), [{ isSynced: true }, { isSynced: true }, { error: 'SHALE_POISONED' }]);
  expect(did).toEqual(['synced by another', 'synced by another', 'sync', 'failed']);
});

test('a sync that may succeed later is done again, for what it was about', async () => {
  const did = await run(noted(), [
    { error: 'SHALE_NO_SPACE' },
    { error: 'SHALE_IO' },
    { error: 'SHALE_POISONED' },
  ]);
  expect(did).toEqual(['sync', 'sync', 'sync', 'failed']);
});
