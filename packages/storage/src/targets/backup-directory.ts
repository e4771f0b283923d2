import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toWalError } from '../errors.js';
import { codeOf, refused } from './real-path.js';

/**
 * What a directory of backups has in its folders. RocksDB removes whatever it finds in them and does not know, as
 * what a backup that was not finished has left.
 */
const FOLDERS: Readonly<Record<string, RegExp>> = {
  meta: /^\.?\d+(?:\.tmp)?$/,
  private: /^\d+(?:\.tmp)?$/,
  shared: /^\.?\d{6,}\.(?:sst|blob)(?:\.tmp)?$/,
  shared_checksum: /^\.?\d{6,}_[\w-]+\.(?:sst|blob)(?:\.tmp)?$/,
  manifests: /^\d+\.json(?:\.tmp)?$/,
};

/** What a backup has by itself, in a folder of `private`. */
const OF_ONE_BACKUP = /^(?:CURRENT|MANIFEST-\d{6,}|OPTIONS-\d{6,}|\d{6,}\.(?:log|sst|blob))(?:\.tmp)?$/;

/**
 * Throws SHALE_INVALID_ARGUMENT unless backups can go into a directory: it is not there yet, or nothing in it is both
 * another owner's and in the way. What lies beside the folders of backups stays as it is, whatever it is.
 */
export async function requireForBackups(directory: string): Promise<void> {
  if (!(await isThere(directory, directory, 'directory'))) return;
  await isThere(directory, join(directory, 'LOCK'), 'file');
  for (const [folder, names] of Object.entries(FOLDERS)) {
    const path = join(directory, folder);
    if (!(await isThere(directory, path, 'directory'))) continue;
    await requireNames(directory, path, names);
    if (folder !== 'private') continue;
    for (const id of await namesIn(path)) {
      await isThere(directory, join(path, id), 'directory');
      await requireNames(directory, join(path, id), OF_ONE_BACKUP);
    }
  }
}

/** Whether something is there. Throws when it is of another kind than it must be, such as a link. */
async function isThere(directory: string, path: string, kind: 'directory' | 'file'): Promise<boolean> {
  try {
    const found = await lstat(path);
    if (kind === 'directory' ? found.isDirectory() : found.isFile()) return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw toWalError(error, { path });
  }
  throw refused(directory, `${path} is no ${kind}, as it must be for backups: name another directory`);
}

async function requireNames(directory: string, path: string, allowed: RegExp): Promise<void> {
  const strange = (await namesIn(path)).find((name) => !allowed.test(name));
  if (strange === undefined) return;
  throw refused(
    directory,
    `${join(path, strange)} is of no backup, and a backup would remove it: name a directory for backups alone`,
  );
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    // It has gone since it was seen, as what another backup works on does.
    if (codeOf(error) === 'ENOENT') return [];
    throw toWalError(error, { path });
  }
}
