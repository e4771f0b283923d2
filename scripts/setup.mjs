// Brings a checkout to where everything runs: compiler and RocksDB, npm packages, the addon, the compiled TypeScript.
// Safe to call at any time: each step is skipped or nearly free when there is nothing to do.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled } from './lib/install.mjs';
import { withLock } from './lib/lock.mjs';
import { requireNode } from './lib/node-version.mjs';
import { cache, root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { fail } from './lib/say.mjs';
import { ensureSystem } from './lib/system.mjs';

export async function setup() {
  requireNode(20, 19, 'Shale');
  await withLock(join(cache, 'setup.lock'), async () => {
    await ensureSystem();
    await ensureInstalled();
    // Both are waited for even if one fails: nothing may still be writing once the lock is released.
    const builds = await Promise.allSettled([buildNative(), buildTypeScript()]);
    for (const build of builds) if (build.status === 'rejected') throw build.reason;
  });
}

function buildNative() {
  const script = join(root, 'packages', 'rocksdb', 'scripts', 'build-native.mjs');
  if (!existsSync(script)) return undefined;
  return run('compiling the addon', process.execPath, [script, '--quiet']);
}

async function buildTypeScript() {
  await run('compiling TypeScript', join(root, 'node_modules', '.bin', 'tsc'), ['-b']);
  await run('making the files of threads and command', process.execPath, [
    join(root, 'scripts', 'bundle.mjs'),
  ]);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await setup().catch(fail);
}
