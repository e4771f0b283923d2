import type { Wal } from '@shale/engine';
import type { Terminal } from './terminal.js';
import { formatBytes, formatDuration } from './units.js';

const DRAW_MS = 200;
/** Milliseconds between lines where there is no terminal to draw on. */
const LINE_MS = 5000;

/**
 * Says on standard error that space is being given back, how much is left on the disk, and for how long it has taken.
 */
export class ReclaimLine {
  readonly #terminal: Terminal;
  readonly #wal: Wal;
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  #asking = false;
  #drawn = false;
  #stopped = false;

  constructor(terminal: Terminal, wal: Wal) {
    this.#terminal = terminal;
    this.#wal = wal;
    this.#timer = setInterval(() => void this.#show(), terminal.errIsTTY ? DRAW_MS : LINE_MS);
    this.#timer.unref();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    if (this.#drawn) this.#terminal.stderr.write('\r\x1b[K');
  }

  async #show(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const stats = await this.#wal.stats().catch(() => undefined);
    this.#asking = false;
    if (this.#stopped) return;
    const bytes = stats?.rocksdb.properties['total-sst-files-size'];
    const size = bytes === undefined ? '' : `${formatBytes(bytes)} in table files, `;
    const text = `giving space back: ${size}${formatDuration(performance.now() - this.#started)}`;
    if (this.#terminal.errIsTTY) {
      this.#terminal.stderr.write(`\r\x1b[K${this.#terminal.errColors.cyan(text)}`);
      this.#drawn = true;
    } else {
      this.#terminal.note(text);
    }
  }
}
