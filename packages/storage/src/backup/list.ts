import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { WalError } from '@shale/codec';
import { listBackups as list, type StoredBackup } from '@shale/rocksdb';
import { nativeAsync } from '../errors.js';
import { fromHere, realPath } from '../targets/real-path.js';
import { type BackupManifest, readManifest, wrongFiles } from './manifest.js';
import { logOf } from './metadata.js';

/** One backup of a database. */
export interface BackupInfo {
  /** Counts from 1 in each directory of backups. */
  readonly id: number;
  /** When it was made, to the second. */
  readonly time: Date;
  /**
   * Of which log it is: the identity that RocksDB gave its database. A restored log and a checkpoint are logs of their
   * own, a directory copied with all its files is the same one. Null when that was not written down, as by a Shale
   * before this.
   */
  readonly log: string | null;
  /** The real path of the log when the backup was made; null when that was not written down. */
  readonly logPath: string | null;
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

/** A backup of which files are missing or have another size. */
export interface DamagedBackup {
  readonly id: number;
  /** Null when it cannot be told. */
  readonly log: string | null;
  readonly logPath: string | null;
}

/** As {@link BackupList}, with what is known of the damaged ones. */
export interface Holdings {
  readonly backups: readonly BackupInfo[];
  readonly damaged: readonly DamagedBackup[];
}

/**
 * Lists the backups of a directory, of whatever logs. Files are looked for and their sizes compared, their contents are
 * not. A backup that is being made is not among them.
 *
 * Rejects with SHALE_NOT_FOUND when there are none, SHALE_INVALID_ARGUMENT, SHALE_NO_RESOURCES, SHALE_IO,
 * SHALE_CORRUPT.
 */
export async function listBackups(directory: string | URL): Promise<BackupList> {
  const { backups, damaged } = await holdings(await realPath(fromHere(directory)));
  return { backups, damaged: damaged.map(({ id }) => id) };
}

/** What RocksDB lists of a backup; null when it is damaged, or not there. */
export async function seenBackup(directory: string, id: number): Promise<StoredBackup | null> {
  const { backups } = await list(directory);
  return backups.find((each) => each.id === id) ?? null;
}

/** What is in a directory of backups. */
export async function holdings(directory: string): Promise<Holdings> {
  await requireBackups(directory);
  const found = await nativeAsync({ path: directory }, () => list(directory));
  const backups: BackupInfo[] = [];
  const damaged = await Promise.all(found.damaged.map((id) => describeDamaged(directory, id)));
  for (const stored of found.backups) {
    const manifest = await manifestOf(directory, stored);
    const info = toInfo(stored, manifest);
    if (manifest !== null && (await wrongFiles(directory, manifest)).length > 0) damaged.push(info);
    else backups.push(info);
  }
  return { backups, damaged: damaged.sort((a, b) => a.id - b.id) };
}

/** The manifest of a backup; null when there is none, or one that was left over from another backup of the same id. */
export async function manifestOf(directory: string, stored: StoredBackup): Promise<BackupManifest | null> {
  const manifest = await readManifest(directory, stored.id);
  if (manifest === null || manifest.time !== timeOf(stored).toISOString()) return null;
  const log = logOf(stored.metadata);
  if (log !== null && manifest.log?.id !== log) return null;
  const names = new Set(manifest.files.map(({ name }) => name));
  return stored.files.length === names.size && stored.files.every(({ name }) => names.has(name))
    ? manifest
    : null;
}

export function toInfo(stored: StoredBackup, manifest: BackupManifest | null): BackupInfo {
  return {
    id: stored.id,
    time: timeOf(stored),
    log: logOf(stored.metadata),
    logPath: manifest?.log?.path ?? null,
    rocksdbSequence: manifest === null ? null : BigInt(manifest.rocksdbSequence),
    bytes: stored.size,
    files: stored.files.map((file) => ({ name: file.name, bytes: file.size })),
  };
}

export function timeOf({ seconds }: StoredBackup): Date {
  return new Date(seconds * 1000);
}

async function describeDamaged(directory: string, id: number): Promise<DamagedBackup> {
  const log = (await readManifest(directory, id))?.log;
  return { id, log: log?.id ?? null, logPath: log?.path ?? null };
}

/** RocksDB makes a directory of backups out of any directory it is asked to list. */
async function requireBackups(directory: string): Promise<void> {
  const found = await lstat(join(directory, 'meta')).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw new WalError(
    'SHALE_NOT_FOUND',
    `there are no backups in ${directory}: name the directory that backups were made in, by wal.backup() or shale backup`,
    { path: directory },
  );
}
