import { constants } from 'node:fs';
import { copyFile, link, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WalError } from '@shale/codec';
import { requireEmpty } from '../targets/new-directory.js';
import { requireOutside } from '../targets/places.js';
import { lockHolder } from './lock.js';

const ARCHIVE = 'archive';

/** The names in a database directory that matter. */
export interface Inventory {
  readonly tables: readonly string[];
  readonly logs: readonly string[];
  /** Log files that RocksDB has put into `archive` when their entries were in table files, which another program can ask for. */
  readonly archived: readonly string[];
  /** Files of values, which another program may have put apart from their keys. */
  readonly blobs: readonly string[];
  /** Names that look like table or log files and are links, directories or the like: nothing follows them. */
  readonly strange: readonly string[];
  /** A Shale that keeps a watermark has had it open for writing. */
  readonly hasWriter: boolean;
}

/** Lists the table and log files of a directory. Throws SHALE_NOT_FOUND when there are none of a database. */
export async function takeInventory(path: string): Promise<Inventory> {
  const names = await readdir(path).catch((error: unknown) => {
    throw new WalError('SHALE_NOT_FOUND', `${path} is no directory that can be read`, { path, cause: error });
  });
  const tables: string[] = [];
  const logs: string[] = [];
  const blobs: string[] = [];
  const strange: string[] = [];
  for (const name of names.sort()) {
    if (!/^\d{6,}\.(?:sst|log|blob)$/.test(name)) continue;
    if (!(await lstat(join(path, name))).isFile()) strange.push(name);
    else if (name.endsWith('.sst')) tables.push(name);
    else (name.endsWith('.log') ? logs : blobs).push(name);
  }
  if (tables.length + logs.length + strange.length === 0 && !names.includes('CURRENT')) {
    throw new WalError('SHALE_NOT_FOUND', `${path} holds no files of a database`, { path });
  }
  const archived = await archivedLogs(path);
  return { tables, logs, archived, blobs, strange, hasWriter: names.includes('WRITER') };
}

/** The log files in the archive, as paths within the directory; a link is no archive. */
async function archivedLogs(path: string): Promise<string[]> {
  const found = await lstat(join(path, ARCHIVE)).catch(() => undefined);
  if (found?.isDirectory() !== true) return [];
  const logs: string[] = [];
  for (const name of (await readdir(join(path, ARCHIVE))).sort()) {
    if (!/^\d{6,}\.log$/.test(name)) continue;
    if ((await lstat(join(path, ARCHIVE, name))).isFile()) logs.push(join(ARCHIVE, name));
  }
  return logs;
}

/**
 * Throws if a process writes the old database, or something is there already where the new one is to be.
 *
 * @param source as `realPath` gives it, and so is `target`
 */
export async function checkPlaces(source: string, target: string): Promise<void> {
  await requireOutside(target, [{ what: 'the old log', path: source }]);
  await requireEmpty(target);
  const holder = await lockHolder(source);
  if (holder !== null) {
    throw new WalError(
      'SHALE_LOCKED',
      `${holder === 0 ? 'another process' : `process ${holder}`} has ${source} open for writing: end it first, since its files change under a repair`,
      { path: source },
    );
  }
}

/**
 * Brings a table file into the directory of gathered files. RocksDB never changes one, so a second name for it will
 * do.
 */
export async function linkOrCopy(source: string, target: string): Promise<void> {
  await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_FICLONE));
}
