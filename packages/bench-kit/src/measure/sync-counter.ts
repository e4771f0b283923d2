import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The variable that tells the preloaded library which file holds the counters. */
const COUNTS_VARIABLE = 'SHALE_SYNC_COUNTS';
const SOURCE = fileURLToPath(new URL('../../native/count-syncs.c', import.meta.url));
const COUNTERS = 5;
/** The counter of `sync_file_range`, which promises nothing. */
const SYNC_FILE_RANGE = 2;

/** How syncs are counted in the measured processes, or why they are not. */
export type SyncCounting = { readonly library: string } | { readonly missing: string };

/** Compiles the counting library into a directory, with the system's C compiler. Linux only. */
export function buildSyncCounter(directory: string): SyncCounting {
  if (process.platform !== 'linux') return { missing: 'counted on Linux only' };
  const library = join(directory, 'count-syncs.so');
  const compiler = process.env.CC ?? 'cc';
  const { error, status, stderr } = spawnSync(
    compiler,
    ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl'],
    { encoding: 'utf8' },
  );
  if (error !== undefined) return { missing: `no C compiler (${compiler}) to count them with` };
  if (status !== 0) return { missing: `${compiler} failed: ${stderr.trim().split('\n')[0] ?? ''}` };
  return { library };
}

/** The environment for a process whose syncs are to be counted in this file, which is created. */
export function countingEnvironment(counting: SyncCounting, file: string): NodeJS.ProcessEnv {
  if (!('library' in counting)) return {};
  writeFileSync(file, Buffer.alloc(COUNTERS * 8));
  return { LD_PRELOAD: counting.library, [COUNTS_VARIABLE]: file };
}

/**
 * How often this process, any of its code, has asked for stable storage so far: fsync, fdatasync, msync and writes to
 * files that sync each write. Null when syncs are not counted.
 */
export function syncsSoFar(): number | null {
  const file = process.env[COUNTS_VARIABLE];
  if (file === undefined) return null;
  const bytes = readFileSync(file);
  let sum = 0;
  for (let i = 0; i < COUNTERS; i++) if (i !== SYNC_FILE_RANGE) sum += Number(bytes.readBigUInt64LE(i * 8));
  return sum;
}
