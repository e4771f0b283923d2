import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ended, start } from './child.mjs';
import { packPackages, tarballsIn } from './packing.mjs';
import { cache, root } from './paths.mjs';

/** Fills in docs/api.md. */
const apiReference = join(root, 'docs', 'reference', 'main.mjs');

/** What the addon's sources may include. */
const nativeFloors = join(root, 'packages', 'rocksdb', 'scripts', 'floors.mjs');

/** @typedef {{ name: string, run: () => Promise<string | undefined> }} Check resolves to what is wrong, if anything */

/** Everything that is checked without running the tests. @type {Check[]} */
export const checks = [
  {
    name: 'lint, format, import cycles, arrows between packages',
    run: () => tool('biome', 'check', '--error-on-warnings'),
  },
  { name: 'floors of the native sources', run: () => command('node', nativeFloors) },
  { name: 'types of tests and scripts', run: () => tool('tsc', '-b', ...checkedOnly()) },
  { name: 'published packages (publint, attw)', run: checkPackages },
  { name: 'API documentation', run: checkDocs },
  { name: 'docs/api.md says what the code says', run: () => command('node', apiReference, '--check') },
];

/** The TypeScript projects that `tsc -b` alone leaves out, because nothing runs from them. */
function checkedOnly() {
  const tests = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'test'));
  return ['scripts', 'examples', 'docs', 'test', 'benchmarks/test', ...tests].filter((dir) =>
    existsSync(join(root, dir, 'tsconfig.json')),
  );
}

/** TypeDoc lives in docs/, beside the TypeScript 6 that it needs. */
function checkDocs() {
  const typedoc = join(root, 'docs', 'node_modules', '.bin', 'typedoc');
  return command(typedoc, '--options', 'docs/typedoc.config.mjs', '--emit', 'none', '--logLevel', 'Warn');
}

/** Packs each package as it is published, and has the very file looked at. */
async function checkPackages() {
  const dir = mkdtempSync(join(cache, 'pack-'));
  try {
    await packPackages(dir);
    const complaints = [];
    for (const file of tarballsIn(dir)) {
      complaints.push(await tool('publint', file, '--strict'));
      complaints.push(await tool('attw', file, '--profile', 'esm-only', '--quiet', '--no-emoji'));
    }
    return complaints.filter((text) => text !== undefined).join('\n') || undefined;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** @param {string} name @param {string[]} args */
function tool(name, ...args) {
  return command(join(root, 'node_modules', '.bin', name), ...args);
}

/**
 * Resolves to the output of a command that failed, or to undefined.
 *
 * @param {string} file @param {string[]} args
 */
async function command(file, ...args) {
  const child = start(file, args, ['ignore', 'pipe', 'pipe']);
  /** @type {Buffer[]} */
  const output = [];
  child.stdout?.on('data', (chunk) => output.push(chunk));
  child.stderr?.on('data', (chunk) => output.push(chunk));
  const outcome = await ended(child);
  return outcome === 0 ? undefined : Buffer.concat(output).toString() || `${file}: ${outcome}`;
}
