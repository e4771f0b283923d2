// A thread that never returns to its event loop has no sample of its delay: a histogram alone would report zero.
import { expect, test } from 'vitest';
import { watchMainThread } from '../dist/index.js';

test('a loop that completes no iteration is delayed by the whole time', () => {
  const stop = watchMainThread();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  expect(stop().delayP99Ms).toBeGreaterThanOrEqual(49);
});

test('a running loop is sampled', async () => {
  const stop = watchMainThread();
  await new Promise((resolve) => setTimeout(resolve, 50));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const load = stop();
  expect(load.delayMaxMs).toBeGreaterThanOrEqual(25);
  expect(load.busy).toBeGreaterThan(0);
});
