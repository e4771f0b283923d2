import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The id of the process that has a database open for writing; null when none is known to. It asks the kernel's list of
 * locks: trying to lock the file, or merely opening and closing it in the process that holds the lock, would change
 * things.
 */
export async function lockHolder(path: string): Promise<number | null> {
  const [locks, lock] = await Promise.all([
    readFile('/proc/locks', 'utf8').catch(() => ''),
    stat(join(path, 'LOCK'), { bigint: true }).catch(() => null),
  ]);
  if (lock === null) return null;
  // `1: POSIX  ADVISORY  WRITE 4711 fd:01:1234567 0 EOF`
  for (const line of locks.split('\n')) {
    const [, pid, inode] = /\bWRITE\s+(-?\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line) ?? [];
    if (inode === String(lock.ino)) return Number(pid);
  }
  return null;
}
