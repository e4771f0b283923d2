import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, judge } from './check.js';

const BLOCK = Buffer.alloc(4096, 0x5a);
const MOST_SAMPLES = 200;
const LEAST_SAMPLES = 20;
const MOST_MS = 2000;

/**
 * Milliseconds that each of some writes of 4 KiB took with its fdatasync, in a file of its own that is removed
 * again.
 */
export function measureSync(directory: string): number[] {
  const own = mkdtempSync(join(directory, '.shale-doctor-'));
  try {
    const file = openSync(join(own, 'probe'), 'w', 0o600);
    try {
      const samples: number[] = [];
      const end = performance.now() + MOST_MS;
      while (samples.length < MOST_SAMPLES && (samples.length < LEAST_SAMPLES || performance.now() < end)) {
        const started = performance.now();
        writeSync(file, BLOCK);
        fdatasyncSync(file);
        samples.push(performance.now() - started);
      }
      return samples.sort((a, b) => a - b);
    } finally {
      closeSync(file);
    }
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** What a durable append costs here at least. */
export function syncCost(directory: string): Check {
  const samples = measureSync(directory);
  const at = (share: number): number =>
    samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? 0;
  const [p50, p99] = [at(0.5), at(0.99)];
  return {
    name: 'fdatasync of 4 KiB',
    found: `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${samples.length} samples`,
    data: { p50Ms: p50, p99Ms: p99, samples: samples.length },
    ...judge(
      [
        p50 < 0.015,
        'warn',
        'This is faster than devices are: a memory file system, or a layer that ignores syncs. Acknowledged entries may not survive a power failure.',
      ],
      [p50 > 50, 'warn', "Durable appends wait that long: batch them, use another disk, or durability 'os'."],
      [p99 > 500, 'warn', 'Some syncs take very long: something else keeps the disk busy.'],
    ),
  };
}
