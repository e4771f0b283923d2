// Wakes the measuring thread at even intervals: timers of the event loop have a resolution of a millisecond, and
// polling in the event loop instead would take a core away from what is measured.
import { parentPort, workerData } from 'node:worker_threads';

const { intervalMs, stop }: { intervalMs: number; stop: Int32Array } = workerData;
let due = performance.now();
while (Atomics.load(stop, 0) === 0) {
  due += intervalMs;
  const wait = due - performance.now();
  if (wait > 0) Atomics.wait(stop, 0, 0, wait);
  parentPort?.postMessage(null);
}
