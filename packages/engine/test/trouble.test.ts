import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { HealthEvent } from '@shale/engine';
import { expect, test } from 'vitest';
import { failFrames } from './failing-frames.js';
import { all, apart, behind, bytes, open, rejectsWith } from './support.js';

test('after a failed sync nothing is acknowledged any more, on any shard, until the WAL is opened again', async () => {
  const wal = await open();
  const { here, there } = apart(wal);
  const a = wal.table({ region: 1, table: here });
  const b = wal.table({ region: 1, table: there });
  await Promise.all([a.append(bytes('a')), b.append(bytes('b'))]);
  failFrames(wal, a.shard ?? 0, 'SHALE_POISONED');
  const failed = a.append(bytes('x'));
  await rejectsWith('SHALE_POISONED', failed);
  for (const table of [a, b]) await rejectsWith('SHALE_POISONED', table.append(bytes('x')));
  await rejectsWith('SHALE_POISONED', b.trim(1n));
  await rejectsWith('SHALE_POISONED', wal.resume());
  await rejectsWith('SHALE_POISONED', wal.sync());
  expect((await wal.stats()).health).toBe('poisoned');
  expect(wal.health).toBe('poisoned');
  expect(wal.trouble?.code).toBe('SHALE_POISONED');
  expect(await all(b.read())).toHaveLength(1);
  const path = wal.path;
  await wal.close();
  const again = await open({ path });
  expect(await again.table({ region: 1, table: here }).append(bytes('a'))).toBe(2n);
});

test('what is queued when the WAL is poisoned is rejected, and nothing hangs', async () => {
  const wal = await open({
    shards: 1,
    maxInFlightBytes: 64 * 1024,
    maxQueuedBytes: 2 ** 20,
    frameBytes: 16 * 1024,
  });
  const table = wal.table({ region: 1, table: 1 });
  failFrames(wal, 0, 'SHALE_POISONED');
  const appends = Array.from({ length: 300 }, () => table.append(new Uint8Array(1000)));
  for (const result of await Promise.allSettled(appends)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'SHALE_POISONED' } });
  }
  expect(behind(wal).flow).toMatchObject({ inFlightBytes: 0, waiting: 0 });
});

test('one failed sync stops frames that are ready to go, too', async () => {
  const wal = await open({
    shards: 1,
    maxInFlightBytes: 64 * 1024,
    maxQueuedBytes: 2 ** 20,
    frameBytes: 16 * 1024,
  });
  const table = wal.table({ region: 1, table: 1 });
  const restore = failFrames(wal, 0, 'SHALE_POISONED');
  const appends = Array.from({ length: 300 }, () => table.append(new Uint8Array(1000)));
  await expect(appends[0]).rejects.toMatchObject({ code: 'SHALE_POISONED' });
  // From here on the thread would write again.
  restore();
  for (const result of await Promise.allSettled(appends)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'SHALE_POISONED' } });
  }
  expect(await table.lastSequence()).toBe(0n);
});

test('a full disk stops appends until resume(), and reads go on', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('a'));
  const restore = failFrames(wal, 0, 'SHALE_NO_SPACE');
  await rejectsWith('SHALE_NO_SPACE', table.append(bytes('x')));
  restore();
  await rejectsWith('SHALE_NO_SPACE', table.append(bytes('x')));
  expect((await wal.stats()).health).toBe('full');
  expect(await all(table.read())).toHaveLength(1);
  expect(await table.trim(1n)).toEqual({ first: 2n, last: 1n });
  await wal.resume();
  expect((await wal.stats()).health).toBe('well');
  expect([wal.health, wal.trouble]).toEqual(['well', null]);
  expect(await table.append(bytes('b'))).toBe(2n);
});

test('missing descriptors or memory stop appends until resume(), and the channel shale:health says so', async () => {
  const states: unknown[] = [];
  const listen = (message: unknown): void => {
    const { type, state, error } = message as Extract<HealthEvent, { type: 'state' }>;
    states.push([type, state, error?.code]);
  };
  subscribe('shale:health', listen);
  try {
    const wal = await open({ shards: 1 });
    const table = wal.table({ region: 1, table: 1 });
    await table.append(bytes('a'));
    const restore = failFrames(wal, 0, 'SHALE_NO_RESOURCES');
    await rejectsWith('SHALE_NO_RESOURCES', table.append(bytes('x')));
    restore();
    await rejectsWith('SHALE_NO_RESOURCES', table.append(bytes('x')));
    expect((await wal.stats()).health).toBe('starved');
    expect(await all(table.read())).toHaveLength(1);
    await wal.resume();
    await wal.resume();
    expect(await table.append(bytes('b'))).toBe(2n);
    expect(states).toEqual([
      ['state', 'starved', 'SHALE_NO_RESOURCES'],
      ['state', 'well', undefined],
    ]);
  } finally {
    unsubscribe('shale:health', listen);
  }
});

test('a frame that fails otherwise fails its appends and no others', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const restore = failFrames(wal, 0, 'SHALE_IO');
  await rejectsWith('SHALE_IO', table.append(bytes('x')));
  restore();
  expect(await table.append(bytes('a'))).toBe(1n);
  expect((await wal.stats()).shards[0]).toMatchObject({ failedFrames: 1 });
});
