// Makes dist/shale.js, the one file that the command runs, out of dist/main.js and what it imports: loading some three
// hundred modules takes longer than most commands. Called after each compilation, and before tests.
//
// The benchmarks are not in it, which start files of their own as processes and are loaded by `shale bench` alone, and
// neither are replicas, which are installed by those who have one.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../../scripts/lib/bundle/program.mjs';

const folder = fileURLToPath(new URL('../dist', import.meta.url));

export async function bundleCommand() {
  await bundle({
    input: join(folder, 'main.js'),
    target: join(folder, 'shale.js'),
    format: 'esm',
    external: ['@shale/bench-kit', '@shale/replica'],
  });
}
