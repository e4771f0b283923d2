import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Compiles `test/native/<name>.c` with the system's C compiler (`$CC`, else cc) to a library in `directory` that can be
 * preloaded, and returns its path. Throws an Error that says what is missing.
 */
export function buildInterposer(name: string, directory: string): string {
  const source = fileURLToPath(new URL(`../../native/${name}.c`, import.meta.url));
  const library = join(directory, `${name}.so`);
  const [command = 'cc', ...args] = (process.env.CC ?? 'cc').split(' ').filter(Boolean);
  const flags = ['-std=c11', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];
  const built = spawnSync(command, [...args, ...flags, '-o', library, source, '-ldl'], { encoding: 'utf8' });
  if (built.error !== undefined) {
    throw new Error(
      `no C compiler (${command}): install one (apt-get install gcc), or name it in CC. This attack needs it`,
      { cause: built.error },
    );
  }
  if (built.status !== 0) throw new Error(`${command} cannot compile ${source}:\n${built.stderr}`);
  return library;
}
