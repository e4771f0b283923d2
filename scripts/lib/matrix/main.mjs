import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packPackages, packPlatform } from '../packing.mjs';
import { cache } from '../paths.mjs';
import { kept } from '../prebuild/kept.mjs';
import { SetupError } from '../say.mjs';
import { bareSystem } from './bare-system.mjs';
import { emulatedProcessor } from './emulated-processor.mjs';
import { makePrograms } from './programs.mjs';
import { sourceSystem } from './source-system.mjs';

/**
 * What a row works with: the packed packages if it is of a platform, the programs that an application runs, and a folder of its own.
 *
 * @typedef {{ tarballs: string, programs: string, scratch: string }} Work folders
 * @typedef {{ platform?: string, run: (name: string, work: Work) => Promise<void> }} Row
 */

/** By name. @type {Record<string, Row>} */
const ROWS = {
  'debian-11': { platform: 'linux-x64-gnu', run: bareSystem('bullseye') },
  'debian-12': { platform: 'linux-x64-gnu', run: bareSystem('bookworm') },
  'debian-13': { platform: 'linux-x64-gnu', run: bareSystem('trixie') },
  'debian-13-system': { run: sourceSystem('trixie') },
  'sid-system': { run: sourceSystem('sid') },
  arm64: { platform: 'linux-arm64-gnu', run: emulatedProcessor },
};

/** What runs unless rows are named: what takes minutes and needs no emulator. */
const USUAL = ['debian-11', 'debian-12', 'debian-13'];

/** `npm run matrix`. @param {string[]} names */
export async function matrix(names) {
  const rows = (names.length > 0 ? names : USUAL).map((name) => {
    const row = ROWS[name];
    if (row === undefined) throw new SetupError(`npm run matrix -- [${Object.keys(ROWS).join('|')}]...`);
    return { name, ...row };
  });
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'matrix-'));
  const programs = join(folder, 'programs');
  const tarballsOf = (/** @type {string | undefined} */ platform) =>
    join(folder, 'tarballs', platform ?? 'none');
  try {
    const platforms = new Set(rows.flatMap(({ platform = [] }) => platform));
    for (const platform of platforms) {
      // npm refuses to install the binary of another processor.
      await packPackages(tarballsOf(platform));
      await packBinary(platform, tarballsOf(platform));
    }
    if (platforms.size > 0) await makePrograms(programs);
    for (const { name, platform, run } of rows) {
      const scratch = join(folder, name);
      mkdirSync(scratch);
      await run(name, { tarballs: tarballsOf(platform), programs, scratch });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} platform @param {string} folder */
async function packBinary(platform, folder) {
  const prebuilt = kept(platform);
  if (prebuilt === undefined) {
    throw new SetupError(`no binary of these sources: npm run prebuild -- --platform ${platform}`);
  }
  await packPlatform(platform, prebuilt.addon, prebuilt.licenses, folder);
}
