// Makes the files that hold a whole library or program each, of what was compiled: those of the packages that
// applications load, the threads', the command's and its page's.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleCommand } from '../packages/cli/scripts/bundle-command.mjs';
import { bundlePage } from '../packages/cli/scripts/bundle-page.mjs';
import { bundleWorker } from '../packages/engine/scripts/bundle-worker.mjs';
import { bundleLibrary } from './lib/bundle/library.mjs';
import { root } from './lib/paths.mjs';

/** The packages that applications load, and which of their modules are programs. */
const LIBRARIES = {
  codec: [],
  rocksdb: [],
  storage: ['repair/repair-process.js'],
  engine: ['worker/entry.js'],
};

export async function bundleAll() {
  const libraries = Object.entries(LIBRARIES).map(([name, programs]) =>
    bundleLibrary(join(root, 'packages', name), programs),
  );
  await Promise.all([...libraries, bundleWorker(), bundleCommand(), bundlePage()]);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundleAll();
}
