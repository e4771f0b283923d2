import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that RocksDB never changes after the opening that made them; it only removes them. */
const LARGE = /\.(sst|log)$/;

/**
 * Replaces `to` by a copy of the database `from`, which nobody has open, if there is any. The large files are hard
 * links, so it costs next to nothing.
 */
export async function keepCopy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    await (LARGE.test(entry.name) ? link(source, target) : copyFile(source, target));
  }
}
