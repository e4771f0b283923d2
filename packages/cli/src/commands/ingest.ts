import type { Readable } from 'node:stream';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { DEFAULT_MAX_LINE_BYTES } from '../ingest/choose-options.js';
import { expandInputs } from '../ingest/inputs.js';
import { lookUpSource } from '../ingest/source.js';
import { StopSignals } from '../ingest/stop-signals.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes } from '../output/units.js';
import {
  parseAge,
  parseBytes,
  parseColumns,
  parseCount,
  parseDelimiter,
  parseEscape,
  parseQuote,
} from './arguments.js';
import {
  type IngestFlags,
  type IngestJob,
  logOptions,
  requireFollowing,
  requireOne,
} from './ingest-flags.js';
import { followFiles } from './ingest-follow.js';
import { type Ingesting, ingestInput, planInput } from './ingest-input.js';
import { openOrCreate } from './open-log.js';

/** `shale ingest`. */
export function ingestCommand(
  terminal: Terminal,
  stdin: Readable,
  done: (exitCode: number) => void,
): Command {
  return new Command('ingest')
    .summary('read NDJSON, CSV or plain lines into tables')
    .description(
      'Reads NDJSON, JSON, CSV or plain lines from files or standard input into tables, each line as one entry; what is ' +
        'compressed with gzip, zstd or brotli is decompressed. ' +
        'An ingest that was stopped, even by kill -9, goes on with --resume, every line once and only once.',
    )
    .argument('<dir>', 'directory of the log; created if it is not there')
    .argument(
      '[inputs...]',
      'files, directories, patterns such as logs/*.gz, or - for standard input (default: -)',
    )
    .addOption(
      new Option('-f, --format <format>', 'format of the input (default: by its extension)').choices([
        'ndjson',
        'json',
        'csv',
        'lines',
      ]),
    )
    .option('-t, --table <name>', "table for all entries (default: the file's base name)")
    .option('-b, --table-by <field>', 'field or column whose value names the table of each entry')
    .option('--raw', "CSV: keep each record's text instead of a JSON object of the row")
    .option(
      '--delimiter <char>',
      'CSV: character between fields (default: found among , ; tab |)',
      parseDelimiter,
    )
    .option('--quote <char>', 'CSV: character around fields, or none (default: ")', parseQuote)
    .option('--escape <char>', 'CSV: character before a quote in a field (default: the quote)', parseEscape)
    .option('--trim', 'CSV: space around fields and their quotes does not count')
    .option('--columns <names>', 'CSV: names of the columns, a,b,c; there is no header then', parseColumns)
    .option('--header', 'CSV: the first line is a header; with --columns, one to pass over')
    .option('--no-header', 'CSV: the first line is no header; columns are column1, column2, ...')
    .addOption(
      new Option('--encoding <name>', 'how the text is written (default: by its byte order mark)').choices([
        'utf-8',
        'utf-16le',
        'utf-16be',
      ]),
    )
    .addOption(
      new Option(
        '--compression <name>',
        'how the input is compressed (default: by its first bytes; brotli by the name .br)',
      ).choices(['gzip', 'zstd', 'brotli', 'none']),
    )
    .option('--lossless', 'keep carriage returns at line ends, and empty lines as empty entries')
    .option(
      '--max-line <bytes>',
      `longest line; longer ones are rejected (default: ${formatBytes(DEFAULT_MAX_LINE_BYTES)})`,
      parseBytes,
    )
    .option('--resume', 'go on where an earlier ingest of the same input stopped')
    .option('--restart', 'begin an unfinished ingest at line 1; what is already in stays in')
    .option('--again', 'ingest an input once more that is already in')
    .option('--name <name>', "name of this ingest in the journal (default: the input's path)")
    .option('--rejects <file>', 'file for rejected lines (default: beside the directory)')
    .option('--follow', 'take what is added to the files until Ctrl-C, also when they are rotated')
    .option('--every <time>', 'with --follow: look so often (default: 250ms)', parseAge)
    .option('--once', 'with --follow: look once, and end')
    .option('--final', 'take a last line of a file that has no end, too; with --follow, only beside --once')
    .option('--allow-rejects', 'exit with 0 even if lines were rejected')
    .addOption(
      new Option('--durability <level>', 'acknowledge after a sync, or once the operating system has it')
        .choices(['sync', 'os'])
        .default('sync'),
    )
    .option('--shards <n>', 'worker threads', parseCount)
    .option('--json', 'print the summary as JSON')
    .option('-q, --quiet', 'no progress, no notes, no summary; errors only')
    .addHelpText(
      'after',
      `
Examples:
  shale ingest ./data metrics.ndjson --table-by host
  shale ingest ./data metrics.ndjson --resume
  shale ingest ./data prices.csv --table-by symbol
  journalctl -o json | shale ingest ./data - --table-by _SYSTEMD_UNIT
  shale ingest ./data 'logs/*.gz' --table-by host
  shale ingest ./data '/var/log/app/*.log' --follow
  xzcat app.log.xz | shale ingest ./data - --table app --name app.log.xz`,
    )
    .action(async (dir: string, inputs: readonly string[], flags: IngestFlags) => {
      done(await ingest(terminal, stdin, { dir, arguments: inputs.length === 0 ? ['-'] : inputs, flags }));
    });
}

async function ingest(
  terminal: Terminal,
  stdin: Readable,
  given: Omit<IngestJob, 'inputs'>,
): Promise<number> {
  const { dir, flags } = given;
  requireFollowing(given);
  if (flags.follow) return followFiles(terminal, given);
  const job: IngestJob = { ...given, inputs: await expandInputs(given.arguments, dir) };
  requireOne(job);
  if (job.inputs[0] === '-' && 'isTTY' in stdin && stdin.isTTY === true) {
    throw new CliError('CLI_USAGE', 'nothing to read: standard input is the terminal', {
      hint: 'Name a file, or pipe something in.',
    });
  }
  const quiet = flags.quiet === true;
  let note = (text: string): void => terminal.note(text);
  using stop = new StopSignals((signal, time) => {
    if (!quiet)
      note(
        time === 'first'
          ? `${signal}: finishing what was read; again to stop at once`
          : `${signal} again: stopped at once; --resume goes on after the last checkpoint`,
      );
  });
  // Nothing is begun, and no log made, before it is known that all of them are there.
  for (const input of job.inputs) await lookUpSource(input);
  await using wal = await openOrCreate(dir, logOptions(flags), terminal);
  const ingesting: Ingesting = {
    terminal,
    stdin,
    wal,
    job,
    stop,
    noteBy: (by) => {
      note = by;
    },
  };
  if (job.inputs.length > 1) for (const input of job.inputs) await planInput(ingesting, input);
  let exitCode = 0;
  for (const input of job.inputs) {
    const code = await ingestInput(ingesting, input);
    exitCode = Math.max(exitCode, code);
    if (stop.signal.aborted) break;
  }
  return exitCode;
}
