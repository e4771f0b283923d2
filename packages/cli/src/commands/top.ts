import type { Readable } from 'node:stream';
import type { Inspection } from '@shale/engine/admin';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { StopSignals } from '../ingest/stop-signals.js';
import { toJson } from '../output/json.js';
import type { Terminal } from '../output/terminal.js';
import { draw } from '../top/draw.js';
import { closingOf, look } from '../top/look.js';
import { Screen } from '../top/screen.js';
import type { View } from '../top/view.js';
import { serve } from '../web/serve.js';
import { parsePort, parseSeconds } from './arguments.js';
import { lookInto } from './look-in.js';

interface TopFlags {
  readonly interval: number;
  readonly once?: boolean;
  readonly json?: boolean;
  readonly web?: boolean;
  readonly port?: number;
}

/** `shale top`. */
export function topCommand(terminal: Terminal, stdin: Readable, done: (exitCode: number) => void): Command {
  return new Command('top')
    .summary('watch a running process: rates, latencies, stalls, disk, largest tables')
    .description(
      'Watches a process that has opened the log with inspect: true: rates, latencies, stalls, disk, and the largest ' +
        'tables, of the last second. On a terminal it fills the screen until q or Ctrl-C; elsewhere each look is printed. ' +
        'With --web a page shows it, at an address of this machine that nobody else knows.',
    )
    .argument('<dir>', 'directory of the log')
    .option('--interval <seconds>', 'seconds between two looks', parseSeconds, 1)
    .option('--once', 'one look, and its end')
    .option('--json', 'each look as one JSON object')
    .option('--web', 'a page for a browser on this machine; prints its address')
    .option('--port <port>', 'where the page is served (default: a free port)', parsePort)
    .addHelpText(
      'after',
      `
Examples:
  shale top ./data
  shale top ./data --once --json
  shale top ./data --web`,
    )
    .action(async (dir: string, flags: TopFlags) => {
      done(await top(terminal, stdin, dir, flags));
    });
}

async function top(terminal: Terminal, stdin: Readable, dir: string, flags: TopFlags): Promise<number> {
  if (flags.web && (flags.once || flags.json)) {
    throw new CliError('CLI_USAGE', '--web shows looks as a page, and goes with neither --once nor --json');
  }
  if (flags.port !== undefined && !flags.web) throw new CliError('CLI_USAGE', '--port is for --web');
  using stop = new StopSignals(() => {});
  const quit = new AbortController();
  const over = AbortSignal.any([stop.signal, quit.signal]);
  try {
    await using inspection = await lookInto(dir, over);
    // The process may stand still, with an answer under way.
    over.addEventListener('abort', () => void inspection.close());
    await show(terminal, stdin, inspection, flags, over, () => quit.abort());
  } catch (error) {
    if (!over.aborted) throw error;
  }
  return stop.received === undefined ? EXIT.ok : SIGNAL_EXIT[stop.received];
}

async function show(
  terminal: Terminal,
  stdin: Readable,
  inspection: Inspection,
  flags: TopFlags,
  over: AbortSignal,
  quit: () => void,
): Promise<void> {
  const isScreen = terminal.outIsTTY && !flags.once && !flags.json;
  const views = look(inspection, flags.interval, over);
  try {
    if (flags.web) await serveFor(terminal, inspection, flags, over);
    else if (isScreen) await watch(terminal, stdin, views, quit);
    else await print(terminal, views, flags);
  } catch (error) {
    const closing = closingOf(error);
    if (closing === null) throw error;
    terminal.note(closing);
  }
}

async function serveFor(
  terminal: Terminal,
  inspection: Inspection,
  { port = 0, interval }: TopFlags,
  signal: AbortSignal,
): Promise<void> {
  const ready = async (url: string): Promise<void> => {
    await terminal.out.line(url);
    await terminal.out.flush();
    terminal.note(`process ${inspection.pid}: open the address in a browser of this machine; Ctrl-C ends it`);
  };
  await serve(inspection, { port, interval, signal, ready });
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
