import { mustBe, WalError } from '@shale/codec';
import { restoreBackup as restore } from '@shale/rocksdb';
import { readBag } from '../arguments/option-bag.js';
import { nativeAsync } from '../errors.js';
import { makeWorkspace, moveIntoPlace, removeWorkspace, requireEmpty } from '../targets/new-directory.js';
import { requireOutside } from '../targets/places.js';
import { fromHere, realPath } from '../targets/real-path.js';
import { whenFree } from './backup.js';
import {
  checkBackupId,
  choose,
  damagedBackup,
  damagedNewest,
  type PassedOver,
  type RestoreOptions,
} from './choose.js';
import { type BackupInfo, holdings } from './list.js';

/** What was restored. */
export interface RestoreInfo extends BackupInfo {
  /** Newer backups of the log that are damaged, newest first; only with `allowOlder` there are any. */
  readonly passedOver: readonly PassedOver[];
}

/**
 * Writes the database of a backup to a new directory, after comparing the checksum of every file. The directory appears
 * when it is whole; until then it grows in a directory `.<name>.partial-…` beside it, or, where `to` is a mount point or nothing can be written
 * beside it, in `.partial-…` in it. No backup can be made in the
 * directory of backups meanwhile. The new log is one of its own: backups of it are not counted among those of the old
 * one.
 *
 * Without an `id` it is the newest backup, or nothing: of a directory with backups of several logs one must be named,
 * and where the newest one is damaged, an older one is restored only with `allowOlder`.
 *
 * Rejects with SHALE_NOT_FOUND (no such backup), SHALE_CORRUPT (the backup is damaged), SHALE_INVALID_ARGUMENT (backups
 * of several logs; or there is something at `to` already, or it is, lies in or holds the directory of backups, or lies
 * in a log), SHALE_LOCKED (a backup is being made in the directory), SHALE_NO_SPACE, SHALE_NO_RESOURCES, SHALE_IO.
 */
export async function restoreBackup(
  directory: string | URL,
  to: string | URL,
  options: RestoreOptions = {},
): Promise<RestoreInfo> {
  return await restoreTo(fromHere(directory), fromHere(to, 'to'), readOptions(options));
}

function readOptions(options: RestoreOptions): RestoreOptions {
  const { id, log, allowOlder } = readBag('restoreBackup', options, ['id', 'log', 'allowOlder']);
  if (log !== undefined && typeof log !== 'string') {
    throw mustBe('log', 'the identity of a log, as listBackups tells it', log);
  }
  if (allowOlder !== undefined && typeof allowOlder !== 'boolean') {
    throw mustBe('allowOlder', 'true or false', allowOlder);
  }
  return { id: id === undefined ? undefined : checkBackupId(id), log, allowOlder };
}

async function restoreTo(from: string, to: string, options: RestoreOptions): Promise<RestoreInfo> {
  const directory = await realPath(from);
  const { candidates, passedOver } = choose(directory, await holdings(directory), options);
  const target = await realPath(to);
  await requireOutside(target, [{ what: 'the directory of backups', path: directory }]);
  await requireEmpty(target);
  const skipped: PassedOver[] = [...passedOver];
  for (const [index, candidate] of candidates.entries()) {
    try {
      await restoreOne(directory, candidate.id, target);
      return { ...candidate, passedOver: skipped };
    } catch (error) {
      if (!isDamage(error)) throw error;
      const { id } = candidate;
      const reason = reasonOf(error);
      if (options.id !== undefined) throw damagedBackup(directory, id, reason, error);
      const older = candidates[index + 1];
      if (options.allowOlder !== true || older === undefined) {
        throw damagedNewest(directory, id, reason, older, error);
      }
      skipped.push({ id, reason });
    }
  }
  throw new WalError('SHALE_INTERNAL', 'there was nothing to choose from');
}

async function restoreOne(directory: string, id: number, target: string): Promise<void> {
  const workspace = await makeWorkspace(target);
  try {
    await nativeAsync({ path: directory, target: workspace.root }, () =>
      whenFree(directory, () => restore(directory, id, workspace.result)),
    );
    await moveIntoPlace(workspace);
  } finally {
    await removeWorkspace(workspace);
  }
}

/** Whether it is about the backup that it cannot be restored. */
function isDamage(error: unknown): error is WalError {
  return error instanceof WalError && (error.code === 'SHALE_CORRUPT' || error.code === 'SHALE_NOT_FOUND');
}

function reasonOf(error: WalError): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
