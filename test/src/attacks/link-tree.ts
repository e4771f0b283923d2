import { link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Replaces `to` by hard links to the files of `from`, if there are any. RocksDB never changes a file of an earlier
 * opening, it only removes it, so this is a copy of a database that nobody has open, for nothing.
 */
export async function linkTree(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  const names = await readdir(from).catch(() => []);
  for (const name of names) await link(join(from, name), join(to, name)).catch(() => {});
}
