// `npm run matrix -- [name...]`: the packed packages where they will run, as root on x64. Each system is a root of Debian
// without a compiler and without RocksDB, made by debootstrap: debian-11, debian-12, debian-13. In each, for Node 20, 22
// and 24, the tarballs are installed into an empty application, which runs the conformance suite, README's example and
// the attack kill in a short form. `npm run prebuild -- --platform linux-x64-gnu` comes first.
//
// debian-13-system and sid-system, which have to be named and take half an hour each, run `npm test` of a fresh clone there,
// against the system's own RocksDB (9.10 and 9.11) and with its compiler.
//
// arm64, which has to be named, runs the same under qemu-user-static, and reads here what was written there and the other
// way round. `npm run prebuild -- --platform linux-arm64-gnu` comes first.
import { fail } from './lib/say.mjs';
import { setup } from './setup.mjs';

try {
  await setup();
  // It needs packages that the set-up has installed.
  const { matrix } = await import('./lib/matrix/main.mjs');
  await matrix(process.argv.slice(2));
} catch (error) {
  fail(error);
}
