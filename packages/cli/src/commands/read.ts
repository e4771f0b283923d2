import type { ReadRange, Table } from '@shale/engine';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import type { Terminal } from '../output/terminal.js';
import { type BoundOptions, toBounds } from '../read/bounds.js';
import { entryAsJson, entryAsRow, withEscapes } from '../read/entry-format.js';
import { parseCount, parseMoment, parseU64 } from './arguments.js';
import { openForReading } from './open-log.js';
import { findTable } from './table-argument.js';

interface ReadFlags extends BoundOptions {
  readonly region?: bigint;
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly delimiter: string;
}

/** `shale read`. */
export function readCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('read')
    .summary('print the entries of a table in order')
    .description(
      'Prints the entries of a table in order. On a terminal with their sequences; into a pipe or file the bytes alone, ' +
        'one entry per line. Works beside a running writer, and shows the log as it was at the moment of opening.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('<table>', "a table's name, or with --region its number")
    .option('--region <id>', 'region of a table that is told by numbers', parseU64)
    .option('--gte <sequence>', 'from this sequence on', parseU64)
    .option('--gt <sequence>', 'after this sequence', parseU64)
    .option('--lte <sequence>', 'up to and with this sequence', parseU64)
    .option('--lt <sequence>', 'before this sequence', parseU64)
    .option('--from <sequence>', 'the same as --gte', parseU64)
    .option('--to <sequence>', 'the same as --lte', parseU64)
    .option('--since <time>', 'from about this time on: 10m ago, or as 2026-11-30T18:00:00Z', parseMoment)
    .option('--last <n>', 'the last n entries', parseU64)
    .option('-n, --limit <n>', 'at most n entries', parseCount)
    .option('--json', 'one JSON object per entry: sequence, encoding (utf8 or base64), payload')
    .option('--raw', 'the bytes alone, each entry followed by the delimiter')
    .option('--delimiter <text>', 'after each entry with --raw; \\n, \\t, \\0 and "" are understood', '\\n')
    .addHelpText(
      'after',
      `
Examples:
  shale read ./data web-1 --last 10
  shale read ./data web-1 --gte 1000 --lt 2000 --json
  shale read ./data web-1 --since 10m
  shale read ./data web-1 | head -3
  shale read ./data 42 --region 1`,
    )
    .action(async (dir: string, table: string, flags: ReadFlags) => {
      await read(terminal, dir, table, flags);
      done(EXIT.ok);
    });
}

async function read(terminal: Terminal, dir: string, name: string, flags: ReadFlags): Promise<void> {
  if (flags.json && flags.raw) throw new CliError('CLI_USAGE', 'either --json or --raw, not both');
  await using wal = await openForReading(dir, terminal);
  const table = await findTable(wal, { table: name, region: flags.region });
  const bounds = await toBounds(flags, () => table.lastSequence());
  if (flags.json) await printJson(terminal, table, bounds);
  else if (flags.raw || !terminal.outIsTTY)
    await printRaw(terminal, table, bounds, withEscapes(flags.delimiter));
  else await printRows(terminal, table, bounds);
  await terminal.out.flush();
}

async function printJson(terminal: Terminal, table: Table, bounds: ReadRange): Promise<void> {
  for await (const entry of table.read(bounds)) {
    const wait = terminal.out.line(entryAsJson(entry));
    if (wait) await wait;
  }
}

async function printRaw(
  terminal: Terminal,
  table: Table,
  bounds: ReadRange,
  delimiter: string,
): Promise<void> {
  const end = Buffer.from(delimiter);
  for await (const { payload } of table.read(bounds)) {
    for (const bytes of [payload, end]) {
      const wait = terminal.out.write(bytes);
      if (wait) await wait;
    }
  }
}

async function printRows(terminal: Terminal, table: Table, bounds: ReadRange): Promise<void> {
  // Of a table that is damaged it cannot be told; what can be read is printed all the same.
  const last = await table.lastSequence().catch(() => 0n);
  const digits = last.toString().length;
  for await (const entry of table.read(bounds)) {
    const wait = terminal.out.line(
      entryAsRow(entry, { width: terminal.width, colors: terminal.outColors, digits }),
    );
    if (wait) await wait;
  }
}
