import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What is written down about a backup, beside what RocksDB keeps of it: sizes above all, which RocksDB does not. */
export interface BackupManifest {
  /** Of this file; changes when a field goes or means something else. */
  readonly schema: 1;
  readonly id: number;
  /** Of which log, and where that was; not there before Shale wrote it down. */
  readonly log?: { readonly id: string; readonly path: string };
  /** ISO 8601. */
  readonly time: string;
  /** Decimal. */
  readonly rocksdbSequence: string;
  readonly files: readonly BackupFile[];
}

/** A file of a backup. */
export interface BackupFile {
  /** In the directory of backups. */
  readonly name: string;
  readonly bytes: number;
  /** CRC-32C as RocksDB has computed it; null when it was not found. */
  readonly crc32c: number | null;
}

const FOLDER = 'manifests';

/** Writes the manifest of a backup: all of it, durably, or not. */
export async function writeManifest(directory: string, manifest: BackupManifest): Promise<void> {
  const folder = join(directory, FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = manifestPath(directory, manifest.id);
  // What a killed process may have left, or a link to anything.
  await rm(`${path}.tmp`, { force: true });
  {
    await using file = await open(`${path}.tmp`, 'wx', 0o600);
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  }
  await rename(`${path}.tmp`, path);
}

/**
 * Removes the manifests of backups that are gone: those before `before` that are not among `ids`. Those of later ones
 * may be of another backup that was made meanwhile.
 */
export async function removeManifests(
  directory: string,
  before: number,
  ids: readonly number[],
): Promise<void> {
  for (const name of await readdir(join(directory, FOLDER)).catch(() => [])) {
    const id = Number(/^(\d+)\.json(?:\.tmp)?$/.exec(name)?.[1]);
    if (id < before && !ids.includes(id)) await rm(join(directory, FOLDER, name), { force: true });
  }
}

/** The manifest that lies there for a backup; null when there is none that can be read. */
export async function readManifest(directory: string, id: number): Promise<BackupManifest | null> {
  try {
    const read: unknown = JSON.parse(await readFile(manifestPath(directory, id), 'utf8'));
    return isManifest(read) && read.id === id ? read : null;
  } catch {
    return null;
  }
}

/** The files of a backup that are not there as they were written, going by their sizes. */
export async function wrongFiles(directory: string, manifest: BackupManifest): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, bytes } of manifest.files) {
    const found = await stat(join(directory, name)).catch(() => null);
    if (found === null || found.size !== bytes) wrong.push(name);
  }
  return wrong;
}

/** The checksums that RocksDB has written down for a backup, by file. */
export async function checksumsOf(directory: string, id: number): Promise<Map<string, number>> {
  const text = await readFile(join(directory, 'meta', String(id)), 'utf8').catch(() => '');
  const lines = text.matchAll(/^(\S+) crc32 (\d+)/gm);
  return new Map([...lines].map(([, name = '', crc]) => [name, Number(crc)]));
}

/** Where the manifest of a backup lies. */
export function manifestPath(directory: string, id: number): string {
  return join(directory, FOLDER, `${id}.json`);
}

function isManifest(value: unknown): value is BackupManifest {
  if (typeof value !== 'object' || value === null) return false;
  if (!('schema' in value && value.schema === 1)) return false;
  if (!('id' in value && typeof value.id === 'number')) return false;
  if ('log' in value && !isLog(value.log)) return false;
  if (!('time' in value && typeof value.time === 'string')) return false;
  if (!('rocksdbSequence' in value && typeof value.rocksdbSequence === 'string')) return false;
  if (!/^\d{1,20}$/.test(value.rocksdbSequence)) return false;
  return 'files' in value && Array.isArray(value.files) && value.files.every(isFile);
}

function isLog(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('id' in value && 'path' in value)) return false;
  return typeof value.id === 'string' && typeof value.path === 'string';
}

/** Names lead to files inside the directory of backups and nowhere else. */
function isFile(value: unknown): value is BackupFile {
  if (typeof value !== 'object' || value === null) return false;
  if (
    !(
      'name' in value &&
      typeof value.name === 'string' &&
      'bytes' in value &&
      typeof value.bytes === 'number'
    )
  ) {
    return false;
  }
  return /^(?:private\/\d+|shared|shared_checksum)\/[\w.-]+$/.test(value.name) && !value.name.includes('..');
}
