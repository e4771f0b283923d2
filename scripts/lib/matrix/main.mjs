import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packPackages, packPlatform } from '../packing.mjs';
import { cache } from '../paths.mjs';
import { kept } from '../prebuild/kept.mjs';
import { SetupError } from '../say.mjs';
import { installedRow } from './installed.mjs';
import { makePrograms } from './programs.mjs';

/**
 * The systems, by name: what is installed into each, and the versions of Node that run there.
 *
 * @typedef {{ suite: string, platform: string, nodes: (20 | 22 | 24)[] }} Row
 * @type {Record<string, Row>}
 */
const ROWS = {
  'debian-11': { suite: 'bullseye', platform: 'linux-x64-gnu', nodes: [20, 22, 24] },
  'debian-12': { suite: 'bookworm', platform: 'linux-x64-gnu', nodes: [20, 22, 24] },
  'debian-13': { suite: 'trixie', platform: 'linux-x64-gnu', nodes: [20, 22, 24] },
};

/** `npm run matrix`. @param {string[]} names */
export async function matrix(names) {
  const rows = (names.length > 0 ? names : Object.keys(ROWS)).map((name) => {
    const row = ROWS[name];
    if (row === undefined) throw new SetupError(`npm run matrix -- [${Object.keys(ROWS).join('|')}]...`);
    return { name, ...row };
  });
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'matrix-'));
  const [tarballs, programs] = [join(work, 'tarballs'), join(work, 'programs')];
  try {
    await packPackages(tarballs);
    for (const platform of new Set(rows.map((row) => row.platform))) await packBinary(platform, tarballs);
    await makePrograms(programs);
    for (const row of rows) await installedRow(row, tarballs, programs);
  } finally {
    rmSync(work, { recursive: true, force: true });
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
