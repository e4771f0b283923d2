import { copyTables } from '@shale/engine/admin';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { toJson } from '../output/json.js';
import { showable } from '../output/showable.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatDuration, plural } from '../output/units.js';
import { parseU64 } from './arguments.js';
import { openForReading } from './open-log.js';
import { requireNewDirectory } from './target-directory.js';

interface CopyFlags {
  readonly region?: bigint;
  readonly json?: boolean;
}

/** `shale copy`. */
export function copyCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('copy')
    .summary('make a log of some or all tables of another one')
    .description(
      'Makes a new log of tables of another one: the same entries, sequences, ids and names. It appears when it is whole. Works ' +
        'beside a running writer, and copies the log as it was at the moment of opening.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('<to>', 'directory of the new log: it must be empty, or not there yet')
    .argument('[tables...]', 'names of tables, or with --region their numbers (default: all)')
    .option('--region <id>', 'region of tables that are told by numbers', parseU64)
    .option('--json', 'one JSON object')
    .action(async (dir: string, to: string, tables: readonly string[], flags: CopyFlags) => {
      await copy(terminal, { dir, to, tables, flags });
      done(EXIT.ok);
    });
}

function idOf(text: string): bigint {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw new CliError('CLI_USAGE', `with --region a table is a number, not ${JSON.stringify(text)}`);
}

async function copy(
  terminal: Terminal,
  job: {
    readonly dir: string;
    readonly to: string;
    readonly tables: readonly string[];
    readonly flags: CopyFlags;
  },
): Promise<void> {
  const { dir, to, tables, flags } = job;
  const { region } = flags;
  const started = performance.now();
  await requireNewDirectory(to);
  const chosen = region === undefined ? tables : tables.map((text) => ({ region, table: idOf(text) }));
  await using wal = await openForReading(dir, terminal);
  const copied = await copyTables(wal, to, chosen.length === 0 ? {} : { tables: chosen });
  await (await openForReading(to, terminal)).close();
  if (flags.json) await terminal.out.line(toJson({ ...copied, directory: to }));
  else
    await terminal.out.line(
      `${terminal.outColors.green('copied')}: ${plural(copied.tables, 'table')}, ${plural(copied.entries, 'entry', 'entries')}, ${formatBytes(Number(copied.payloadBytes))}, to ${showable(to)} in ${formatDuration(performance.now() - started)}`,
    );
  await terminal.out.flush();
}
