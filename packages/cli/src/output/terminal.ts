import { createColors } from 'picocolors';
import { OutputStream } from './output-stream.js';
import { withoutActing } from './showable.js';

/** The colouring functions that the command uses. */
export type Colors = ReturnType<typeof createColors>;

/** Colours go to terminals only; NO_COLOR and TERM=dumb turn them off, FORCE_COLOR turns them on. */
export function wantsColor(env: NodeJS.ProcessEnv, isTTY: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR && FORCE_COLOR !== '0') return true;
  return isTTY && TERM !== 'dumb';
}

/** Where a command talks: results on standard output, everything said along the way on standard error. */
export class Terminal {
  readonly out: OutputStream;
  readonly outIsTTY: boolean;
  readonly errIsTTY: boolean;
  readonly outColors: Colors;
  readonly errColors: Colors;
  readonly width: number;
  /** What fills the whole screen is written to it by itself. */
  readonly stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;

  constructor(
    streams: { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream },
    env: NodeJS.ProcessEnv = process.env,
  ) {
    const { stdout, stderr } = streams;
    this.stdout = stdout;
    this.#stderr = stderr;
    this.out = new OutputStream(stdout);
    this.outIsTTY = stdout.isTTY === true;
    this.errIsTTY = stderr.isTTY === true;
    // Some pseudo terminals say 0.
    this.width = stdout.columns || 100;
    this.outColors = createColors(wantsColor(env, this.outIsTTY));
    this.errColors = createColors(wantsColor(env, this.errIsTTY));
    // Notes without a reader are no reason to stop.
    stderr.on('error', () => {});
  }

  /** A line on standard error, or several; nothing in it makes a terminal do anything but change colours. */
  note(text: string): void {
    this.#stderr.write(`${withoutActing(text)}\n`);
  }

  get stderr(): NodeJS.WriteStream {
    return this.#stderr;
  }
}
