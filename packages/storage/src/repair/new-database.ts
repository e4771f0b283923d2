import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, openDatabase } from '@shale/rocksdb';

const LEAST_BUFFER = 1024 * 1024;
const MOST_BUFFER = 64 * LEAST_BUFFER;

/**
 * Opens the new database for what is in some files. RocksDB takes room for a memtable's worth of log ahead: no more
 * than they take, so that little is saved in little room.
 *
 * @param files the directory that they are in
 */
export async function openNew(path: string, files: string): Promise<Database> {
  let bytes = 0;
  for (const name of await readdir(files)) {
    if (/\.(?:sst|log)$/.test(name)) bytes += (await stat(join(files, name))).size;
  }
  const writeBufferSize = Math.min(Math.max(bytes, LEAST_BUFFER), MOST_BUFFER);
  return await openDatabase(path, { spaceReserve: 0, writeBufferSize, maxWriteBufferNumber: 2 });
}
