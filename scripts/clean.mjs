// `npm run clean`: removes what was built. `npm run clean -- --all` removes what was installed, too.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/paths.mjs';

const made = ['dist', 'build', 'coverage', ...(process.argv.includes('--all') ? ['node_modules'] : [])];
const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
const dirs = [...packages, 'benchmarks', 'benchmarks/rivals', 'test', 'docs', '.'].flatMap((dir) =>
  made.map((name) => join(dir, name)),
);
for (const dir of [...dirs, 'docs/api', 'node_modules/.cache/shale']) {
  rmSync(join(root, dir), { recursive: true, force: true });
}
