import type { ReadStream } from 'node:tty';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const REST_OF_LINE = '\x1b[K';
const REST_OF_SCREEN = '\x1b[J';
const CTRL_C = '\x03';

/** The whole terminal, while it is shown. Leaves it as it was, however the process ends but for SIGKILL. */
export class Screen implements Disposable {
  readonly #out: NodeJS.WriteStream;
  readonly #in: ReadStream | null;
  readonly #resized: () => void;
  readonly #key: (bytes: Buffer) => void;
  readonly #leave = (): void => {
    this.#out.write(LEAVE);
  };

  /**
   * @param input keys are read from it when it is a terminal
   * @param on what to do when the terminal has another size, and when `q` or Ctrl-C is typed, which sends no signal
   */
  constructor(
    out: NodeJS.WriteStream,
    input: NodeJS.ReadableStream,
    on: { readonly resized: () => void; readonly quit: () => void; readonly interrupt: () => void },
  ) {
    this.#out = out;
    this.#resized = on.resized;
    this.#key = (bytes) => {
      const keys = bytes.toString('latin1');
      if (keys.includes(CTRL_C)) on.interrupt();
      else if (keys.toLowerCase() === 'q') on.quit();
    };
    this.#in = isTerminal(input) ? input : null;
    out.write(ENTER);
    process.once('exit', this.#leave);
    out.on('resize', this.#resized);
    this.#in?.setRawMode(true);
    this.#in?.on('data', this.#key).resume();
  }

  get width(): number {
    return this.#out.columns || 80;
  }

  get height(): number {
    return this.#out.rows || 24;
  }

  /** Draws over what was there, without a moment in which nothing is. */
  show(lines: readonly string[]): void {
    const text = lines.map((line) => line + REST_OF_LINE).join('\n');
    this.#out.write(HOME + text + REST_OF_SCREEN);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#leave);
    this.#out.off('resize', this.#resized);
    this.#in?.off('data', this.#key).pause();
    this.#in?.setRawMode(false);
    this.#leave();
  }
}

function isTerminal(input: NodeJS.ReadableStream): input is ReadStream {
  return 'isTTY' in input && input.isTTY === true;
}
