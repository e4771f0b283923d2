import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { runDemo } from '../demo/demo.js';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { StopSignals } from '../ingest/stop-signals.js';
import type { Terminal } from '../output/terminal.js';
import { parseSeconds } from './arguments.js';

interface DemoFlags {
  readonly seconds: number;
  readonly dir?: string;
}

/** `shale demo`. */
export function demoCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('demo')
    .summary("see it work on this machine's own metrics")
    .description(
      "Writes this machine's live metrics, one table per series, every entry durable; kills its own writer with SIGKILL; " +
        'opens the log again, replays and verifies every acknowledged entry, and trims half. Exits with 1 if one is missing.',
    )
    .option('--seconds <n>', 'how long to write', parseSeconds, 5)
    .option(
      '--dir <dir>',
      'a new or empty directory for the log (default: a fresh one under the temporary directory)',
    )
    .action(async (flags: DemoFlags) => {
      using stop = new StopSignals(() => {});
      try {
        await runDemo(terminal, {
          directory: await freshDirectory(flags.dir),
          seconds: flags.seconds,
          signal: stop.signal,
        });
        done(EXIT.ok);
      } catch (error) {
        if (!stop.received) throw error;
        done(SIGNAL_EXIT[stop.received]);
      }
    });
}

async function freshDirectory(given: string | undefined): Promise<string> {
  if (given === undefined) return mkdtemp(join(tmpdir(), 'shale-demo-'));
  await mkdir(given, { recursive: true });
  if ((await readdir(given)).length > 0) {
    throw new CliError('CLI_USAGE', `${given} is not empty: the demo begins in a new directory`);
  }
  return resolve(given);
}
