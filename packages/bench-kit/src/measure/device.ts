import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceBaseline } from '../report/schema.js';
import { withScratch } from './scratch.js';

/** Size of a small log record. */
const WRITE_BYTES = 128;
const WARM_UP_WRITES = 20;

/** Repeatedly appends 128 bytes to a file and calls fdatasync, for a number of seconds, without any store. */
export function measureDevice(directory: string, seconds: number): Promise<DeviceBaseline> {
  return withScratch(directory, async (scratch) => {
    const file = openSync(join(scratch, 'appended'), 'ax');
    try {
      const data = Buffer.alloc(WRITE_BYTES, 'fdatasync');
      const once = (): number => {
        const started = performance.now();
        writeSync(file, data);
        fdatasyncSync(file);
        return performance.now() - started;
      };
      for (let i = 0; i < WARM_UP_WRITES; i++) once();
      const times: number[] = [];
      const started = performance.now();
      while (performance.now() - started < seconds * 1000) times.push(once());
      const elapsed = (performance.now() - started) / 1000;
      times.sort((a, b) => a - b);
      const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? Number.NaN;
      return {
        writes: times.length,
        perSecond: times.length / elapsed,
        p50Ms: at(0.5),
        p99Ms: at(0.99),
        maxMs: at(1),
      };
    } finally {
      closeSync(file);
    }
  });
}
