import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const SOURCE = join(PACKAGE, 'native', 'disk.c');
const FLAGS = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra'];

/** Whether this machine can run the interposer: 64-bit Linux. */
export function canInterpose(): boolean {
  return process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
}

/**
 * The library that watches a process's disk, for LD_PRELOAD. Compiled with the system's C compiler (`CC`, else `cc`) when
 * its source has changed, into this package's folder `build`. Throws an Error that says what to install when there is no
 * compiler, and one with the compiler's words when it fails.
 */
export function buildInterposer(): string {
  if (!canInterpose())
    throw new Error('the disk interposer is made for 64-bit Linux: these attacks run there only');
  const compiler = process.env.CC ?? 'cc';
  const stamp = createHash('sha256').update(readFileSync(SOURCE)).update(compiler).digest('hex').slice(0, 16);
  const library = join(PACKAGE, 'build', `disk-${stamp}.so`);
  if (existsSync(library)) return library;
  mkdirSync(join(PACKAGE, 'build'), { recursive: true });
  // Several processes may build at the same time: each for itself, and the last rename wins with the same bytes.
  const temporary = `${library}.${process.pid}`;
  const built = spawnSync(compiler, [...FLAGS, SOURCE, '-o', temporary, '-ldl', '-lpthread'], {
    encoding: 'utf8',
  });
  if (built.error !== undefined) {
    throw new Error(
      `the disk interposer is written in C, and there is no compiler '${compiler}': install one (Debian and Ubuntu: ` +
        'apt-get install gcc libc6-dev) or name yours with CC',
      { cause: built.error },
    );
  }
  if (built.status !== 0) throw new Error(`${compiler} could not compile ${SOURCE}:\n${built.stderr}`);
  renameSync(temporary, library);
  return library;
}
