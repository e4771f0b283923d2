import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { root as repository } from '../paths.mjs';
import { ADDON } from '../platforms.mjs';
import { prebuildCache } from './root.mjs';

/** What decides what a binary is. */
const MADE_OF = ['native', 'prebuild', 'scripts/build-native.mjs', 'scripts/toolchain.mjs'];

/** @typedef {{ addon: string, licenses: string }} Prebuilt the path of a binary, and the text of what is linked into it */

/** @param {string} platform */
const folderOf = (platform) => join(prebuildCache, 'prebuilt', platform);

/**
 * Keeps what was made for a platform.
 *
 * @param {string} platform @param {Prebuilt} made
 * @param {string} from the fingerprint of the sources when they were read: they may have changed since
 */
export function keep(platform, { addon, licenses }, from) {
  const folder = folderOf(platform);
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, '.made-of'), { force: true });
  copyFileSync(addon, join(folder, ADDON));
  writeFileSync(join(folder, 'LICENSES.txt'), licenses);
  writeFileSync(join(folder, '.made-of'), from);
}

/**
 * What `npm run prebuild` has made for a platform out of the sources as they are now, if it has.
 *
 * @param {string} platform @returns {Prebuilt | undefined}
 */
export function kept(platform) {
  const folder = folderOf(platform);
  const stamp = join(folder, '.made-of');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint()) return undefined;
  return { addon: join(folder, ADDON), licenses: readFileSync(join(folder, 'LICENSES.txt'), 'utf8') };
}

/** Of the sources as they are now. */
export function fingerprint() {
  const hash = createHash('sha256');
  for (const part of MADE_OF) {
    const path = join(repository, 'packages', 'rocksdb', part);
    const names = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
      : [''];
    for (const name of names) {
      const file = join(path, name);
      if (statSync(file).isFile()) hash.update(`\0${part}/${name}\0`).update(readFileSync(file));
    }
  }
  return hash.digest('hex');
}
