import { expect, test } from 'vitest';
import { BRIEF_PAUSES_MS, BringUp, PATIENT_PAUSES_MS } from '../dist/shard/bring-up.js';
import type { ShardThread } from '../dist/shard/shard-thread.js';
import { failStarts } from './failing-starts.js';
import { behind, open } from './support.js';

/** Longer than a test may take. */
const FOR_EVER = 10_000_000;

test('the pauses between attempts grow, come to tens of seconds, and end; those of opening and closing are short', () => {
  const sum = (pauses: readonly number[]) => pauses.reduce((total, pause) => total + pause, 0);
  expect([...PATIENT_PAUSES_MS].sort((a, b) => a - b)).toEqual(PATIENT_PAUSES_MS);
  expect(sum(PATIENT_PAUSES_MS)).toBeGreaterThan(20_000);
  expect(sum(PATIENT_PAUSES_MS)).toBeLessThan(60_000);
  expect(sum(BRIEF_PAUSES_MS)).toBeLessThan(1000);
});

test('who hurries has the next attempt made at once', async () => {
  const wal = await open({ shards: 1 });
  const { failed, attempts } = failStarts(1);
  const bringUp = new BringUp({ data: behind(wal).shard(0).startData, pauses: [FOR_EVER] });
  const threads: ShardThread[] = [];
  const done = bringUp.run((thread) => threads.push(thread));
  await failed;
  bringUp.hurry();
  await done;
  expect(attempts()).toBe(2);
  expect(threads).toHaveLength(1);
  await threads[0]?.end();
});

test('who has hurried once is not kept waiting long by the attempts that fail afterwards', async () => {
  const wal = await open({ shards: 1 });
  const { failed, attempts } = failStarts(Number.POSITIVE_INFINITY, 1);
  const bringUp = new BringUp({ data: behind(wal).shard(0).startData, pauses: [FOR_EVER, FOR_EVER] });
  const done = bringUp.run(() => undefined);
  await failed;
  bringUp.hurry();
  await expect(done).rejects.toMatchObject({ code: 'SHALE_INTERNAL' });
  expect(attempts()).toBeGreaterThan(1);
});

test('who stops it during a pause has it end at once, without another attempt', async () => {
  const wal = await open({ shards: 1 });
  const { failed, attempts } = failStarts(1);
  const bringUp = new BringUp({ data: behind(wal).shard(0).startData, pauses: [FOR_EVER] });
  const done = bringUp.run(() => undefined);
  await failed;
  bringUp.stop();
  await expect(done).rejects.toMatchObject({ code: 'SHALE_CLOSED' });
  expect(attempts()).toBe(1);
});
