// `npm run pack`: every package as a tarball, as it is published, in `packed`. With them goes the binary for this machine's
// platform, if `npm run prebuild` has made it out of these very sources. Options:
//
//   --to <folder>     another folder
//   --local-addon     instead of that binary the one that `npm run build` made, which needs the system's RocksDB
import { rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packAll, tarballsIn } from './lib/packing.mjs';
import { root } from './lib/paths.mjs';
import { fail } from './lib/say.mjs';
import { setup } from './setup.mjs';

try {
  const { values } = parseArgs({
    options: {
      to: { type: 'string', default: join(root, 'packed') },
      'local-addon': { type: 'boolean', default: false },
    },
  });
  const folder = resolve(values.to);
  await setup();
  for (const old of tarballsIn(folder)) if (/^shale-/.test(basename(old))) rmSync(old);
  await packAll(folder, values['local-addon'] ? 'local' : 'prebuilt');
  for (const tarball of tarballsIn(folder)) console.log(tarball);
} catch (error) {
  fail(error);
}
