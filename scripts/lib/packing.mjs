import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNPM } from './install.mjs';
import { root } from './paths.mjs';
import { ADDON, platformsFolder } from './platforms.mjs';
import { kept } from './prebuild/kept.mjs';
import { run } from './run.mjs';

/** What `npm run build` makes. @type {import('./prebuild/kept.mjs').Prebuilt} */
const LOCAL = {
  addon: join(root, 'packages', 'rocksdb', 'build', ADDON),
  licenses: "Links the system's librocksdb; no code of others is in it.\n",
};

/**
 * Packs every package as it is published, but for the binaries: pnpm puts versions for `workspace:*`, and the
 * repository's license into each.
 *
 * @param {string} folder
 */
export async function packPackages(folder) {
  mkdirSync(folder, { recursive: true });
  const options = ['--config.ignore-scripts=true', '--loglevel=error', '--pack-destination', folder];
  await run('packing', 'npx', ['-y', PNPM, '--recursive', '--filter', './packages/*', 'pack', ...options], {
    quiet: true,
  });
}

/**
 * Packs the package of a platform with its binary. What says where it can be installed is added here: in the repository
 * both are linked, whatever the machine.
 *
 * @param {string} platform
 * @param {string} addon the binary
 * @param {string} licenses the text of the licenses of what is linked into it
 * @param {string} folder
 */
export async function packPlatform(platform, addon, licenses, folder) {
  mkdirSync(folder, { recursive: true });
  const [os = '', cpu = ''] = platform.split('-');
  const source = join(platformsFolder, platform);
  const staging = mkdtempSync(join(tmpdir(), 'shale-platform-'));
  try {
    const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    const { files, ...rest } = { ...manifest, os: [os], cpu: [cpu], libc: ['glibc'], preferUnplugged: true };
    writeFileSync(join(staging, 'package.json'), `${JSON.stringify({ ...rest, files }, null, 2)}\n`);
    copyFileSync(join(source, 'README.md'), join(staging, 'README.md'));
    copyFileSync(join(root, 'LICENSE'), join(staging, 'LICENSE'));
    writeFileSync(join(staging, 'LICENSES.txt'), licenses);
    copyFileSync(addon, join(staging, ADDON));
    await run(
      `packing ${platform}`,
      'npm',
      ['pack', staging, '--ignore-scripts', '--pack-destination', folder],
      {
        quiet: true,
      },
    );
  } finally {
    rmSync(staging, { recursive: true });
  }
}

/**
 * Packs what `npm run pack` does into a folder: every package, and the binary for this machine's platform if there is one.
 *
 * @param {string} folder
 * @param {'prebuilt' | 'local' | 'any'} addon which binary: the one that `npm run prebuild` has made of these very
 *   sources; the one that `npm run build` has made, which needs the system's RocksDB; the first one of the two
 */
export async function packAll(folder, addon) {
  await packPackages(folder);
  const platform = `${process.platform}-${process.arch}-gnu`;
  const prebuilt = addon === 'local' ? undefined : kept(platform);
  const binary = prebuilt ?? (addon === 'prebuilt' ? undefined : LOCAL);
  if (binary !== undefined) await packPlatform(platform, binary.addon, binary.licenses, folder);
}

/** The tarballs in a folder. @param {string} folder @returns {string[]} */
export function tarballsIn(folder) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  return names.sort().map((name) => join(folder, name));
}
