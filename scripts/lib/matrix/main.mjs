import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { nodeFolder, nodeVersions, npmFolder } from '../node-binaries.mjs';
import { packPackages, packPlatform, tarballsIn } from '../packing.mjs';
import { cache, root as repository } from '../paths.mjs';
import { kept } from '../prebuild/kept.mjs';
import { debianRoot } from '../prebuild/root.mjs';
import { SetupError, say } from '../say.mjs';
import { makePrograms } from './programs.mjs';

/** The systems, by name. @type {Record<string, { suite: string }>} */
const ROWS = {
  'debian-11': { suite: 'bullseye' },
  'debian-12': { suite: 'bookworm' },
  'debian-13': { suite: 'trixie' },
};

/** Of a system that has neither a compiler nor RocksDB. */
const ABSENT = ['usr/bin/cc', 'usr/bin/gcc', 'usr/bin/c++', 'usr/bin/g++'];

/** The certificates that the machine trusts, in the root: a registry may be reached through a proxy of one's own. */
const CERTIFICATES = '/etc/ssl/shale-certificates.crt';

/** `npm run matrix`. @param {string[]} names */
export async function matrix(names) {
  const unknown = names.filter((name) => ROWS[name] === undefined);
  if (unknown.length > 0) throw new SetupError(`npm run matrix -- [${Object.keys(ROWS).join('|')}]...`);
  const platform = 'linux-x64-gnu';
  const prebuilt = kept(platform);
  if (prebuilt === undefined) {
    throw new SetupError(`no binary of these sources: npm run prebuild -- --platform ${platform}`);
  }
  const work = mkdtempSync(join(cache, 'matrix-'));
  try {
    await packPackages(join(work, 'tarballs'));
    await packPlatform(platform, prebuilt.addon, prebuilt.licenses, join(work, 'tarballs'));
    await makePrograms(join(work, 'programs'));
    for (const name of names.length > 0 ? names : Object.keys(ROWS)) await row(name, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @param {string} name @param {string} work */
async function row(name, work) {
  const root = await debianRoot(name, ROWS[name]?.suite ?? '', []);
  const present = ABSENT.filter((path) => existsSync(root.at(path)));
  const libraries = readdirSync(root.at('/usr/lib'), { recursive: true, encoding: 'utf8' });
  present.push(...libraries.filter((path) => /librocksdb/.test(path)));
  if (present.length > 0) throw new SetupError(`${name} is not bare: it has ${present.join(', ')}`);
  trustWhatThisMachineTrusts(root);
  for (const major of /** @type {(20 | 22 | 24)[]} */ (Object.keys(nodeVersions).map(Number))) {
    const figures = await application(root, major, work);
    console.log(`${name}  Node ${nodeVersions[major]}  ${figures.join(', ')}`);
  }
}

/** @param {import('../prebuild/root.mjs').Root} root */
function trustWhatThisMachineTrusts(root) {
  const { NODE_EXTRA_CA_CERTS } = process.env;
  if (NODE_EXTRA_CA_CERTS === undefined) return;
  mkdirSync(root.at('/etc/ssl'), { recursive: true });
  copyFileSync(NODE_EXTRA_CA_CERTS, root.at(CERTIFICATES));
}

/**
 * Installs the tarballs into an empty application with that Node, and runs what an application runs.
 *
 * @param {import('../prebuild/root.mjs').Root} root @param {20 | 22 | 24} major @param {string} work
 */
async function application(root, major, work) {
  for (const folder of ['/app', '/tarballs', '/opt/node', '/opt/npm', '/root/.npm']) {
    rmSync(root.at(folder), { recursive: true, force: true });
  }
  cpSync(await nodeFolder(major, 'x64'), root.at('/opt/node'), { recursive: true });
  cpSync(await npmFolder(), root.at('/opt/npm'), { recursive: true, dereference: true });
  cpSync(join(work, 'tarballs'), root.at('/tarballs'), { recursive: true });
  mkdirSync(root.at('/app'));
  writeFileSync(
    root.at('/app/package.json'),
    '{ "name": "application", "private": true, "type": "module" }\n',
  );
  const env = {
    PATH: '/opt/node/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...(existsSync(root.at(CERTIFICATES)) ? { NODE_EXTRA_CA_CERTS: CERTIFICATES } : {}),
  };
  const inside = { cwd: '/app', env };
  const tarballs = tarballsIn(join(work, 'tarballs')).map((path) => `/tarballs/${basename(path)}`);
  const start = performance.now();
  const install = ['/opt/npm/bin/npm-cli.js', 'install', '--loglevel=error', '--no-audit', '--no-fund'];
  await root.run('npm install', ['node', ...install, ...tarballs], inside);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  for (const program of ['conformance.mjs', 'readme.mjs']) {
    copyFileSync(join(work, 'programs', program), root.at(`/app/${program}`));
  }
  say(`installed in ${seconds} s; running the conformance suite`);
  await root.run('the conformance suite', ['node', '--test', 'conformance.mjs'], inside);
  await root.run("README's example", ['node', 'readme.mjs'], inside);
  // The attacks are no package: they run as they were compiled, on the packages that the application has.
  cpSync(join(repository, 'test', 'dist'), root.at('/app/test/dist'), { recursive: true });
  cpSync(join(repository, 'test', 'internals'), root.at('/app/test/internals'), { recursive: true });
  copyFileSync(join(repository, 'test', 'package.json'), root.at('/app/test/package.json'));
  const attack = ['node', 'test/dist/attacks/runner/main.js', 'kill', '--count', '10', '--seed', '13'];
  await root.run('the attack kill', attack, inside);
  const doctor = ['node', 'node_modules/@shale/cli/bin/shale.js', 'doctor', '/app/data', '--json'];
  const checks = await root.output(doctor, inside);
  const rocksdb = checks
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .find((check) => check.name === 'RocksDB');
  if (rocksdb?.data.source !== 'prebuilt') {
    throw new SetupError(`the addon in use is not the prebuilt one: ${rocksdb?.found}`);
  }
  return [
    `npm install ${seconds} s`,
    `RocksDB ${rocksdb.data.loaded}`,
    'conformance, example and kill attack passed',
  ];
}
