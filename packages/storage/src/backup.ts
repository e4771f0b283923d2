import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WalError } from '@shale/codec';
import {
  type Database,
  listBackups as list,
  restoreBackup as restore,
  type StoredBackup,
} from '@shale/rocksdb';
import {
  type BackupManifest,
  checksumsOf,
  readManifest,
  removeManifestsExcept,
  writeManifest,
  wrongFiles,
} from './backup-manifest.js';
import { nativeAsync } from './errors.js';
import { makeWorkspace, moveIntoPlace, removeWorkspace, requireEmpty } from './new-directory.js';
import { readOptions } from './option-names.js';

/** One backup of a database. */
export interface BackupInfo {
  /** Counts from 1 in each directory of backups. */
  readonly id: number;
  /** When it was made, to the second. */
  readonly time: Date;
  /**
   * RocksDB's sequence number when it began: what was written up to it is in. Null when Shale did not make the
   * backup.
   */
  readonly rocksdbSequence: bigint | null;
  /** Bytes of all its files, those included that it shares with other backups of the directory. */
  readonly bytes: number;
  /** Its files. */
  readonly files: readonly {
    /** The name in the directory of backups. */
    readonly name: string;
    /** The size. */
    readonly bytes: number;
  }[];
}

/** What a directory of backups holds. */
export interface BackupList {
  /** Oldest first. */
  readonly backups: readonly BackupInfo[];
  /** Ids of backups of which files are missing or have another size. */
  readonly damaged: readonly number[];
}

/** How to back up. */
export interface BackupOptions {
  /**
   * Remove all backups but so many of the newest afterwards.
   *
   * @range 1 to 2^32-1
   * @defaultValue all stay
   */
  readonly keep?: number | undefined;
}

/** Which backup to restore. */
export interface RestoreOptions {
  /**
   * Its id.
   *
   * @defaultValue the newest one that is whole
   */
  readonly id?: number | undefined;
}

/** Adds a backup to a directory; table files that are there already are not copied again. */
export async function backup(db: Database, directory: string, { keep }: BackupOptions): Promise<BackupInfo> {
  if (keep !== undefined && (!Number.isSafeInteger(keep) || keep < 1 || keep > 2 ** 32 - 1)) {
    throw new WalError('SHALE_INVALID_ARGUMENT', `keep is a number of backups from 1 on, and got ${keep}`);
  }
  return await nativeAsync({ path: directory }, async () => {
    const rocksdbSequence = db.latestSequence().toString();
    const stored = await db.createBackup(directory, keep === undefined ? {} : { keep });
    const checksums = await checksumsOf(directory, stored.id);
    const manifest: BackupManifest = {
      schema: 1,
      id: stored.id,
      time: new Date(stored.seconds * 1000).toISOString(),
      rocksdbSequence,
      files: stored.files.map(({ name, size }) => ({
        name,
        bytes: size,
        crc32c: checksums.get(name) ?? null,
      })),
    };
    await writeManifest(directory, manifest);
    const { backups, damaged } = await list(directory);
    await removeManifestsExcept(directory, [...backups.map(({ id }) => id), ...damaged]);
    return toInfo(stored, manifest);
  });
}

/**
 * Lists the backups of a directory. Files are looked for and their sizes compared, their contents are not.
 *
 * Rejects with SHALE_NOT_FOUND when there are none, SHALE_IO, SHALE_CORRUPT.
 */
export async function listBackups(directory: string): Promise<BackupList> {
  requireBackups(directory);
  const found = await nativeAsync({ path: directory }, () => list(directory));
  const backups: BackupInfo[] = [];
  const damaged = [...found.damaged];
  for (const stored of found.backups) {
    const manifest = await readManifest(directory, stored.id);
    if (manifest !== null && (await wrongFiles(directory, manifest)).length > 0) damaged.push(stored.id);
    else backups.push(toInfo(stored, manifest));
  }
  return { backups, damaged: damaged.sort((a, b) => a - b) };
}

/**
 * Writes the database of a backup to a new directory, after comparing the checksum of every file. The directory appears
 * when it is whole.
 *
 * Rejects with SHALE_NOT_FOUND (no such backup), SHALE_CORRUPT (the backup is damaged), SHALE_INVALID_ARGUMENT (there is
 * something at `to` already), SHALE_NO_SPACE, SHALE_IO.
 */
export async function restoreBackup(
  directory: string,
  to: string,
  options: RestoreOptions = {},
): Promise<BackupInfo> {
  const { id: wanted } = readOptions('restoreBackup', options, ['id']);
  if (wanted !== undefined && (typeof wanted !== 'number' || !Number.isSafeInteger(wanted) || wanted < 0)) {
    throw new WalError('SHALE_INVALID_ARGUMENT', 'id is the number of a backup', {
      details: { field: 'id' },
    });
  }
  const { backups, damaged } = await listBackups(directory);
  const id = wanted ?? backups.at(-1)?.id;
  if (id === undefined || !backups.some((known) => known.id === id)) throw noBackup(directory, id, damaged);
  await requireEmpty(to);
  const workspace = await makeWorkspace(to);
  try {
    const restored = await nativeAsync({ path: directory }, () => restore(directory, id, workspace.result));
    await moveIntoPlace(workspace, to);
    return toInfo(restored, await readManifest(directory, id));
  } finally {
    await removeWorkspace(workspace);
  }
}

function noBackup(directory: string, id: number | undefined, damaged: readonly number[]): WalError {
  if (id !== undefined && damaged.includes(id)) {
    return new WalError('SHALE_CORRUPT', `backup ${id} in ${directory} is damaged: restore another one`, {
      path: directory,
    });
  }
  const which = id === undefined ? 'no backup that is whole' : `no backup ${id}`;
  const others = damaged.length === 0 ? '' : ` (damaged: ${damaged.join(', ')})`;
  return new WalError('SHALE_NOT_FOUND', `there is ${which} in ${directory}${others}`, { path: directory });
}

/** RocksDB makes a directory of backups out of any directory it is asked to list. */
function requireBackups(directory: string): void {
  if (existsSync(join(directory, 'meta'))) return;
  throw new WalError('SHALE_NOT_FOUND', `there are no backups in ${directory}`, { path: directory });
}

function toInfo({ id, seconds, size, files }: StoredBackup, manifest: BackupManifest | null): BackupInfo {
  return {
    id,
    time: new Date(seconds * 1000),
    rocksdbSequence: manifest === null ? null : BigInt(manifest.rocksdbSequence),
    bytes: size,
    files: files.map((file) => ({ name: file.name, bytes: file.size })),
  };
}
