import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Copies the directory of a database that is being written to, as the end of its process at this moment would leave it.
 *
 * A process that dies leaves what it has handed to the system. Files are copied one after the other, so this is the
 * state of one moment only if no file but RocksDB's log has changed from the beginning of the copying to its end; it is
 * repeated until that is so. The log only grows: the part of it that was copied is the state when it was copied.
 */
export function takeImage(from: string, to: string): void {
  for (let attempt = 0; attempt < 200; attempt++) {
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to);
    try {
      const before = listing(from);
      for (const name of watermarkFirst(before.keys())) copyFileSync(join(from, name), join(to, name));
      if (isSame(before, listing(from))) return;
    } catch (error) {
      // A flush or compaction has removed a file meanwhile.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new Error(`no moment was found at which ${from} was not being flushed or compacted`);
}

/** The watermark never promises more than the log has, so a copy of it must not be younger than that of the log. */
function watermarkFirst(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => Number(b === 'WATERMARK') - Number(a === 'WATERMARK'));
}

function listing(directory: string): Map<string, number> {
  return new Map(readdirSync(directory).map((name) => [name, statSync(join(directory, name)).size]));
}

function isSame(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): boolean {
  if (before.size !== after.size) return false;
  for (const [name, size] of before) {
    const now = after.get(name);
    const mayGrow = name.endsWith('.log') || name.startsWith('LOG');
    if (now === undefined || (now !== size && !mayGrow)) return false;
  }
  return true;
}
