import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The id of the process that has a database open for writing, 0 when that cannot be told; null when no process is
 * known to have it. It asks the kernel's list of locks: trying to lock a file, or merely opening and closing
 * RocksDB's in the process that holds the lock, would change things.
 */
export async function lockHolder(path: string): Promise<number | null> {
  const [locks, own, ofRocksDB] = await Promise.all([
    readFile('/proc/locks', 'utf8').catch(() => ''),
    inode(join(path, 'WRITER')),
    inode(join(path, 'LOCK')),
  ]);
  for (const line of locks.split('\n')) {
    // `1: POSIX  ADVISORY  WRITE 4711 fd:01:1234567 0 EOF`, or `OFDLCK` and -1 for a lock that no process owns.
    const [, pid, locked] = /\bWRITE\s+(-?\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line) ?? [];
    if (locked === undefined) continue;
    if (locked === own) return await writerIn(path);
    if (locked === ofRocksDB) return Math.max(0, Number(pid));
  }
  return null;
}

async function inode(path: string): Promise<string | undefined> {
  const found = await lstat(path, { bigint: true }).catch(() => null);
  return found === null ? undefined : String(found.ino);
}

/** Who holds the lock says so in the file. */
async function writerIn(path: string): Promise<number> {
  const text = await readFile(join(path, 'WRITER'), 'utf8').catch(() => '');
  return Number(/^pid=(\d{1,11})$/m.exec(text)?.[1] ?? 0);
}
