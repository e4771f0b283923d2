import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { withScratch } from '../measure/scratch.js';
import { shaleVersion } from '../store/shale.js';

/** Names and versions of what decides over the figures. */
export async function versions(parent: string): Promise<Readonly<Record<string, string>>> {
  return {
    shale: shaleVersion(),
    rocksdb: await withScratch(parent, rocksdbVersion),
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

/** RocksDB names itself in its own journal. */
async function rocksdbVersion(directory: string): Promise<string> {
  const wal = await openWal(directory, { shards: 1 });
  await wal.close();
  const journal = await readFile(join(directory, 'LOG'), 'utf8');
  return /RocksDB version: ([\d.]+)/.exec(journal)?.[1] ?? 'unknown';
}
