import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount, formatDuration, formatRate } from '../output/units.js';
import type { View } from './ingest.js';
import type { Progress } from './journal-records.js';

/** Milliseconds between lines where there is no terminal to draw a bar on. */
const LINE_INTERVAL_MS = 5000;
const BAR_INTERVAL_MS = 100;

/** Shows how an ingest gets on: a bar on a terminal, a line now and then elsewhere, on standard error. */
export interface ProgressDisplay {
  /** A line that must not be torn by the bar. */
  note(text: string): void;
  stop(): void;
}

/** Starts to show. `totalBytes`: the input's size where it is known. */
export function showProgress(
  terminal: Terminal,
  options: { view: () => View; begun: Progress; totalBytes: number | undefined },
): ProgressDisplay {
  return terminal.errIsTTY ? new Bar(terminal, options) : new Lines(terminal, options);
}

/** Nothing at all, for `--quiet`. */
export const NO_DISPLAY: ProgressDisplay = { note: () => {}, stop: () => {} };

class Lines implements ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #timer: NodeJS.Timeout;

  constructor(
    terminal: Terminal,
    options: { view: () => View; begun: Progress; totalBytes: number | undefined },
  ) {
    this.#terminal = terminal;
    const rate = new Rate(options.begun.line);
    this.#timer = setInterval(() => {
      const { read, durable, tables } = options.view();
      const share = options.totalBytes ? ` (${((100 * read.offset) / options.totalBytes).toFixed(0)} %)` : '';
      terminal.note(
        `line ${formatCount(read.line)}${share}, ${formatRate(rate.at(read.line))}, ${formatCount(tables)} tables, ${formatCount(read.rejected)} rejected, durable up to line ${formatCount(durable.line)}`,
      );
    }, LINE_INTERVAL_MS);
    this.#timer.unref();
  }

  note(text: string): void {
    this.#terminal.note(text);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

class Bar implements ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #bar: SingleBar;
  readonly #timer: NodeJS.Timeout;
  readonly #update: () => void;

  constructor(
    terminal: Terminal,
    { view, begun, totalBytes }: { view: () => View; begun: Progress; totalBytes: number | undefined },
  ) {
    this.#terminal = terminal;
    const { cyan, dim } = terminal.errColors;
    const known = totalBytes !== undefined && totalBytes > 0;
    const figures = `{rate} ${dim('|')} line {line} ${dim('|')} durable {durable} ${dim('|')} {tables} tables ${dim('|')} rejected {rejected}`;
    const format = known
      ? `${cyan('{bar}')} {percentage} % ${dim('|')} ${figures} ${dim('|')} {left}`
      : `{read} ${dim('|')} ${figures}`;
    this.#bar = new SingleBar(
      {
        format,
        stream: terminal.stderr,
        barsize: 20,
        fps: 10,
        hideCursor: true,
        clearOnComplete: true,
        // The lines of notes come above the bar.
        gracefulExit: false,
        linewrap: false,
      },
      Presets.shades_classic,
    );
    const rate = new Rate(begun.line);
    const started = performance.now();
    this.#update = () => {
      const { read, durable, tables } = view();
      const done = read.offset - begun.offset;
      const elapsed = performance.now() - started;
      const left =
        known && done > 0 && read.offset < totalBytes
          ? ((totalBytes - read.offset) / done) * elapsed
          : Number.NaN;
      this.#bar.update(Math.min(read.offset, totalBytes ?? read.offset), {
        rate: formatRate(rate.at(read.line)),
        line: formatCount(read.line),
        durable: formatCount(durable.line),
        tables: formatCount(tables),
        rejected: formatCount(read.rejected),
        read: formatBytes(read.offset),
        left: Number.isNaN(left) ? '' : `${formatDuration(left)} left`,
      });
    };
    const empty = { rate: '-', line: '0', durable: '0', tables: '0', rejected: '0', read: '0 B', left: '' };
    this.#bar.start(totalBytes ?? 1, begun.offset, empty);
    this.#timer = setInterval(this.#update, BAR_INTERVAL_MS);
    this.#timer.unref();
  }

  note(text: string): void {
    // Clear the bar's line, write, and let the next tick draw the bar below.
    this.#terminal.stderr.write('\r\x1b[K');
    this.#terminal.note(text);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#update();
    this.#bar.stop();
  }
}

/** A rate over the last few seconds. */
class Rate {
  readonly #samples: { at: number; count: number }[];

  constructor(count: number) {
    this.#samples = [{ at: performance.now(), count }];
  }

  at(count: number): number {
    const now = performance.now();
    this.#samples.push({ at: now, count });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > 3000) this.#samples.shift();
    const oldest = this.#samples[0] ?? { at: now, count };
    return ((count - oldest.count) * 1000) / Math.max(1, now - oldest.at);
  }
}
