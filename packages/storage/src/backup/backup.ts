import { mustBe, WalError } from '@shale/codec';
import { type Database, listBackups, RocksDBError } from '@shale/rocksdb';
import { readBag } from '../arguments/option-bag.js';
import { nativeAsync } from '../errors.js';
import { requireForBackups } from '../targets/backup-directory.js';
import { requireOutside } from '../targets/places.js';
import { fromHere, realPath } from '../targets/real-path.js';
import { type BackupInfo, timeOf, toInfo } from './list.js';
import { type BackupManifest, checksumsOf, removeManifests, writeManifest } from './manifest.js';
import { metadataOf } from './metadata.js';

/** How to back up. */
export interface BackupOptions {
  /**
   * Remove all backups of this log but so many of the newest afterwards; those of other logs in the directory stay, and
   * so do those of which it is not known what log they are of.
   *
   * @range 1 to 2^32-1
   * @defaultValue all stay
   */
  readonly keep?: number | undefined;
}

/** Adds a backup to a directory; table files that are there already are not copied again. */
export async function backup(db: Database, to: string, options: BackupOptions): Promise<BackupInfo> {
  const keep = readKeep(options);
  const directory = await realPath(fromHere(to));
  await requireOutside(directory, [{ what: 'the log', path: db.path }]);
  await requireForBackups(directory);
  return await nativeAsync({ path: directory, target: directory }, async () => {
    const log = { id: db.identity(), path: db.path };
    const rocksdbSequence = db.latestSequence().toString();
    const metadata = metadataOf(log.id);
    const stored = await whenFree(directory, () => db.createBackup(directory, { metadata, keep }));
    const checksums = await checksumsOf(directory, stored.id);
    const manifest: BackupManifest = {
      schema: 1,
      id: stored.id,
      log,
      time: timeOf(stored).toISOString(),
      rocksdbSequence,
      files: stored.files.map(({ name, size }) => ({
        name,
        bytes: size,
        crc32c: checksums.get(name) ?? null,
      })),
    };
    await writeManifest(directory, manifest);
    const { backups, damaged } = await listBackups(directory);
    await removeManifests(directory, stored.id, [...backups.map(({ id }) => id), ...damaged]);
    return toInfo(stored, manifest);
  });
}

/** How many to keep; 0 for all. */
function readKeep(options: BackupOptions): number {
  const { keep } = readBag('backup', options, ['keep']);
  if (keep === undefined) return 0;
  if (typeof keep === 'number' && Number.isSafeInteger(keep) && keep >= 1 && keep < 2 ** 32) return keep;
  throw mustBe('keep', 'a number of backups from 1', keep);
}

/** Says what is in the way when a directory of backups is in use. */
export async function whenFree<T>(directory: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof RocksDBError) || error.code !== 'ROCKSDB_LOCKED') throw error;
    throw new WalError(
      'SHALE_LOCKED',
      `another backup is being made in ${directory}, or one of it restored: try again when that is done`,
      { path: directory, cause: error },
    );
  }
}
