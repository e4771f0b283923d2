// A thread that never lets its event loop turn has no sample of its delay: a histogram would call that zero.
import { expect, test } from 'vitest';
import { watchMainThread } from '../dist/index.js';

test('a loop that did not turn at all was late by all of the time', () => {
  const stop = watchMainThread();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  expect(stop().delayP99Ms).toBeGreaterThanOrEqual(49);
});

test('a loop that turns is sampled', async () => {
  const stop = watchMainThread();
  await new Promise((resolve) => setTimeout(resolve, 50));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const load = stop();
  expect(load.delayMaxMs).toBeGreaterThanOrEqual(25);
  expect(load.busy).toBeGreaterThan(0);
});
