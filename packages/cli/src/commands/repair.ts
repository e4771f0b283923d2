import { describePlace, type RepairEvent, type RepairLoss, repairDatabase } from '@shale/engine/admin';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { toJson } from '../output/json.js';
import { showable } from '../output/showable.js';
import { StatusLine } from '../output/status-line.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount, formatDuration, plural } from '../output/units.js';
import { printable } from '../read/entry-format.js';
import { requireFilesOfLog } from './open-log.js';
import { requireNewDirectory } from './target-directory.js';

interface RepairFlags {
  readonly to: string;
  readonly keepFiles?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `shale repair`. */
export function repairCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('repair')
    .summary('save what can be read of a damaged log into a new one')
    .description(
      'Reads what can be read of a damaged log and writes it to a new one; the old one stays as it is. Entries keep their ' +
        'sequences, tables their names, and no sequence of a lost entry is given out again. Each loss is told with its table, ' +
        'sequences and file. Exits with 0 when everything was saved, with 1 when something was lost.',
    )
    .argument('<dir>', 'directory of the damaged log; no process may be writing it')
    .requiredOption('--to <dir>', 'directory of the new log: it must be empty, or not there yet')
    .option(
      '--keep-files',
      'take over whole table files as they are, and leave out damaged ones: for a large log',
    )
    .option('--json', 'one JSON object per loss, and one for the totals')
    .option('-q, --quiet', 'no output: the exit code tells')
    .action(async (dir: string, flags: RepairFlags) => {
      await requireFilesOfLog(dir);
      await requireNewDirectory(flags.to);
      done(await repair(terminal, dir, flags));
    });
}

async function repair(terminal: Terminal, dir: string, flags: RepairFlags): Promise<number> {
  const status = new StatusLine(terminal, { off: flags.quiet === true || flags.json === true });
  const losses: RepairLoss[] = [];
  let totals: Extract<RepairEvent, { type: 'totals' }> | undefined;
  try {
    for await (const event of repairDatabase(dir, flags.to, { keepFiles: flags.keepFiles })) {
      if (event.type === 'progress') status.show(() => progressText(event));
      else if (event.type === 'loss') losses.push(event);
      else totals = event;
    }
  } finally {
    status.clear();
  }
  if (totals === undefined) throw new CliError('CLI_INPUT', `the repair of ${dir} ended without a result`);
  if (!flags.quiet) await report(terminal, flags, losses, totals);
  return losses.length === 0 ? EXIT.ok : EXIT.findings;
}

async function report(
  terminal: Terminal,
  flags: RepairFlags,
  losses: readonly RepairLoss[],
  totals: Extract<RepairEvent, { type: 'totals' }>,
): Promise<void> {
  const { red, green, yellow } = terminal.outColors;
  for (const loss of losses) {
    if (flags.json) await terminal.out.line(toJson(loss));
    else await terminal.out.line(`${red('lost')}: ${showable(loss.message)}${where(loss)}`);
  }
  if (flags.json) {
    await terminal.out.line(toJson(totals));
  } else {
    const saved = `${plural(totals.entries, 'entry', 'entries')}, ${formatBytes(Number(totals.payloadBytes))} in ${plural(totals.tables, 'table')}`;
    const verdict =
      losses.length === 0
        ? green('everything saved')
        : yellow(`saved, with ${plural(losses.length, 'loss', 'losses')}`);
    await terminal.out.line(`${verdict}: ${saved} to ${flags.to} in ${formatDuration(totals.elapsedMs)}`);
  }
  await terminal.out.flush();
}

function progressText({ step, files, entries, tables }: Extract<RepairEvent, { type: 'progress' }>): string {
  if (step === 'files') return `reading file ${files.done} of ${files.total}`;
  if (step === 'rebuild') return `putting ${plural(files.total, 'file')} together`;
  return `saving: ${plural(entries, 'entry', 'entries')}, ${formatCount(tables)} tables`;
}

function where({ name, sequences, file }: RepairLoss): string {
  const parts: string[] = [];
  if (name !== undefined) parts.push(`table ${printable(Buffer.from(name), 60)}`);
  if (sequences) parts.push(`sequences ${sequences.from} to ${sequences.to}`);
  if (file) parts.push(`file ${describePlace(file)}`);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}
