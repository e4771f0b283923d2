import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WalError } from '@shale/codec';
import { filePlaceIn } from '../damage/file-place.js';
import { toPath } from '../targets/location.js';
import type { VerifyFinding } from './verify-events.js';

const MANIFEST = /^MANIFEST-\d{6,}$/;

/**
 * Says which file of a database keeps it from being opened, after an open has failed with `cause`. It only looks. When
 * no file can be blamed, the one finding says what RocksDB said.
 */
export async function diagnose(directory: string | URL, cause: unknown): Promise<VerifyFinding[]> {
  const path = toPath(directory, 'directory');
  const names = await readdir(path);
  const manifests = names.filter((name) => MANIFEST.test(name));
  const said = cause instanceof WalError || cause instanceof Error ? cause.message : String(cause);
  if (!names.includes('CURRENT')) {
    const which = manifests.length === 0 ? 'there is no manifest either' : `there is ${manifests.join(', ')}`;
    return [unopenable('CURRENT', `CURRENT, which names the manifest, is missing (${which})`)];
  }
  const current = await readFile(join(path, 'CURRENT'), 'latin1');
  const manifest = current.replace(/\n$/, '');
  if (!MANIFEST.test(manifest) || !current.endsWith('\n')) {
    const content = JSON.stringify(current.slice(0, 40));
    return [unopenable('CURRENT', `CURRENT should name a manifest, and holds ${content}`)];
  }
  if (!names.includes(manifest)) {
    return [unopenable(manifest, `the manifest that CURRENT names, ${manifest}, is missing`)];
  }
  const place = filePlaceIn(said);
  if (place !== undefined) return [{ ...unopenable(place.name, said), file: place }];
  // RocksDB reads the manifest first; what it says of a file's name it leaves out for that one only.
  if (/manifest|checksum mismatch|meta-|VersionEdit|descriptor/i.test(said))
    return [unopenable(manifest, said)];
  return [
    {
      type: 'finding',
      severity: 'error',
      kind: 'unreadable',
      message: `the database cannot be opened: ${said}`,
    },
  ];
}

function unopenable(name: string, why: string): VerifyFinding {
  return {
    type: 'finding',
    severity: 'error',
    kind: 'file',
    file: { name },
    message: `the database cannot be opened: ${why}`,
  };
}
