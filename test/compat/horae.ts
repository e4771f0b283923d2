import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program of horae-wal.cc, compiled. */
export class Horae {
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  /** Compiles the program into `folder`, with the compiler and the RocksDB that the addon is built with. */
  static build(folder: string): Horae {
    const source = fileURLToPath(new URL('horae-wal.cc', import.meta.url));
    const program = join(folder, 'horae-wal');
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
    return new Horae(program);
  }

  /** Does the steps, which horae-wal.cc describes. */
  write(directory: string, steps: readonly string[]): void {
    run(this.#program, ['write', directory], `${steps.join('\n')}\n`);
  }

  /** Everything that is there, in the order of the keys: a line each, in the words of the steps. */
  read(directory: string): string[] {
    return run(this.#program, ['read', directory]).split('\n').filter(Boolean);
  }

  /** Deletes up to a sequence as the reference does. */
  trim(directory: string, region: bigint, table: bigint, upTo: bigint): void {
    run(this.#program, ['trim', directory, String(region), String(table), String(upTo)]);
  }
}

function run(command: string, args: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    input,
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed (${status}): ${stderr}`);
  return stdout;
}
