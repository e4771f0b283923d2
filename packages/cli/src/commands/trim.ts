import type { Wal } from '@shale/engine';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { toJson } from '../output/json.js';
import { ReclaimLine } from '../output/reclaim-line.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount, formatDuration, plural } from '../output/units.js';
import { parseU64 } from './arguments.js';
import { openForChange } from './open-log.js';
import { findTable } from './table-argument.js';

interface TrimFlags {
  readonly to?: bigint;
  readonly all?: boolean;
  readonly region?: bigint;
  readonly reclaim: boolean;
  readonly json?: boolean;
}

/** `shale trim`. */
export function trimCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('trim')
    .summary('remove the oldest entries of a table')
    .description(
      'Removes the entries of a table up to a sequence, that one included, and gives their space back to the disk. ' +
        'Sequences are never used again. The log must not be open for writing elsewhere.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('<table>', "a table's name, or with --region its number")
    .option('--to <sequence>', 'the last sequence to remove', parseU64)
    .option('--all', 'remove all entries')
    .option('--region <id>', 'region of a table that is told by numbers', parseU64)
    .option(
      '--no-reclaim',
      'leave the space to a later compaction: giving it back rewrites the files that hold other entries too',
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  shale trim ./data web-1 --to 5000')
    .action(async (dir: string, table: string, flags: TrimFlags) => {
      await trim(terminal, dir, table, flags);
      done(EXIT.ok);
    });
}

async function trim(terminal: Terminal, dir: string, name: string, flags: TrimFlags): Promise<void> {
  if ((flags.to === undefined) === (flags.all !== true)) {
    throw new CliError('CLI_USAGE', 'say what to remove: --to <sequence> or --all');
  }
  await using wal = await openForChange(dir, terminal);
  const table = await findTable(wal, { table: name, region: flags.region });
  const before = await table.firstSequence();
  const last = await table.lastSequence();
  await table.trim(flags.to ?? last);
  const first = await table.firstSequence();
  const removed = first > before ? first - before : 0n;
  if (!flags.json) {
    const left =
      first > last
        ? `nothing is left, the next sequence is ${formatCount(last + 1n)}`
        : `${formatCount(first)} to ${formatCount(last)} are left`;
    await terminal.out.line(`${plural(removed, 'entry', 'entries')} removed; ${left}`);
    await terminal.out.flush();
  }
  let freed: number | null = null;
  try {
    // No other process may have the log open for long: space that this one leaves is not given back soon.
    if (flags.reclaim && removed > 0n) freed = await giveBack(terminal, wal, flags);
  } finally {
    // The entries are gone, whatever came of their space.
    if (flags.json) await terminal.out.line(toJson({ table: name, removed, first, last, freed }));
    await terminal.out.flush();
  }
}

/** Gives the space of what was trimmed back, and says how much it was. Returns the bytes. */
async function giveBack(terminal: Terminal, wal: Wal, flags: TrimFlags): Promise<number> {
  const line = new ReclaimLine(terminal, wal);
  try {
    const { bytesBefore, bytesAfter, elapsedMs } = await wal.reclaim();
    const freed = Math.max(0, bytesBefore - bytesAfter);
    line.stop();
    if (!flags.json) {
      await terminal.out.line(
        freed > 0
          ? `${formatBytes(freed)} given back in ${formatDuration(elapsedMs)}; the log takes ${formatBytes(bytesAfter)}`
          : `no space to give back; the log takes ${formatBytes(bytesAfter)}`,
      );
    }
    return freed;
  } finally {
    line.stop();
  }
}
