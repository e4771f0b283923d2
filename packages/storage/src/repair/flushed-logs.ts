import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { repairDirectory, surveyDirectory } from '@shale/rocksdb';
import type { GatheredLog } from './logs.js';
import { linkOrCopy } from './old-files.js';

/**
 * Takes out the copies of log files whose writes are in table files already, where no manifest says which these are: a log is
 * written to table files before the next one, so they are those that end before the last sequence of any table file. RocksDB
 * does not open a database that has the same sequences twice.
 *
 * @param files where the table files and the copies are
 * @param scratch a directory to work in; not there yet, and gone afterwards
 */
export async function removeFlushedLogs(
  files: string,
  scratch: string,
  logs: readonly GatheredLog[],
): Promise<void> {
  const flushed = await lastSequence(files, scratch);
  for (const { name, saved } of logs) {
    if (saved === null || saved.runs.length === 0) continue;
    if (saved.runs.every(({ last }) => last <= flushed)) await rm(join(files, name), { force: true });
  }
}

/** The last of RocksDB's sequences that any table file has; 0 when that cannot be told. */
async function lastSequence(files: string, scratch: string): Promise<bigint> {
  const tables = (await readdir(files)).filter((name) => name.endsWith('.sst'));
  if (tables.length === 0) return 0n;
  await mkdir(scratch, { mode: 0o700 });
  try {
    for (const name of tables) await linkOrCopy(join(files, name), join(scratch, name));
    await repairDirectory(scratch);
    return (await surveyDirectory(scratch)).manifest?.lastSequence ?? 0n;
  } catch {
    return 0n;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
