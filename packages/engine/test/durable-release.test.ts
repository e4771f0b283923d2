/* A great many tables wait for a sync at a time: they are gone through when there was one, and not for each that comes. */
import type { Log } from '@shale/storage';
import { expect, test } from 'vitest';
import { DurableRelease } from '../dist/followed/durable-release.js';
import { FollowedTable } from '../dist/followed/followed-table.js';

test('what waits is looked at once for each sync', () => {
  let synced = 1n;
  // No more of it is used.
  const log = { writtenUpTo: () => 5n, syncedUpTo: () => synced } as unknown as Log;
  const release = new DurableRelease(log);
  const listener = {
    isDurable: true,
    syncWithinMs: 0,
    syncsAtOnce: false,
    changed: () => {},
    fail: () => {},
  };
  let told = 0;
  const tables = Array.from({ length: 20 }, (_, i) => {
    const id = { region: 1n, table: BigInt(i) };
    const table = new FollowedTable({ id, ...id, instance: 0, shard: 0 }, 1n);
    table.listeners.add(listener);
    table.appended(1n, 3n);
    return new Proxy(table, {
      get: (target, key) => {
        if (key === 'mark') told++;
        return Reflect.get(target, key);
      },
    });
  });
  for (const table of tables) {
    release.begin(table);
    release.release();
  }
  const first = told;
  for (let i = 0; i < 100; i++) release.release();
  expect(told).toBe(first);
  // The first one may be a pass over what waits then.
  expect(first).toBeLessThan(4 * tables.length);
  synced = 5n;
  release.release();
  expect(tables.map(({ durable }) => durable)).toEqual(tables.map(() => 3n));
});
