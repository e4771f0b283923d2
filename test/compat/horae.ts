import { compile, run } from '../dist/native/program.js';

/** The program of horae-wal.cc, compiled. */
export class Horae {
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  /** Compiles the program into `folder`, with the compiler and the RocksDB that the addon is built with. */
  static build(folder: string): Horae {
    return new Horae(compile('horae-wal', folder));
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
