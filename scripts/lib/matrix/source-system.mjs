import { rmSync } from 'node:fs';
import { nodeVersions } from '../node-binaries.mjs';
import { root as repository } from '../paths.mjs';
import { debianRoot } from '../prebuild/root.mjs';
import { run } from '../run.mjs';
import { putNode } from './node-in-root.mjs';

/** The version of Node that runs there. */
const NODE = 22;

/**
 * Runs `npm test` of a fresh clone on a system with Node and npm alone: it installs a compiler and the system's RocksDB,
 * builds the addon against it, and has to pass every test.
 *
 * @param {string} suite of Debian @returns {import('./main.mjs').Row['run']}
 */
export function sourceSystem(suite) {
  return async (name) => {
    const root = await debianRoot(name, suite, []);
    const env = await putNode(root, NODE);
    rmSync(root.at('/shale'), { recursive: true, force: true });
    await run('cloning', 'git', ['clone', '--quiet', repository, root.at('/shale')], { quiet: true });
    const start = performance.now();
    await root.run(`npm test on ${name} (half an hour)`, ['npm', 'test'], {
      cwd: '/shale',
      env,
      devices: true,
    });
    const minutes = ((performance.now() - start) / 60_000).toFixed(1);
    console.log(`${name}  Node ${nodeVersions[NODE]}  npm test passed in ${minutes} min`);
  };
}
