// `npm run pack`: every package as a tarball, as it is published, in `packed`. Options:
//
//   --to <folder>     another folder
//   --local-addon     and the package of this machine's platform, with the addon that `npm run build` made, which needs
//                     the system's RocksDB
import { rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packPackages, packPlatform, tarballsIn } from './lib/packing.mjs';
import { root } from './lib/paths.mjs';
import { ADDON } from './lib/platforms.mjs';
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
  await packPackages(folder);
  if (values['local-addon']) {
    const addon = join(root, 'packages', 'rocksdb', 'build', ADDON);
    const licenses = "Links the system's librocksdb; no code of others is in it.\n";
    await packPlatform(`${process.platform}-${process.arch}-gnu`, addon, licenses, folder);
  }
  for (const tarball of tarballsIn(folder)) console.log(tarball);
} catch (error) {
  fail(error);
}
