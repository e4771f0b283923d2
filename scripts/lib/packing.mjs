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
import { run } from './run.mjs';

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

/** The tarballs in a folder. @param {string} folder @returns {string[]} */
export function tarballsIn(folder) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  return names.sort().map((name) => join(folder, name));
}
