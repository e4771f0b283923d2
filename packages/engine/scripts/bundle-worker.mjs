// Makes dist/worker/thread.cjs, the one file that a shard's thread runs, out of what worker/entry.ts was compiled to and
// what it imports. Called after each compilation, and before tests: it takes a fraction of a second.
//
// CommonJS, for then no hook of the application on the loading of ES modules is asked. The addon is not in it (its path
// comes by workerData), nor is Piscina: what it needs of that is loaded from Piscina's own files.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../../scripts/lib/bundle/program.mjs';

const folder = fileURLToPath(new URL('../dist', import.meta.url));

export async function bundleWorker() {
  await bundle({
    input: join(folder, '.compiled', 'worker', 'entry.js'),
    target: join(folder, 'worker', 'thread.cjs'),
    format: 'cjs',
    external: [],
  });
}
