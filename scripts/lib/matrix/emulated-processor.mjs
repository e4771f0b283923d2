import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFolder, nodeVersions } from '../node-binaries.mjs';
import { tarballsIn } from '../packing.mjs';
import { root as repository } from '../paths.mjs';
import { BUILD_ROOT, pathOfRoot } from '../prebuild/root.mjs';
import { run } from '../run.mjs';
import { SetupError } from '../say.mjs';

/** What the kernel calls to run programs for arm64. */
const EMULATOR = '/proc/sys/fs/binfmt_misc/qemu-aarch64';

/** How it comes to be there: the package registers it by itself where an init system runs. */
const REGISTRATION = [
  '  apt-get install qemu-user-static',
  '  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc',
  '  cat /usr/lib/binfmt.d/qemu-aarch64.conf > /proc/sys/fs/binfmt_misc/register',
];

/** Where the cross compiler has glibc 2.31 for arm64. */
const LIBRARIES = join(pathOfRoot(BUILD_ROOT), 'usr', 'aarch64-linux-gnu');

/** Cycles of the attack kill: an emulated processor takes twenty times as long. */
const CYCLES = '5';

/** The command as this machine has it. */
const SHALE = join(repository, 'packages', 'cli', 'bin', 'shale.js');

/**
 * Installs the tarballs as for arm64, and runs what applications run on Node for arm64, emulated. Logs that were written
 * there are read here and the other way round: each processor computes the checksums by instructions of its own.
 *
 * @type {import('./main.mjs').Row['run']}
 */
export async function emulatedProcessor(name, { tarballs, programs, scratch }) {
  if (!existsSync(EMULATOR)) {
    throw new SetupError(`missing: ${EMULATOR}; as root:\n${REGISTRATION.join('\n')}`);
  }
  const application = join(scratch, 'application');
  mkdirSync(application);
  const manifest = '{ "name": "application", "private": true, "type": "module" }\n';
  writeFileSync(join(application, 'package.json'), manifest);
  // By force: npm would look at the processor that it runs on itself.
  const target = ['--os=linux', '--cpu=arm64', '--libc=glibc', '--force'];
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund'];
  const install = ['--prefix', application, 'install', ...target, ...quiet, ...tarballsIn(tarballs)];
  await run('npm install', 'npm', install, { quiet: true });
  cpSync(programs, application, { recursive: true });

  const node = join(await nodeFolder(22, 'arm64'), 'bin', 'node');
  const there = (/** @type {string} */ label, /** @type {string[]} */ ...args) =>
    run(label, 'env', ['-C', application, `QEMU_LD_PREFIX=${LIBRARIES}`, node, ...args], { quiet: true });
  const command = join(application, 'node_modules', '@shale', 'cli', 'bin', 'shale.js');
  const lines = join(scratch, 'lines.log');
  const fromThere = join(scratch, 'there');
  const fromHere = join(scratch, 'here');
  const texts = Array.from({ length: 4096 }, (_, length) => `${length} ${'x'.repeat(length)}\n`);
  writeFileSync(lines, texts.join(''));
  await there('writing a log there', command, 'ingest', fromThere, lines);
  await run('reading it here', process.execPath, [SHALE, 'verify', fromThere], { quiet: true });
  await run('writing a log here', process.execPath, [SHALE, 'ingest', fromHere, lines], { quiet: true });
  await there('reading it there', command, 'verify', fromHere);
  await there('the conformance suite', '--test', 'conformance.mjs');
  await there("README's example", 'readme.mjs');
  await there('the attack kill', 'kill.mjs', CYCLES);
  const passed = 'logs exchanged, conformance suite, example and attack kill passed';
  console.log(`${name}  Node ${nodeVersions[22]}, emulated  ${passed}`);
}
