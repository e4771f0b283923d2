import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Compiles a program of the folder `test/compat` into `folder`, with the compiler and the RocksDB that the addon is
 * built with.
 */
export function compile(name: string, folder: string): string {
  const source = fileURLToPath(new URL(`../../compat/${name}.cc`, import.meta.url));
  const program = join(folder, name);
  const { CXX = 'c++', ROCKSDB_INCLUDE: include, ROCKSDB_LIB: library } = process.env;
  const [compiler = 'c++', ...args] = CXX.split(' ').filter(Boolean);
  run(compiler, [
    ...args,
    '-std=c++17',
    '-Wall',
    '-Wextra',
    '-Werror',
    ...(include === undefined ? [] : [`-isystem${include}`]),
    source,
    '-o',
    program,
    ...(library === undefined ? [] : [`-L${library}`, `-Wl,-rpath,${library}`]),
    '-lrocksdb',
  ]);
  return program;
}

/** Runs a program and returns what it prints. It must end well; with `killed`, by the signal that it sends itself. */
export function run(command: string, args: readonly string[], input = '', killed = false): string {
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    input,
    maxBuffer: 2 ** 28,
  });
  // One that is killed before it has read everything leaves a broken pipe.
  if (error !== undefined && !killed) throw error;
  if (killed ? signal !== 'SIGKILL' : status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed (${status ?? signal}): ${stderr}`);
  }
  return stdout;
}
