import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nodeVersions } from '../node-binaries.mjs';
import { tarballsIn } from '../packing.mjs';
import { debianRoot } from '../prebuild/root.mjs';
import { SetupError, say } from '../say.mjs';
import { putNode } from './node-in-root.mjs';

/** What a system without a compiler lacks. */
const COMPILERS = ['usr/bin/cc', 'usr/bin/gcc', 'usr/bin/c++', 'usr/bin/g++'];

/** Cycles of the attack kill: its short form. */
const CYCLES = '25';

/** The versions of Node that run there. @type {(20 | 22 | 24)[]} */
const NODES = [20, 22, 24];

/**
 * Installs the tarballs into an application on a bare system, for each version of Node, and runs what applications run.
 *
 * @param {string} suite of Debian @returns {import('./main.mjs').Row['run']}
 */
export function bareSystem(suite) {
  return async (name, { tarballs, programs }) => {
    const root = await debianRoot(name, suite, []);
    requireBare(name, root);
    for (const major of NODES) {
      const figures = await application(root, major, tarballs, programs);
      console.log(`${name}  Node ${nodeVersions[major]}  ${figures.join(', ')}`);
    }
  };
}

/** @param {string} name @param {import('../prebuild/root.mjs').Root} root */
function requireBare(name, root) {
  const present = COMPILERS.filter((path) => existsSync(root.at(path)));
  const libraries = readdirSync(root.at('/usr/lib'), { recursive: true, encoding: 'utf8' });
  present.push(...libraries.filter((path) => /librocksdb/.test(path)));
  if (present.length > 0) throw new SetupError(`${name} is not bare: it has ${present.join(', ')}`);
}

/**
 * @param {import('../prebuild/root.mjs').Root} root @param {20 | 22 | 24} major
 * @param {string} tarballs @param {string} programs
 */
async function application(root, major, tarballs, programs) {
  const env = await putNode(root, major);
  for (const folder of ['/app', '/tarballs']) rmSync(root.at(folder), { recursive: true, force: true });
  cpSync(tarballs, root.at('/tarballs'), { recursive: true });
  mkdirSync(root.at('/app'));
  const manifest = '{ "name": "application", "private": true, "type": "module" }\n';
  writeFileSync(root.at('/app/package.json'), manifest);
  const inside = { cwd: '/app', env };
  const start = performance.now();
  const install = ['install', '--loglevel=error', '--no-audit', '--no-fund'];
  const files = tarballsIn(tarballs).map((path) => `/tarballs/${basename(path)}`);
  await root.run('npm install', ['npm', ...install, ...files], inside);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  say(`installed in ${seconds} s`);
  cpSync(programs, root.at('/app'), { recursive: true });
  await root.run('the conformance suite', ['node', '--test', 'conformance.mjs'], inside);
  await root.run("README's example", ['node', 'readme.mjs'], inside);
  await root.run('the attack kill', ['node', 'kill.mjs', CYCLES], inside);
  return [
    `npm install ${seconds} s`,
    `RocksDB ${await loadedRocksDB(root, inside)}`,
    'conformance suite, example and attack kill passed',
  ];
}

/**
 * The version that the application uses, which has to come with the package of the platform.
 *
 * @param {import('../prebuild/root.mjs').Root} root @param {{ cwd: string, env: Record<string, string> }} inside
 */
async function loadedRocksDB(root, inside) {
  const doctor = [
    'node',
    'node_modules/@shale/cli/bin/shale.js',
    'doctor',
    join(inside.cwd, 'data'),
    '--json',
  ];
  const lines = (await root.output(doctor, inside)).split('\n').filter(Boolean);
  const rocksdb = lines.map((line) => JSON.parse(line)).find((check) => check.name === 'RocksDB');
  if (rocksdb?.data.source !== 'prebuilt') {
    throw new SetupError(`the addon in use is not that of the platform's package: ${rocksdb?.found}`);
  }
  return rocksdb.data.loaded;
}
