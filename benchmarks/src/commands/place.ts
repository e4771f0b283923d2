import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The disk that is measured: the directory in `SHALE_BENCH_DIR`, or the system's for temporary files. */
export function measuredDirectory(): string {
  return process.env.SHALE_BENCH_DIR ?? tmpdir();
}

/** Where reports are written unless `--out` says otherwise. */
export const REPORTS: string = fileURLToPath(new URL('../../reports', import.meta.url));
