import type { Limit, RetainedTables, RetainOptions, RetentionInfo } from '@shale/engine';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { grid } from '../output/grid.js';
import { toJson } from '../output/json.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount } from '../output/units.js';
import { printable } from '../read/entry-format.js';
import { parseAge, parseStoredBytes, parseU64 } from './arguments.js';
import { retentionsOf } from './retention-log.js';

interface RetainFlags {
  readonly all?: boolean;
  readonly region?: bigint;
  readonly prefix?: string;
  readonly keepEntries?: bigint;
  readonly keepBytes?: bigint;
  readonly keepAge?: number;
  readonly atMostEntries?: bigint;
  readonly atMostBytes?: bigint;
  readonly atMostAge?: number;
  readonly atMostDisk?: boolean;
  readonly remove?: boolean;
  readonly json?: boolean;
}

/** `shale retain`. */
export function retainCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('retain')
    .summary('say what is kept of tables, for how long')
    .description(
      'Lists what is retained, or sets it for a table, the names of a prefix, a region, or all. What is beyond goes when a ' +
        'program has the log open for writing. A process that has it open with inspect: true changes the settings itself; ' +
        'otherwise the log must not be open for writing elsewhere. Listing works beside any writer.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('[table]', "a table's name, or with --region its number; there need not be one yet")
    .option('--all', 'all tables')
    .option(
      '--region <id>',
      'all tables of a region, or the region of a table that is told by a number',
      parseU64,
    )
    .option('--prefix <text>', 'all tables with names that begin like this')
    .option('--keep-entries <n>', 'keep the last n entries, and what consumers need', parseU64)
    .option('--keep-bytes <size>', 'keep so many bytes, and what consumers need', parseStoredBytes)
    .option('--keep-age <time>', 'keep entries so long, as 10m, 12h or 7d, and what consumers need', parseAge)
    .option('--at-most-entries <n>', 'keep n entries at most, whatever consumers need', parseU64)
    .option('--at-most-bytes <size>', 'keep so many bytes at most', parseStoredBytes)
    .option('--at-most-age <time>', 'keep entries so long at most', parseAge)
    .option(
      '--at-most-disk',
      'keep what a disk budget has room for: the oldest entries may go when it is used up',
    )
    .option('--remove', 'retain what is named no longer by a setting of its own')
    .option('--json', 'one JSON object per setting')
    .addHelpText(
      'after',
      `
Examples:
  shale retain ./data
  shale retain ./data --all --keep-age 7d
  shale retain ./data web-1 --keep-entries 100000 --at-most-bytes 10g
  shale retain ./data --prefix orders. --remove`,
    )
    .action(async (dir: string, table: string | undefined, flags: RetainFlags) => {
      await retain(terminal, dir, table, flags);
      done(EXIT.ok);
    });
}

async function retain(
  terminal: Terminal,
  dir: string,
  table: string | undefined,
  flags: RetainFlags,
): Promise<void> {
  const options = optionsOf(flags);
  const isNamed =
    table !== undefined || flags.all === true || flags.region !== undefined || flags.prefix !== undefined;
  if (!isNamed) {
    if (options !== undefined) throw usage('say of what: a table, --prefix, --region or --all');
    await using retentions = await retentionsOf(dir, terminal, 'look');
    await print(terminal, await retentions.list(), flags.json === true);
    return;
  }
  if (options === undefined) throw usage('say what to keep, as --keep-age 7d, or --remove');
  const target = targetOf(table, flags);
  await using retentions = await retentionsOf(dir, terminal, 'change');
  await retentions.set(target, options);
  await print(terminal, await retentions.list(), flags.json === true);
}

function targetOf(table: string | undefined, { all, region, prefix }: RetainFlags): 'all' | RetainedTables {
  const ways = Number(all === true) + Number(prefix !== undefined);
  if (ways > 1 || (ways === 1 && (table !== undefined || region !== undefined)))
    throw usage('name one thing: a table, --prefix, --region or --all');
  if (all === true) return 'all';
  if (prefix !== undefined) return { prefix };
  if (region === undefined) return { name: table ?? '' };
  if (table === undefined) return { region };
  if (!/^\d{1,20}$/.test(table))
    throw usage(`with --region the table is a number, not ${JSON.stringify(table)}`);
  return { region, table: BigInt(table) };
}

/** What is to be retained; null to remove that, undefined when nothing is said. */
function optionsOf(flags: RetainFlags): RetainOptions | null | undefined {
  const keep = limitOf(flags.keepEntries, flags.keepBytes, flags.keepAge);
  const most = limitOf(flags.atMostEntries, flags.atMostBytes, flags.atMostAge);
  if (most !== undefined && flags.atMostDisk === true)
    throw usage('either --at-most-disk or another --at-most');
  const atMost = flags.atMostDisk === true ? 'disk' : most;
  if (keep === undefined && atMost === undefined) return flags.remove === true ? null : undefined;
  if (flags.remove === true) throw usage('either --remove or limits');
  return { keep, atMost };
}

function limitOf(
  entries: bigint | undefined,
  bytes: bigint | undefined,
  ageMs: number | undefined,
): Limit | undefined {
  if (entries === undefined && bytes === undefined && ageMs === undefined) return undefined;
  return { entries, bytes, ageMs };
}

async function print(
  terminal: Terminal,
  retentions: readonly RetentionInfo[],
  asJson: boolean,
): Promise<void> {
  if (asJson) {
    for (const { target, keep, atMost } of retentions) {
      await terminal.out.line(toJson({ target: target === 'all' ? { all: true } : target, keep, atMost }));
    }
  } else if (retentions.length === 0) {
    await terminal.out.line('everything is retained');
  } else {
    const rows = retentions.map(({ target, keep, atMost }) => [
      targetInWords(target),
      limitInWords(keep, 'everything'),
      limitInWords(atMost, 'everything'),
    ]);
    await terminal.out.line(grid(COLUMNS, rows, terminal.outColors.bold));
  }
  await terminal.out.flush();
}

const COLUMNS = [{ title: 'tables' }, { title: 'kept for consumers' }, { title: 'kept at most' }] as const;

function targetInWords(target: RetentionInfo['target']): string {
  if (target === 'all') return 'all';
  const { name, prefix, region, table } = target;
  if (name !== undefined) return printable(Buffer.from(name), 60);
  if (prefix !== undefined) return `${printable(Buffer.from(prefix), 60)}*`;
  return table !== undefined ? `region ${region}, table ${table}` : `region ${region}`;
}

function limitInWords(limit: Limit | 'disk' | null, none: string): string {
  if (limit === null) return none;
  if (limit === 'disk') return 'what the disk budget allows';
  const { entries, bytes, ageMs } = limit;
  const parts: string[] = [];
  if (entries !== undefined) parts.push(`${formatCount(BigInt(entries))} entries`);
  if (bytes !== undefined) parts.push(formatBytes(Number(bytes)));
  if (ageMs !== undefined) parts.push(ageInWords(ageMs));
  return parts.join(', ');
}

const AGES: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

/** An age in the largest unit that gives it whole. */
function ageInWords(ms: number): string {
  const unit = AGES.find(([, size]) => ms % size === 0);
  return unit === undefined ? `${ms} ms` : `${ms / unit[1]} ${unit[0]}`;
}

function usage(message: string): CliError {
  return new CliError('CLI_USAGE', message);
}
