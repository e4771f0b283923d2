import { stat } from 'node:fs/promises';
import type { ProgressReport, Report } from '@shale/bench-kit';
import { Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { StopSignals } from '../ingest/stop-signals.js';
import { toJson } from '../output/json.js';
import type { Terminal } from '../output/terminal.js';
import { formatDuration } from '../output/units.js';
import { parseRounds, parseSeconds } from './arguments.js';

interface BenchFlags {
  readonly seconds?: number;
  readonly rounds?: number;
  readonly only?: RegExp;
  readonly json?: boolean;
}

/** `shale bench`. */
export function benchCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('bench')
    .summary('measure it on your own disk')
    .description(
      'Runs the quick suite of the benchmarks on the disk of a directory: appends, reads, opening, trims; about two minutes. ' +
        'Writes into new directories inside of it and removes them. Leave the machine alone meanwhile.',
    )
    .argument('<dir>', 'an existing directory on the disk to measure')
    .option('--seconds <n>', 'how long to measure each case (default: 1.5)', parseSeconds)
    .option('--rounds <n>', 'how often to run each case; medians are shown (default: 1)', parseRounds)
    .option('--only <pattern>', 'the cases whose name matches this regular expression', parsePattern)
    .option('--json', 'the whole report as one JSON object')
    .action(async (dir: string, flags: BenchFlags) => {
      using stop = new StopSignals(() => {});
      try {
        const report = await bench(terminal, dir, flags, stop.signal);
        const { renderTables } = await import('@shale/bench-kit');
        await terminal.out.line(flags.json ? toJson(report) : renderTables(report));
        await terminal.out.flush();
        done(report.cases.some((one) => one.failures.length > 0) ? EXIT.findings : EXIT.ok);
      } catch (error) {
        if (!stop.received) throw error;
        done(SIGNAL_EXIT[stop.received]);
      }
    });
}

async function bench(
  terminal: Terminal,
  directory: string,
  flags: BenchFlags,
  signal: AbortSignal,
): Promise<Report> {
  const info = await stat(directory).catch(() => undefined);
  if (info === undefined) throw new CliError('CLI_NOT_FOUND', `there is no directory ${directory}`);
  if (!info.isDirectory())
    throw new CliError('CLI_NOT_A_DIRECTORY', `${directory} is a file, not a directory`);
  const { seconds, rounds, only } = flags;
  // Loaded when it is needed: no other command shall start more slowly for it.
  const { runSuite, SUITES } = await import('@shale/bench-kit');
  const report = await runSuite(SUITES.quick, {
    directory,
    seconds,
    rounds,
    only,
    signal,
    onProgress: (progress) => show(terminal, progress),
  });
  if (terminal.errIsTTY) terminal.stderr.write('\r\x1b[K');
  if (report.cases.length === 0) throw new CliError('CLI_USAGE', `no case of the suite matches ${only}`);
  return report;
}

/** One line that is written over on a terminal; elsewhere one for each case. */
function show(terminal: Terminal, { done, total, id, secondsLeft }: ProgressReport): void {
  const text = `${done + 1}/${total}  ${id}  about ${formatDuration(secondsLeft * 1000)} left`;
  if (terminal.errIsTTY) terminal.stderr.write(`\r\x1b[K${text}`);
  else terminal.note(text);
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
