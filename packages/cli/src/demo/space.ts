import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Wal } from '@shale/engine';

/** Bytes of the files in a directory. */
export async function directoryBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory)) {
    // A file may go away between the two calls: RocksDB works in the background.
    const info = await stat(join(directory, name)).catch(() => undefined);
    if (info?.isFile()) bytes += info.size;
  }
  return bytes;
}

/** Waits until the space of everything trimmed has been given back, or until `ms` have passed. */
export async function spaceGivenBack(wal: Wal, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end && (await wal.stats()).reclaim.pending > 0) await sleep(50);
}
