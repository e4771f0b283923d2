import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of all files below a directory; files that come or go meanwhile count or do not. 0 when there is none. */
export async function directoryBytes(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true }).catch(() => []);
  let bytes = 0;
  for (const name of names) {
    const found = await lstat(join(path, name)).catch(() => null);
    if (found?.isFile()) bytes += found.size;
  }
  return bytes;
}
