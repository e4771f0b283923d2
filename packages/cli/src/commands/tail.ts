import type { InspectedFollow, InspectFollowOptions } from '@shale/engine/admin';
import { Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { StopSignals } from '../ingest/stop-signals.js';
import { showable } from '../output/showable.js';
import type { Terminal } from '../output/terminal.js';
import { EntryPrinter, type PrintOptions } from '../read/entry-printer.js';
import { parseCount, parseU64 } from './arguments.js';
import { lookInto } from './look-in.js';

interface TailFlags extends PrintOptions {
  readonly region?: bigint;
  readonly last?: number;
  readonly from?: 'start' | 'end' | bigint;
  readonly durable?: boolean;
}

/** Entries that are shown of a table before those that come, as `tail` does. */
const LAST = 10;

/** `shale tail`. */
export function tailCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('tail')
    .summary('print entries as a running process appends them')
    .description(
      'Prints entries as a running process appends them, of one table with the last ones before, or of all tables. The ' +
        'process must have opened the log with inspect: true. On a terminal with their sequences; into a pipe or file ' +
        'the bytes alone, one entry per line. Ends with Ctrl-C, or when the process closes the log: what it has not ' +
        'sent by then is not shown.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('[table]', "a table's name, or with --region its number; all tables without")
    .option(
      '--region <id>',
      'region of a table that is told by numbers; without a table, all tables of it',
      parseU64,
    )
    .option('-n, --last <n>', `begin with the last n entries of the table (default: ${LAST})`, parseCount)
    .option('--from <where>', 'begin with this sequence, or with start or end', parseWhere)
    .option('--durable', 'only what is on stable storage, which a power cut keeps')
    .option('--json', 'one JSON object per entry: sequence, encoding (utf8 or base64), payload')
    .option('--raw', 'the bytes alone, each entry followed by the delimiter')
    .option('--delimiter <text>', 'after each entry with --raw; \\n, \\t, \\0 and "" are understood', '\\n')
    .addHelpText(
      'after',
      `
Examples:
  shale tail ./data web-1
  shale tail ./data web-1 --from start --json
  shale tail ./data --durable`,
    )
    .action(async (dir: string, table: string | undefined, flags: TailFlags) => {
      done(await tail(terminal, dir, table, flags));
    });
}

async function tail(
  terminal: Terminal,
  dir: string,
  name: string | undefined,
  flags: TailFlags,
): Promise<number> {
  if (flags.json && flags.raw) throw new CliError('CLI_USAGE', 'either --json or --raw, not both');
  const options = toFollow(name, flags);
  using stop = new StopSignals(() => {});
  try {
    await follow(terminal, dir, name, flags, options, stop.signal);
  } catch (error) {
    if (stop.received === undefined) throw error;
  }
  return stop.received === undefined ? EXIT.ok : SIGNAL_EXIT[stop.received];
}

async function follow(
  terminal: Terminal,
  dir: string,
  name: string | undefined,
  flags: TailFlags,
  options: InspectFollowOptions,
  signal: AbortSignal,
): Promise<void> {
  await using inspection = await lookInto(dir, signal);
  await using entries = await inspection.follow(options);
  signal.addEventListener('abort', () => void entries[Symbol.asyncDispose]());
  if (name !== undefined && entries.last === 0n) {
    if (flags.region === undefined && /^\d+$/.test(name)) {
      throw new CliError('CLI_NOT_FOUND', `there is no table named ${JSON.stringify(name)} yet`, {
        hint: 'A table without a name is told by its ids: --region <id>.',
      });
    }
    terminal.note(`table ${showable(JSON.stringify(name))} has no entries yet: waiting for the first one`);
  }
  await print(terminal, entries, new EntryPrinter(terminal, flags, name === undefined));
  if (!signal.aborted) terminal.note(`process ${inspection.pid} has closed the log`);
}

async function print(terminal: Terminal, entries: InspectedFollow, printer: EntryPrinter): Promise<void> {
  for await (const chunk of entries) {
    await printer.print(chunk);
    await terminal.out.flush();
  }
}

function toFollow(
  name: string | undefined,
  { region, last, from, durable }: TailFlags,
): InspectFollowOptions {
  if (last !== undefined && from !== undefined)
    throw new CliError('CLI_USAGE', 'either --last or --from, not both');
  const visibility = durable ? 'durable' : 'acknowledged';
  if (name === undefined) {
    if (last !== undefined || typeof from === 'bigint') {
      throw new CliError('CLI_USAGE', '--last, and --from with a sequence, are for one table: name it');
    }
    return { target: region === undefined ? undefined : { region }, from: from ?? 'end', visibility };
  }
  if (region !== undefined && !/^\d{1,20}$/.test(name)) {
    throw new CliError('CLI_USAGE', `with --region the table is a number, not ${JSON.stringify(name)}`);
  }
  const target = region === undefined ? name : { region, table: BigInt(name) };
  if (from === undefined) return { target, from: { last: last ?? LAST }, visibility };
  // Of a sequence that was trimmed, what is left comes.
  return {
    target,
    from: typeof from === 'bigint' ? { after: from > 0n ? from - 1n : 0n } : from,
    visibility,
  };
}

function parseWhere(text: string): 'start' | 'end' | bigint {
  if (text === 'start' || text === 'end') return text;
  if (/^\d+$/.test(text)) return parseU64(text);
  throw new InvalidArgumentError('It must be a sequence, start or end.');
}
