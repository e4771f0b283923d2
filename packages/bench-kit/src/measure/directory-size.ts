import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Sizes of the files in a database directory, in bytes. */
export interface DirectorySize {
  readonly total: number;
  /** RocksDB's own write-ahead log files (`*.log`). */
  readonly walFiles: number;
  /** Tables (`*.sst`). */
  readonly tableFiles: number;
}

/** Adds up the files below a directory; a file removed during the walk counts as 0. */
export async function directorySize(path: string): Promise<DirectorySize> {
  let total = 0;
  let walFiles = 0;
  let tableFiles = 0;
  for (const name of await readdir(path, { recursive: true })) {
    const size = await stat(join(path, name)).then(
      (info) => (info.isFile() ? info.size : 0),
      () => 0,
    );
    total += size;
    if (name.endsWith('.log')) walFiles += size;
    if (name.endsWith('.sst')) tableFiles += size;
  }
  return { total, walFiles, tableFiles };
}
