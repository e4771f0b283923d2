import { open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refused } from './real-path.js';

/** A directory that nothing may be written into. */
export interface Reserved {
  /** As it is called in a message: `the log`. */
  readonly what: string;
  readonly path: string;
}

/**
 * Throws SHALE_INVALID_ARGUMENT when a target is one of the directories, lies in one, or holds one, or when it is or
 * lies in any database. Directories are compared by identity, not by path: links, mounts and other spellings do not
 * matter.
 *
 * @param target as `realPath` gives it
 */
export async function requireOutside(target: string, reserved: readonly Reserved[]): Promise<void> {
  const above = await ancestors(target);
  const ids = new Set(above.map(({ id }) => id));
  const own = above.find(({ path }) => path === target)?.id;
  for (const { what, path } of reserved) {
    const inner = await withFolders(path);
    if (inner.some((id) => ids.has(id))) {
      throw refused(target, `it is, or lies in, ${what} in ${path}: name a directory elsewhere`);
    }
    const outer = await ancestors(path);
    if (own !== undefined && outer.some(({ id }) => id === own)) {
      throw refused(target, `${what} in ${path} lies in it: name a directory elsewhere`);
    }
  }
  for (const { path } of above) {
    if (await isDatabase(path, path === target)) {
      throw refused(
        target,
        `there is a log in ${path}, into which nothing is written: name a directory elsewhere`,
      );
    }
  }
}

interface Directory {
  readonly path: string;
  readonly id: string;
}

/** What there is of a path, and of those above it. */
async function ancestors(path: string): Promise<Directory[]> {
  const found: Directory[] = [];
  for (let at = path; ; at = dirname(at)) {
    const id = await idOf(at);
    if (id !== null) found.push({ path: at, id });
    if (dirname(at) === at) return found;
  }
}

/** A directory and all in it: each of them may be mounted elsewhere. */
async function withFolders(path: string): Promise<string[]> {
  const id = await idOf(path);
  if (id === null) return [];
  const found = [id];
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) found.push(...(await withFolders(join(path, entry.name))));
  }
  return found;
}

async function idOf(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found === null ? null : `${found.dev}:${found.ino}`;
}

/**
 * A database can be told by its CURRENT, which names the manifest, and without one by files that only a database has.
 */
async function isDatabase(path: string, thorough: boolean): Promise<boolean> {
  if ((await beginning(join(path, 'CURRENT'))) === 'MANIFEST-') return true;
  if (!thorough) return false;
  const names: string[] = await readdir(path).catch(() => []);
  return (
    names.some((name) => /^MANIFEST-\d{6,}$/.test(name)) &&
    names.some((name) => /^\d{6,}\.(?:sst|log)$/.test(name))
  );
}

async function beginning(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) return '';
  try {
    await using file = await open(path);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(9), 0, 9, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch {
    return '';
  }
}
