/* What the threads of a WAL tell each other of what is not on stable storage yet. */
import { expect, test } from 'vitest';
import { Unsynced } from '../dist/sync/unsynced.js';

function isNoted(memory: SharedArrayBuffer): boolean {
  return new BigInt64Array(memory).some((time) => time !== 0n);
}

test('what is written after a sync has begun is still noted when that is done', () => {
  const memory = Unsynced.memory();
  const unsynced = new Unsynced(memory);
  unsynced.written();
  unsynced.begin();
  unsynced.written();
  unsynced.end();
  expect(isNoted(memory)).toBe(true);
  unsynced.begin();
  unsynced.end();
  expect(isNoted(memory)).toBe(false);
});

test('what a thread had taken up when it died is what the next one begins with', () => {
  const memory = Unsynced.memory();
  const unsynced = new Unsynced(memory);
  unsynced.written();
  const since = unsynced.await();
  unsynced.begin();
  expect(isNoted(memory)).toBe(true);
  unsynced.written();
  expect(new Unsynced(memory).await()).toBe(since);
});

test('the time is that of the oldest', () => {
  const unsynced = new Unsynced(Unsynced.memory());
  unsynced.written();
  const since = unsynced.await();
  unsynced.sleepUntil(since + 2);
  unsynced.written();
  expect(unsynced.await()).toBe(since);
});
