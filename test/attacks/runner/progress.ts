import { Presets, SingleBar } from 'cli-progress';

/** Milliseconds between lines where there is no terminal to draw a bar on. */
const LINE_INTERVAL_MS = 10_000;

/** Shows how far an attack is. */
export interface Progress {
  update(done: number, note: string): void;
  stop(): void;
}

/** A bar on a terminal, a line now and then elsewhere, on standard error. */
export function show(unit: string, total: number): Progress {
  const started = performance.now();
  if (process.stderr.isTTY) {
    const format = `{bar} {value}/{total} ${unit} | {eta_formatted} left | {note}`;
    const bar = new SingleBar({ format, barsize: 20, clearOnComplete: true }, Presets.shades_classic);
    bar.start(total, 0, { note: '' });
    return { update: (done, note) => bar.update(round(done), { note }), stop: () => bar.stop() };
  }
  let shown = started;
  return {
    update: (done, note) => {
      const now = performance.now();
      if (now - shown < LINE_INTERVAL_MS) return;
      shown = now;
      process.stderr.write(
        `${round(done)}/${total} ${unit}, ${((now - started) / 1000).toFixed(0)} s: ${note}\n`,
      );
    },
    stop: () => {},
  };
}

function round(done: number): number {
  return Number(done.toFixed(2));
}
