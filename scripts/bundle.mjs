// Makes the files that hold a whole program each, of what was compiled: the threads' and the command's.
import { pathToFileURL } from 'node:url';
import { bundleCommand } from '../packages/cli/scripts/bundle-command.mjs';
import { bundleWorker } from '../packages/engine/scripts/bundle-worker.mjs';

export async function bundleAll() {
  await Promise.all([bundleWorker(), bundleCommand()]);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundleAll();
}
