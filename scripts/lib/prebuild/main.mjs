import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from '../install.mjs';
import { withLock } from '../lock.mjs';
import { packPlatform, tarballsIn } from '../packing.mjs';
import { root as repository } from '../paths.mjs';
import { platformNames } from '../platforms.mjs';
import { SetupError } from '../say.mjs';
import { buildAddon } from './addon.mjs';
import { fingerprint, keep } from './kept.mjs';
import { buildLibraries } from './libraries.mjs';
import { complaintsAboutNeeds } from './needs.mjs';
import { BUILD_ROOT, debianRoot, prebuildCache } from './root.mjs';
import { fetchSources, licensesOf } from './sources.mjs';

const PACKAGES = ['ca-certificates', 'ccache', 'cmake', 'g++', 'g++-aarch64-linux-gnu', 'make', 'patch'];

/** `npm run prebuild`. @param {string[]} args */
export async function prebuild(args) {
  const { values } = parseArgs({
    args,
    options: {
      platform: { type: 'string', multiple: true },
      to: { type: 'string', default: join(repository, 'packed') },
    },
  });
  const known = platformNames();
  const platforms = values.platform ?? [];
  const unknown = platforms.filter((name) => !known.includes(name));
  if (platforms.length === 0 || unknown.length > 0 || process.arch !== 'x64') {
    throw new SetupError(`npm run prebuild -- --platform ${known.join('|')}, on Linux on x64`);
  }
  await ensureInstalled();
  for (const platform of platforms) {
    // All builds share one root.
    await withLock(join(prebuildCache, 'lock'), () => make(platform, resolve(values.to)));
  }
  for (const tarball of tarballsIn(resolve(values.to))) console.log(tarball);
}

/** Makes the binary of a platform, keeps it and packs it. @param {string} platform @param {string} to */
async function make(platform, to) {
  const root = await debianRoot(BUILD_ROOT, 'bullseye', PACKAGES);
  await fetchSources(root);
  const licenses = licensesOf(root);
  const libraries = await buildLibraries(root, platform);
  const from = fingerprint();
  const addon = await buildAddon(root, platform, libraries);
  const complaints = complaintsAboutNeeds(addon);
  if (complaints.length > 0) throw new SetupError(`${addon}:\n${complaints.join('\n')}`);
  keep(platform, { addon, licenses }, from);
  await packPlatform(platform, addon, licenses, to);
}
