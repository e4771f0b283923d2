import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { nodeFolder } from '../node-binaries.mjs';
import { root as repository } from '../paths.mjs';
import { ADDON } from '../platforms.mjs';
import { toolOf } from './libraries.mjs';

/** Where the package's sources are in the root. */
const PACKAGE = '/build/addon';

/**
 * Builds the addon in a root, by the package's own build-native.mjs, with RocksDB linked in.
 *
 * @param {import('./root.mjs').Root} root @param {string} platform
 * @param {string} libraries the folder in the root with `include` and `lib`
 * @returns {Promise<string>} its path, seen from outside
 */
export async function buildAddon(root, platform, libraries) {
  for (const part of ['native', 'prebuild', 'scripts', 'package.json']) {
    root.copy(join('packages', 'rocksdb', part), `${PACKAGE}/${part}`);
  }
  const fromPackage = createRequire(join(repository, 'packages', 'rocksdb', 'package.json'));
  copyFolder(
    dirname(fromPackage.resolve('node-api-headers/package.json')),
    root.at(`${PACKAGE}/node_modules/node-api-headers`),
  );
  copyFolder(await nodeFolder(22, 'x64'), root.at('/build/node'));
  const build = ['/build/node/bin/node', `${PACKAGE}/scripts/build-native.mjs`, `--static=${libraries}`];
  await root.run('compiling the addon, and optimizing it with RocksDB', build, {
    env: { CXX: toolOf(platform, 'g++') },
  });
  return root.at(`${libraries}/addon/${ADDON}`);
}

/** @param {string} from @param {string} to */
function copyFolder(from, to) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
}
