import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Operations come in batches, at most this far apart if the rate allows. */
const CLUMP_INTERVAL_MS = 0.5;
/** With this many operations unanswered the store does not keep up at all, and the loop ends. */
const MAX_OUTSTANDING = 200_000;

/** Settings of an open loop. */
export interface OpenLoop {
  readonly perSecond: number;
  readonly seconds: number;
  readonly operation: () => Promise<unknown>;
  /** Called with each latency, in milliseconds. */
  readonly note: (latencyMs: number) => void;
  /** Called when the pacer is ready, just before the first operation. */
  readonly onBegin: () => void;
}

/**
 * Starts operations at a fixed rate for a number of seconds, whether or not earlier ones have been answered, then waits
 * for all of them. Latency counts from the time an operation was due, so that every operation delayed by a stall
 * includes the delay (no coordinated omission). Resolves to whether the store kept up.
 */
export async function openLoop({ perSecond, seconds, operation, note, onBegin }: OpenLoop): Promise<boolean> {
  const clump = Math.max(1, Math.round((perSecond * CLUMP_INTERVAL_MS) / 1000));
  const intervalMs = (clump / perSecond) * 1000;
  const clumps = Math.max(1, Math.ceil((seconds * 1000) / intervalMs));
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const pacer = new Worker(new URL('./pacer-thread.js', import.meta.url), {
    workerData: { intervalMs, stop },
  });
  let keptUp = true;
  try {
    await once(pacer, 'message');
    onBegin();
    await new Promise<void>((resolve, reject) => {
      const begin = performance.now();
      let due = 0;
      let outstanding = 0;
      const settled = (): void => {
        outstanding -= 1;
        if (outstanding === 0 && (due >= clumps || !keptUp)) resolve();
      };
      pacer.on('message', () => {
        const now = performance.now();
        for (; due < clumps && keptUp && begin + due * intervalMs <= now; due++) {
          const dueAt = begin + due * intervalMs;
          for (let i = 0; i < clump; i++) {
            outstanding += 1;
            operation().then(() => {
              note(performance.now() - dueAt);
              settled();
            }, reject);
          }
          if (outstanding > MAX_OUTSTANDING) keptUp = false;
        }
      });
      pacer.once('error', reject);
    });
  } finally {
    Atomics.store(stop, 0, 1);
    Atomics.notify(stop, 0);
    await pacer.terminate();
  }
  return keptUp;
}
