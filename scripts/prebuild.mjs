// `npm run prebuild -- --platform linux-x64-gnu`: the addon with RocksDB inside, for machines that have neither a compiler
// nor RocksDB. It is built in a root of Debian 11, so that it needs no later glibc than 2.31, from Debian's sources
// (packages/rocksdb/prebuild/sources.json), checked, and packed. As root, on x64.
//
//   --platform <name>   linux-x64-gnu or linux-arm64-gnu, which is cross-compiled; more than once for both
//   --to <folder>       where the tarball goes; packed/ unless it is said
//
// What it makes on the way is kept in node_modules/.cache/shale-prebuild, or where SHALE_PREBUILD_CACHE says. Without
// arguments it does nothing: npm calls a script of this name before `npm run build`, too.
import { fail } from './lib/say.mjs';

if (process.argv.length > 2) {
  const { prebuild } = await import('./lib/prebuild/main.mjs');
  await prebuild(process.argv.slice(2)).catch(fail);
}
