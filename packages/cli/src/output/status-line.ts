import type { Terminal } from './terminal.js';

/** Milliseconds between two drawings. */
const DRAW_MS = 200;

/** One line on standard error that says how far a command is, on terminals only. */
export class StatusLine {
  readonly #terminal: Terminal;
  readonly #live: boolean;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(terminal: Terminal, options: { readonly off?: boolean | undefined } = {}) {
    this.#terminal = terminal;
    this.#live = terminal.errIsTTY && options.off !== true;
  }

  /** Draws what `text` says, if the last time is long enough ago. */
  show(text: () => string): void {
    if (!this.#live || performance.now() - this.#drawnAt < DRAW_MS) return;
    this.#drawnAt = performance.now();
    this.#drawn = true;
    this.#terminal.stderr.write(`\r\x1b[K${text()}`);
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.#drawn) this.#terminal.stderr.write('\r\x1b[K');
    this.#drawn = false;
  }
}
