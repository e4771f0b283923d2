import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cache, root } from './paths.mjs';
import { platformNames } from './platforms.mjs';
import { run } from './run.mjs';

/** Version 11 of pnpm needs Node 22; npx brings this one wherever npm is. */
export const PNPM = 'pnpm@10.34.9';

const stamp = join(cache, 'installed');

/** Installs the npm packages, unless what is installed came from these very files. */
export async function ensureInstalled() {
  const wanted = fingerprint();
  if (existsSync(join(root, 'node_modules', '.modules.yaml')) && read(stamp) === wanted) return;
  await run(
    'installing npm packages',
    'npx',
    ['-y', PNPM, 'install', '--frozen-lockfile', '--loglevel=warn', '--config.confirmModulesPurge=false'],
    {
      loud: true,
      hint: `After changing a package.json, run 'npx -y ${PNPM} install' and commit pnpm-lock.yaml. Otherwise: is the npm registry reachable?`,
    },
  );
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** A hash over all that decides what ends up in node_modules. */
function fingerprint() {
  const hash = createHash('sha256');
  hash.update(`${process.platform} ${process.arch} ${PNPM}`);
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    '.npmrc',
    ...workspaces().map((dir) => join(dir, 'package.json')),
  ];
  for (const file of files) hash.update(`\0${file}\0${read(join(root, file)) ?? ''}`);
  return hash.digest('hex');
}

/** Every directory of the workspace that has a package.json, as in pnpm-workspace.yaml. */
function workspaces() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
  const platforms = platformNames().map((name) => join('packages', 'rocksdb', 'platforms', name));
  const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join('examples', name));
  return ['.', 'benchmarks', 'docs', 'test', ...packages, ...platforms, ...examples];
}

/** @param {string} file */
function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
