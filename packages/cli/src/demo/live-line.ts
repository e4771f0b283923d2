import type { Terminal } from '../output/terminal.js';
import { formatCount, formatRate } from '../output/units.js';
import type { Ledger } from './ledger.js';

const DRAW_MS = 100;
const LINE_MS = 1000;
/** Milliseconds over which the rate is taken. */
const WINDOW_MS = 1000;

/** One line that says how the writer gets on: drawn over on a terminal, printed once a second elsewhere. */
export class LiveLine {
  readonly #terminal: Terminal;
  readonly #ledger: Ledger;
  readonly #timer: NodeJS.Timeout;
  readonly #samples: { at: number; entries: number }[] = [];

  constructor(terminal: Terminal, ledger: Ledger) {
    this.#terminal = terminal;
    this.#ledger = ledger;
    this.#timer = setInterval(() => this.#show(), terminal.outIsTTY ? DRAW_MS : LINE_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#terminal.outIsTTY) await this.#terminal.out.write('\r\x1b[K');
  }

  #show(): void {
    const { entries, tables, loopDelayMs } = this.#ledger;
    if (entries === 0) return;
    const now = performance.now();
    this.#samples.push({ at: now, entries });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > WINDOW_MS) this.#samples.shift();
    const oldest = this.#samples[0] ?? { at: now, entries };
    const rate = now > oldest.at ? ((entries - oldest.entries) * 1000) / (now - oldest.at) : Number.NaN;
    const text = `${formatRate(rate)}  ${formatCount(entries)} entries durable  ${formatCount(tables.length)} tables  loop delay p99 ${loopDelayMs.toFixed(1)} ms`;
    try {
      const { out, outIsTTY, outColors } = this.#terminal;
      void out.write(outIsTTY ? `\r\x1b[K${outColors.cyan(text)}` : `${text}\n`);
      // A closed pipe is noticed by the next line that the demo says.
      out.flush().catch(() => {});
    } catch {
      clearInterval(this.#timer);
    }
  }
}
