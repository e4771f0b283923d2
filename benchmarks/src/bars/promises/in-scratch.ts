import { tmpdir } from 'node:os';
import { withScratch } from '@shale/bench-kit';

/** A directory for one measurement: below `SHALE_BENCH_DIR`, or the system's folder for temporary files. */
export function inScratch<T>(use: (directory: string) => Promise<T>): Promise<T> {
  return withScratch(process.env.SHALE_BENCH_DIR ?? tmpdir(), use);
}
