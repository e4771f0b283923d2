import { rm } from 'node:fs/promises';
import { mustBe, WalError } from '@shale/codec';
import { RocksDBError, removeBackup as remove } from '@shale/rocksdb';
import { readBag } from '../arguments/option-bag.js';
import { nativeAsync } from '../errors.js';
import { requireForBackups } from '../targets/backup-directory.js';
import { fromHere, realPath } from '../targets/real-path.js';
import { whenFree } from './backup.js';
import { checkBackupId, nameOf, noBackup, ofAnotherLog } from './choose.js';
import { type BackupInfo, type DamagedBackup, type Holdings, holdings, seenBackup } from './list.js';
import { manifestPath, readManifest } from './manifest.js';
import { logOf } from './metadata.js';

/** Of which log the backup is that is to be removed. */
export interface RemoveBackupOptions {
  /**
   * The log, as `listBackups` names it; null for a backup of which that is not written down. Needed when the
   * directory has backups of several logs: so an id that is mistaken removes nothing of another log's.
   *
   * @defaultValue whatever log it is of, in a directory that has backups of one log alone
   */
  readonly log?: string | null | undefined;
}

/** A backup that was removed. */
export interface RemovedBackup {
  /** Its id. */
  readonly id: number;
  /** When it was made, to the second; null for a damaged one. */
  readonly time: Date | null;
  /** Of which log it was; null when that is not known. */
  readonly log: string | null;
  /** The real path of the log when it was made; null when that is not known. */
  readonly logPath: string | null;
}

/**
 * Removes one backup of a directory, damaged or not, and gives back the space of those of its files that no other
 * backup shares. The others stay whole, and so does one that is being made: that one has no id yet, and nothing is
 * removed meanwhile. To keep only so many, `wal.backup` has `keep`.
 *
 * Rejects with SHALE_NOT_FOUND (no such backup, or no backups there), SHALE_INVALID_ARGUMENT (the backup is of another
 * log than is named, or no log is named where the directory has backups of several; or something in the directory is of
 * no backup and in the way), SHALE_LOCKED (a backup is being made in the directory, or one of it restored),
 * SHALE_UNSUPPORTED (a file system without locks), SHALE_NO_RESOURCES, SHALE_IO.
 */
export async function removeBackup(
  directory: string | URL,
  id: number,
  options: RemoveBackupOptions = {},
): Promise<RemovedBackup> {
  return await removeFrom(fromHere(directory), checkBackupId(id), readLog(options));
}

function readLog(options: RemoveBackupOptions): string | null | undefined {
  const { log } = readBag('removeBackup', options, ['log']);
  if (log === undefined || log === null || typeof log === 'string') return log;
  throw mustBe('log', 'the identity of a log, as listBackups tells it, or null', log);
}

async function removeFrom(from: string, id: number, log: string | null | undefined): Promise<RemovedBackup> {
  const directory = await realPath(from);
  const held = await holdings(directory);
  const found = [...held.backups, ...held.damaged].find((each) => each.id === id);
  if (found === undefined) throw noBackup(directory, ` ${id}`);
  requireLog(directory, held, found, log);
  await requireForBackups(directory);
  await nativeAsync({ path: directory }, async () => {
    const seen = await seenBackup(directory, id);
    if (seen !== null && logOf(seen.metadata) !== found.log) throw noBackup(directory, ` ${id} any more`);
    const manifest = await readManifest(directory, id);
    try {
      await whenFree(directory, () => remove(directory, id, seen));
    } catch (error) {
      if (error instanceof RocksDBError && error.code === 'ROCKSDB_NOT_FOUND')
        throw noBackup(directory, ` ${id} any more`);
      throw error;
    }
    // One that was made meanwhile with this id has written another.
    const left = await readManifest(directory, id);
    if (left !== null && left.time === manifest?.time) await rm(manifestPath(directory, id), { force: true });
  });
  const time = held.backups.find((each) => each.id === id)?.time ?? null;
  return { id, time, log: found.log, logPath: found.logPath };
}

/** Requires that a backup is of the log that is named, and that one is named where it could be another one's. */
function requireLog(
  directory: string,
  held: Holdings,
  found: BackupInfo | DamagedBackup,
  log: string | null | undefined,
): void {
  if (log === found.log) return;
  if (log !== undefined) throw ofAnotherLog(directory, found, log);
  const logs = new Set([...held.backups, ...held.damaged].map((each) => each.log));
  if (logs.size === 1) return;
  throw new WalError(
    'SHALE_INVALID_ARGUMENT',
    `${directory} has backups of several logs, and backup ${found.id} is of ${nameOf(found)}: to remove it, name the log, too (log, --log)`,
    { path: directory, details: { field: 'log', logs: logs.size } },
  );
}
