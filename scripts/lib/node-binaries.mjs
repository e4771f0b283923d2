import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { prebuildCache } from './prebuild/root.mjs';
import { run } from './run.mjs';

/** The releases of Node that are put into roots, by their major version. npm has them for Linux. */
export const nodeVersions = { 20: '20.20.2', 22: '22.23.5', 24: '24.22.3' };

/** The one of Node 20, which later ones run, too. */
const NPM = '10.9.9';

/**
 * A folder with `bin/node` of that release, downloaded unless it is there.
 *
 * @param {keyof typeof nodeVersions} major @param {'x64' | 'arm64'} arch
 */
export function nodeFolder(major, arch) {
  return download(`node-linux-${arch}`, nodeVersions[major]);
}

/** A folder with npm, as npm publishes it. */
export function npmFolder() {
  return download('npm', NPM);
}

/** @param {string} name @param {string} version */
async function download(name, version) {
  const folder = join(prebuildCache, 'npm', `${name}-${version}`);
  if (existsSync(join(folder, 'package.json'))) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const partial = mkdtempSync(`${folder}-`);
  try {
    const options = ['--ignore-scripts', '--prefix', partial, '--no-save', '--force'];
    await run(`downloading ${name} ${version}`, 'npm', ['install', ...options, `${name}@${version}`], {
      quiet: true,
    });
    renameSync(join(partial, 'node_modules', name), folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}
