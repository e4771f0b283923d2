import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Runs `use` with a new directory inside `parent`, which is removed afterwards. */
export async function withScratch<T>(parent: string, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(parent, 'shale-bench-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
