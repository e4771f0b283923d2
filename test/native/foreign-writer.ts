import { compile, run } from './program.js';

/** The program of foreign-writer.cc, compiled. */
export class ForeignWriter {
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  static build(folder: string): ForeignWriter {
    return new ForeignWriter(compile('foreign-writer', folder));
  }

  /**
   * Does the steps, which foreign-writer.cc describes, with RocksDB's options. It is killed if the last step is `kill`.
   */
  write(directory: string, steps: readonly string[], options: Readonly<Record<string, string>> = {}): void {
    const text = Object.entries(options)
      .map(([name, value]) => `${name}=${value}`)
      .join(';');
    run(this.#program, [directory, text], `${steps.join('\n')}\n`, steps.at(-1) === 'kill');
  }
}
