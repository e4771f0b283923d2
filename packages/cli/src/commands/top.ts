import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { WalError } from '@shale/codec';
import type { Inspection } from '@shale/engine/admin';
import { Command } from 'commander';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { StopSignals } from '../ingest/stop-signals.js';
import { toJson } from '../output/json.js';
import type { Terminal } from '../output/terminal.js';
import { draw } from '../top/draw.js';
import { Screen } from '../top/screen.js';
import { type View, viewOf } from '../top/view.js';
import { parseSeconds } from './arguments.js';
import { lookInto } from './look-in.js';

interface TopFlags {
  readonly interval: number;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** `shale top`. */
export function topCommand(terminal: Terminal, stdin: Readable, done: (exitCode: number) => void): Command {
  return new Command('top')
    .summary('watch a running process: rates, latencies, stalls, disk, largest tables')
    .description(
      'Watches a process that has opened the log with inspect: true: rates, latencies, stalls, disk, and the largest ' +
        'tables, of the last second. On a terminal it fills the screen until q or Ctrl-C; elsewhere each look is printed.',
    )
    .argument('<dir>', 'directory of the log')
    .option('--interval <seconds>', 'seconds between two looks', parseSeconds, 1)
    .option('--once', 'one look, and its end')
    .option('--json', 'each look as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  shale top ./data
  shale top ./data --once --json`,
    )
    .action(async (dir: string, flags: TopFlags) => {
      done(await top(terminal, stdin, dir, flags));
    });
}

async function top(terminal: Terminal, stdin: Readable, dir: string, flags: TopFlags): Promise<number> {
  using stop = new StopSignals(() => {});
  const quit = new AbortController();
  const over = AbortSignal.any([stop.signal, quit.signal]);
  try {
    await using inspection = await lookInto(dir, over);
    // The process may stand still, with an answer under way.
    over.addEventListener('abort', () => void inspection.close());
    await show(terminal, stdin, look(inspection, flags.interval, over), flags, () => quit.abort());
  } catch (error) {
    if (!over.aborted) throw error;
  }
  return stop.received === undefined ? EXIT.ok : SIGNAL_EXIT[stop.received];
}

async function show(
  terminal: Terminal,
  stdin: Readable,
  views: AsyncIterable<View>,
  flags: TopFlags,
  quit: () => void,
): Promise<void> {
  const isScreen = terminal.outIsTTY && !flags.once && !flags.json;
  try {
    if (isScreen) await watch(terminal, stdin, views, quit);
    else await print(terminal, views, flags);
  } catch (error) {
    if (!(error instanceof WalError) || error.code !== 'SHALE_CLOSED') throw error;
    if (error.details?.pid === undefined) throw error;
    terminal.note(`process ${error.details.pid} has closed the log`);
  }
}

/** A view of each interval, until the signal. */
async function* look(
  inspection: Inspection,
  interval: number,
  signal: AbortSignal,
): AsyncGenerator<View, void> {
  let before = await inspection.metrics();
  let at = performance.now();
  for (;;) {
    await setTimeout(interval * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const tables = await inspection.tables();
    const after = await inspection.metrics();
    const now = performance.now();
    yield viewOf(inspection.pid, before, after, (now - at) / 1000, tables);
    before = after;
    at = now;
  }
}

async function print(
  terminal: Terminal,
  views: AsyncIterable<View>,
  { once, json }: TopFlags,
): Promise<void> {
  const canvas = { width: Number.POSITIVE_INFINITY, height: 40, colors: terminal.outColors };
  for await (const view of views) {
    await terminal.out.line(json ? toJson(view) : draw(view, canvas).join('\n'));
    if (!json && !once) await terminal.out.line();
    await terminal.out.flush();
    if (once) return;
  }
}

async function watch(
  terminal: Terminal,
  stdin: Readable,
  views: AsyncIterable<View>,
  quit: () => void,
): Promise<void> {
  let latest: View | null = null;
  const show = (): void => {
    const { width, height } = screen;
    const lines =
      latest === null ? ['looking ...'] : draw(latest, { width, height, colors: terminal.outColors });
    screen.show(lines);
  };
  // As if it had come from the terminal itself.
  const interrupt = (): void => void process.kill(process.pid, 'SIGINT');
  using screen = new Screen(terminal.stdout, stdin, { resized: show, quit, interrupt });
  show();
  for await (const view of views) {
    latest = view;
    show();
  }
}
