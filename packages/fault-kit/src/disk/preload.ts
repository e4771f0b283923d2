import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../../build', import.meta.url));
const FLAGS = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror'];

/**
 * Compiles a C file to a library for LD_PRELOAD, with the system's C compiler (`CC`, else `cc`), when it or the
 * compiler has changed. Throws an Error that says what to install when there is no compiler, and one with the
 * compiler's words when it fails.
 *
 * @param source the path of the C file.
 * @returns the path of the library, in this package's folder `build`.
 */
export function buildPreload(source: string): string {
  const compiler = process.env.CC ?? 'cc';
  const [command = 'cc', ...args] = compiler.split(' ').filter(Boolean);
  const stamp = createHash('sha256').update(readFileSync(source)).update(compiler).digest('hex').slice(0, 16);
  const library = join(BUILD, `${basename(source, '.c')}-${stamp}.so`);
  if (existsSync(library)) return library;
  mkdirSync(BUILD, { recursive: true });
  // Several processes may build at the same time: each for itself, and the last rename wins with the same bytes.
  const temporary = `${library}.${process.pid}`;
  const all = [...args, ...FLAGS, source, '-o', temporary, '-ldl', '-lpthread'];
  const built = spawnSync(command, all, { encoding: 'utf8' });
  if (built.error !== undefined) {
    throw new Error(
      `${basename(source)} is written in C, and there is no compiler '${command}': install one (Debian and Ubuntu: ` +
        'apt-get install gcc libc6-dev) or name yours with CC',
      { cause: built.error },
    );
  }
  if (built.status !== 0) throw new Error(`${compiler} could not compile ${source}:\n${built.stderr}`);
  renameSync(temporary, library);
  return library;
}
