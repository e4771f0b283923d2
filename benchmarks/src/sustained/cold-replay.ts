import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { openWal, type WalOptions } from '@shale/engine';

const MIB = 2 ** 20;

/**
 * Replays a table of the middle of the backlog when nothing of it is in memory, and reads as many bytes from a file that is
 * not in memory either.
 *
 * @param directory of the log
 * @param file to be made
 */
export async function coldReplay(
  directory: string,
  file: string,
  { tables, entryBytes }: { readonly tables: number; readonly entryBytes: number },
  options: WalOptions,
): Promise<string> {
  await using wal = await openWal(directory, options);
  if (!forgetFiles()) return 'replay from the disk: not measured, because only root can empty the page cache';
  let entries = 0;
  const ofTable = await bytesPerSecond(async () => {
    for await (const chunk of wal
      .table({ region: 1, table: tables >> 1 })
      .read()
      .chunks())
      entries += chunk.length;
    return entries * entryBytes;
  });
  writeBytes(file, entries * entryBytes);
  forgetFiles();
  const ofFile = await bytesPerSecond(async () => readBytes(file));
  const ratio = (ofTable / ofFile).toFixed(2);
  return `replay of one table from the disk: ${ratio} of reading as many bytes from a file (${mib(entries * entryBytes)} MiB at ${mib(ofTable)} and ${mib(ofFile)} MiB/s)`;
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(0);

/** Whether the kernel has been made to keep nothing of files in memory. */
function forgetFiles(): boolean {
  spawnSync('sync');
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '1');
    return true;
  } catch {
    return false;
  }
}

async function bytesPerSecond(read: () => Promise<number>): Promise<number> {
  const started = performance.now();
  const bytes = await read();
  return (bytes / (performance.now() - started)) * 1000;
}

function writeBytes(path: string, bytes: number): void {
  const block = randomFillSync(Buffer.alloc(MIB));
  const file = openSync(path, 'w');
  for (let left = bytes; left > 0; left -= MIB) writeSync(file, block, 0, Math.min(left, MIB));
  closeSync(file);
}

function readBytes(path: string): number {
  const block = Buffer.alloc(MIB);
  const file = openSync(path, 'r');
  let bytes = 0;
  for (let read = -1; read !== 0; bytes += read) read = readSync(file, block);
  closeSync(file);
  return bytes;
}
