import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  type CommitEvent,
  type HistogramSnapshot,
  quantile,
  type ShardEvent,
  type TrimEvent,
  type Wal,
} from '@shale/engine';
import { expect, onTestFinished, test } from 'vitest';
import { sharedNow } from '../dist/clock.js';
import { apart, bytes, endThread, open } from './support.js';

/** What the channel tells from now on of a WAL. */
function heard<Event extends { path: string }>(name: string, wal: Wal): Event[] {
  const events: Event[] = [];
  const hear = (message: unknown): void => {
    const event = message as Event;
    if (event.path === wal.path) events.push(event);
  };
  subscribe(name, hear);
  onTestFinished(() => void unsubscribe(name, hear));
  return events;
}

const shardOf = (wal: Wal, index = 0) => {
  const shard = wal.metrics().shards[index];
  if (shard === undefined) throw new Error('no such shard');
  return shard;
};

test('every append, trim and drop is counted and timed once, and every frame', async () => {
  const wal = await open({ shards: 1 });
  const commits = heard<CommitEvent>('shale:commit', wal);
  const table = wal.table({ region: 1, table: 1 });
  await Promise.all(Array.from({ length: 40 }, () => table.append(bytes('12345'))));
  await table.appendBatch([bytes('1'), bytes('23')], { durability: 'os' });
  await table.trim(3n);
  await wal.table({ region: 1, table: 2 }).append(bytes('x'));
  await wal.table({ region: 1, table: 2 }).drop();
  const shard = shardOf(wal);
  expect(shard).toMatchObject({ appends: 42, entries: 43, bytes: 204, failedFrames: 0 });
  expect(shard.appendMs.count).toBe(42);
  expect(shard.removalMs.count).toBe(2);
  expect(shard.frameEntries).toMatchObject({ count: shard.frames, sum: 43 });
  expect(shard.frameBytes).toMatchObject({ count: shard.frames, sum: 204 });
  expect(shard.syncWriteMs.count).toBe(shard.syncs);
  expect(shard.osWriteMs.count).toBe(shard.frames - shard.syncs);
  expect(shard.frames - shard.syncs).toBe(1);

  expect(commits).toHaveLength(shard.frames);
  const sum = (of: (event: CommitEvent) => number) => commits.reduce((all, event) => all + of(event), 0);
  expect(sum(({ appends }) => appends)).toBe(42);
  expect(sum(({ removals }) => removals)).toBe(2);
  expect(sum(({ phasesMs }) => phasesMs?.write ?? Number.NaN)).toBeCloseTo(shard.phasesMs.write, 6);
  for (const { phasesMs, longest, error } of commits) {
    expect(error).toBeNull();
    const phases = phasesMs ?? { fill: -1, thread: -1, write: -1, answer: -1 };
    for (const phase of Object.values(phases)) expect(phase).toBeGreaterThanOrEqual(0);
    expect(phases[longest ?? 'fill']).toBe(Math.max(...Object.values(phases)));
  }
});

test('syncs beside those of frames are counted by what they are for', async () => {
  const timed = await open({ shards: 1, durability: 'os', syncWithinMs: 2 });
  await timed.table('t').append(bytes('x'));
  await expect.poll(() => timed.metrics().logSyncs.within).toBe(1);
  expect(timed.metrics().logSyncs).toEqual({ within: 1, follows: 0, calls: 0 });

  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table('t');
  await table.append(bytes('a'));
  expect(wal.metrics().logSyncs).toEqual({ within: 0, follows: 0, calls: 0 });
  await wal.sync();
  await wal.flush();
  expect(wal.metrics().logSyncs).toEqual({ within: 0, follows: 0, calls: 2 });
  await table.append(bytes('b'));
  for await (const { sequence } of table.follow({ syncWithinMs: 1 })) if (sequence === 2n) break;
  const { follows, ...rest } = wal.metrics().logSyncs;
  expect(follows).toBeGreaterThan(0);
  expect(rest).toEqual({ within: 0, calls: 2 });
  expect(shardOf(wal).syncs).toBe(0);
});

test('an answer that waits for a busy event loop is told as such', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('known'));
  const commits = heard<CommitEvent>('shale:commit', wal);
  const append = table.append(bytes('beside a busy loop'));
  const busyMs = 50;
  // Right behind the frame, which leaves at the end of this tick. The thread notes its write in memory that is shared.
  queueMicrotask(() => {
    process.nextTick(() => {
      while (shardOf(wal).osWriteMs.count < 2);
      const end = performance.now() + busyMs;
      while (performance.now() < end);
    });
  });
  await append;
  expect(commits[0]?.phasesMs?.answer).toBeGreaterThanOrEqual(busyMs);
  expect(shardOf(wal).phasesMs.answer).toBeGreaterThanOrEqual(busyMs);
});

test('the thread of a shard that dies and the one after it go on with the same numbers, and are told', async () => {
  const wal = await open({ shards: 1 });
  const events = heard<ShardEvent>('shale:shard', wal);
  const commits = heard<CommitEvent>('shale:commit', wal);
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('before'));
  const beside = table.append(bytes('beside')).catch(() => undefined);
  await endThread(wal, 0);
  await beside;
  await table.append(bytes('after'));
  expect(events.map(({ type, shard }) => [type, shard])).toEqual([
    ['lost', 0],
    ['replaced', 0],
  ]);
  const shard = shardOf(wal);
  expect(shard.restarts).toBe(1);
  expect(shard.syncWriteMs.count).toBeGreaterThanOrEqual(2);
  expect(shard.appendMs.count).toBe(commits.filter(({ error }) => error === null).length);
  expect(commits.filter(({ error }) => error !== null)).toHaveLength(shard.failedFrames);
});

test('every trim and drop that is done is told with what it removed, and no other', async () => {
  const wal = await open({ shards: 1 });
  const events = heard<TrimEvent>('shale:trim', wal);
  const id = { region: 1n, table: 1n };
  const table = wal.table(id);
  const named = wal.table('a name');
  await table.appendBatch([bytes('a'), bytes('b'), bytes('c')]);
  await named.append(bytes('x'), { durability: 'os' });
  await table.trim(2n);
  await table.trim(1n, { durability: 'os' });
  await wal.table('none').trim(1n);
  await named.drop({ durability: 'os' });
  await table.drop();
  await table.trim(1n, { signal: AbortSignal.abort() }).catch(() => undefined);
  const { path } = wal;
  const place = { path, instance: 0 };
  const gone = { removedUpTo: null, first: 0n, last: 0n };
  expect(events).toEqual([
    {
      ...place,
      type: 'trim',
      table: id,
      name: null,
      durability: 'sync',
      removedUpTo: 2n,
      first: 3n,
      last: 3n,
    },
    { ...place, type: 'trim', table: id, name: null, durability: 'os', removedUpTo: 0n, first: 3n, last: 3n },
    { ...place, type: 'drop', table: expect.anything(), name: 'a name', durability: 'os', ...gone },
    { ...place, type: 'drop', table: id, name: null, durability: 'sync', ...gone },
  ]);
});

test('times are of the clock that all threads share, to the nanosecond', () => {
  const now = (): number => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1_000_000;
  };
  for (let i = 0; i < 1000; i++) {
    const before = now();
    const told = sharedNow();
    expect(told).toBeGreaterThanOrEqual(before);
    expect(told).toBeLessThanOrEqual(now());
  }
});

test('waiting for room and refusals are measured', async () => {
  const wal = await open({
    shards: 1,
    maxInFlightBytes: 64 * 1024,
    maxQueuedAppends: 2,
    maxQueuedBytes: 2 ** 20,
  });
  const table = wal.table({ region: 1, table: 1 });
  const payload = new Uint8Array(40 * 1024);
  expect(wal.metrics().queue).toMatchObject({ waitedMs: 0, refused: 0 });
  const appends = Array.from({ length: 4 }, () => table.append(payload));
  const outcomes = await Promise.allSettled(appends);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  const { waitedMs, refused } = wal.metrics().queue;
  expect(refused).toBe(1);
  expect(waitedMs).toBeGreaterThan(0);
  await table.append(payload);
  expect(wal.metrics().queue.waitedMs).toBe(waitedMs);
});

test('writes over several shards are counted, and their entries are in no histogram of frames', async () => {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  await wal.write([
    { table: wal.table({ region: 1, table: here }), payloads: [bytes('a')] },
    { table: wal.table({ region: 1, table: there }), payloads: [bytes('b')] },
  ]);
  const { shards } = wal.metrics();
  expect(shards.reduce((sum, { entries }) => sum + entries, 0)).toBe(2);
  expect(shards.reduce((sum, { appendMs }) => sum + appendMs.count, 0)).toBe(0);
});

test('metrics are there at once, of a WAL that only reads too, and refused after close()', async () => {
  const wal = await open({ shards: 2 });
  await wal.table({ region: 1, table: 1 }).append(bytes('x'));
  const metrics = wal.metrics();
  expect(metrics).toMatchObject({
    path: wal.path,
    instance: 0,
    state: 'open',
    health: 'well',
    busyWriters: 0,
  });
  const histograms = metrics.shards.map(({ appendMs }): HistogramSnapshot => appendMs);
  expect(Math.max(...histograms.map((each) => quantile(each, 1)))).toBeGreaterThan(0);
  expect(structuredClone(metrics)).toEqual(metrics);
  await wal.close();
  expect(() => wal.metrics()).toThrow(expect.objectContaining({ code: 'SHALE_CLOSED' }));
  const reader = await open({ path: wal.path, readOnly: true });
  expect(reader.metrics().shards.every(({ frames }) => frames === 0)).toBe(true);
});
