// Makes the files that hold a whole program each, of what was compiled: the threads', the command's and its page's.
import { pathToFileURL } from 'node:url';
import { bundleCommand } from '../packages/cli/scripts/bundle-command.mjs';
import { bundlePage } from '../packages/cli/scripts/bundle-page.mjs';
import { bundleWorker } from '../packages/engine/scripts/bundle-worker.mjs';

export async function bundleAll() {
  await Promise.all([bundleWorker(), bundleCommand(), bundlePage()]);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundleAll();
}
