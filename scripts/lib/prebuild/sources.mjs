import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root as repository } from '../paths.mjs';
import { SetupError, say } from '../say.mjs';
import { KEYRING, MIRROR } from './root.mjs';

/** @type {{ suites: string[], sources: Record<string, { version: string, sha256: Record<string, string>, licenses: string[] }> }} */
export const { suites, sources } = JSON.parse(
  readFileSync(join(repository, 'packages', 'rocksdb', 'prebuild', 'sources.json'), 'utf8'),
);

/** Where the files of Debian are in the root. */
const DOWNLOAD = '/build/download';

/** Where the sources of a package are in the root. @param {string} name */
export const sourceOf = (name) => `/build/src/${name}`;

/**
 * Gets the sources of RocksDB and of what it compresses with into a root: those that Debian has, RocksDB's with Debian's
 * patches. Each file must have the checksum that the signed index of Debian says, and that the repository has.
 *
 * @param {import('./root.mjs').Root} root
 */
export async function fetchSources(root) {
  const missing = Object.entries(sources).filter(([name, { version }]) => {
    const stamp = root.at(`${sourceOf(name)}/.version`);
    return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== version;
  });
  if (missing.length === 0) return;
  await readIndex(root);
  for (const [name, { version, sha256 }] of missing) {
    say(`downloading ${name} ${version}`);
    const { folder, checksums } = await indexed(root, name, version);
    const download = `${DOWNLOAD}/${name}`;
    mkdirSync(root.at(download), { recursive: true });
    for (const [file, wanted] of Object.entries(sha256)) {
      if (checksums.get(file) !== wanted) {
        throw new SetupError(
          `Debian's index says SHA-256 ${checksums.get(file)} for ${file}, and not ${wanted}`,
        );
      }
      const bytes = await get(`${MIRROR}/${folder}/${file}`);
      const hash = createHash('sha256').update(bytes).digest('hex');
      if (hash !== wanted) throw new SetupError(`${file} has the SHA-256 ${hash}, and should have ${wanted}`);
      writeFileSync(root.at(`${download}/${file}`), bytes);
    }
    await unpack(root, name, download);
    writeFileSync(root.at(`${sourceOf(name)}/.version`), version);
  }
}

/** Has apt read the indexes of the suites, and check their signatures. @param {import('./root.mjs').Root} root */
async function readIndex(root) {
  copyFileSync(KEYRING, root.at('/usr/share/keyrings/shale-sources.gpg'));
  const lines = suites.map(
    (suite) => `deb-src [signed-by=/usr/share/keyrings/shale-sources.gpg] ${MIRROR} ${suite} main`,
  );
  writeFileSync(root.at('/etc/apt/sources.list.d/shale-sources.list'), `${lines.join('\n')}\n`);
  // A mirror may stand still. That its index is signed is checked; that no later one exists would add nothing to versions
  // and checksums that are pinned.
  const lasting = ['-o', 'Acquire::Check-Valid-Until=false'];
  await root.run('reading the index of sources', ['apt-get', '-qq', ...lasting, 'update']);
}

/**
 * Where the index says that a version's files are, and their checksums.
 *
 * @param {import('./root.mjs').Root} root @param {string} name @param {string} version
 */
async function indexed(root, name, version) {
  const text = await root.output(['apt-cache', 'showsrc', '--only-source', name]);
  const stanza = text.split(/\n\n+/).find((part) => /^Version: (.*)$/m.exec(part)?.[1] === version);
  if (stanza === undefined)
    throw new SetupError(`${MIRROR} has no ${name} ${version} in ${suites.join(' or ')}`);
  const folder = /^Directory: (.*)$/m.exec(stanza)?.[1];
  const lines = [...stanza.matchAll(/^ ([0-9a-f]{64}) \d+ (\S+)$/gm)];
  return { folder, checksums: new Map(lines.map(([, hash = '', file = '']) => [file, hash])) };
}

/** @param {string} url */
async function get(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new SetupError(`${url}: ${answer.status} ${answer.statusText}`);
  return Buffer.from(await answer.arrayBuffer());
}

/**
 * The upstream release, and on it the patches of Debian where they were downloaded.
 *
 * @param {import('./root.mjs').Root} root @param {string} name @param {string} download
 */
async function unpack(root, name, download) {
  const target = sourceOf(name);
  rmSync(root.at(target), { recursive: true, force: true });
  mkdirSync(root.at(target), { recursive: true });
  const script = `set -e
tar -xf "$0"/*.orig.tar.* --strip-components=1
if ls "$0"/*.debian.tar.* > /dev/null 2>&1; then
  tar -xf "$0"/*.debian.tar.*
  while read -r patch; do patch -p1 -s < "debian/patches/$patch"; done < debian/patches/series
fi`;
  await root.run(`unpacking ${name}`, ['sh', '-c', script, download], { cwd: target });
}

/** The licenses of all that is linked into the addon. @param {import('./root.mjs').Root} root */
export function licensesOf(root) {
  const parts = Object.entries(sources).map(([name, { version, licenses }]) => {
    const texts = licenses.map((file) => readFileSync(root.at(`${sourceOf(name)}/${file}`), 'utf8').trim());
    return `${name} ${version.replace(/^\d+:/, '')}\n\n${texts.join('\n\n')}`;
  });
  const library = `GCC's libstdc++ and libgcc, under the GNU General Public License 3 with the GCC Runtime Library Exception
3.1, which lets them be part of programs under any license: https://www.gnu.org/licenses/gcc-exception-3.1.html`;
  return `${['What is linked into this addon, and under which licenses.', ...parts, library].join(`\n\n${'='.repeat(78)}\n\n`)}\n`;
}
