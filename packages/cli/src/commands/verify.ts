import { type VerifyEvent, type Wal, WalError } from '@shale/engine';
import { describePlace, diagnose, type VerifyFinding } from '@shale/engine/admin';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { countJournals } from '../ingest/journal.js';
import { toJson } from '../output/json.js';
import { showable } from '../output/showable.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount, formatDuration, plural, tablesWithJournals } from '../output/units.js';
import { printable } from '../read/entry-format.js';
import { openForReading, requireFilesOfLog } from './open-log.js';
import { repairCommand } from './repair-command.js';

interface VerifyFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Milliseconds between two updates of the line that tells how far it is. */
const PROGRESS_MS = 200;

/** `shale verify`. */
export function verifyCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('verify')
    .summary('read everything and check it')
    .description(
      'Reads every entry of every table, checksums included: each key and value decodes, sequences are dense, bounds and ' +
        'metadata agree; then every table file. Each damage is told with its file, table and sequences. Exits with 0 when ' +
        'nothing was found, with 1 when something was, with 6 when the log cannot be opened. Works beside a running writer.',
    )
    .argument('<dir>', 'directory of the log')
    .option('--json', 'one JSON object per finding, and one for the totals')
    .option('-q, --quiet', 'no output: the exit code tells')
    .action(async (dir: string, flags: VerifyFlags) => {
      await requireFilesOfLog(dir);
      let wal: Wal;
      try {
        wal = await openForReading(dir, terminal);
      } catch (error) {
        done(await explain(terminal, dir, flags, error));
        return;
      }
      try {
        done(await verify(terminal, wal, flags));
      } finally {
        await wal.close();
      }
    });
}

/** Says which file is to blame for a log that does not open. */
async function explain(terminal: Terminal, dir: string, flags: VerifyFlags, error: unknown): Promise<number> {
  const damaged = error instanceof CliError ? error.code === 'CLI_DAMAGED' : isDamage(error);
  if (!damaged) throw error;
  const findings = await diagnose(dir, error);
  if (!flags.quiet) {
    for (const finding of findings) await show(terminal, finding, flags);
    await terminal.out.flush();
    terminal.note(
      terminal.errColors.dim(
        `  What can be read is saved, and nothing in ${showable(dir)} changed, by: ${repairCommand(dir)}`,
      ),
    );
  }
  return EXIT.corrupt;
}

/** Files of a log are there: that RocksDB does not find one of them is damage, too. */
function isDamage(error: unknown): boolean {
  return error instanceof WalError && ['SHALE_CORRUPT', 'SHALE_IO', 'SHALE_NOT_FOUND'].includes(error.code);
}

async function show(
  terminal: Terminal,
  event: Exclude<VerifyEvent, { type: 'progress' }>,
  flags: VerifyFlags,
) {
  const { red, yellow } = terminal.outColors;
  if (flags.json) {
    await terminal.out.line(toJson(event));
  } else if (event.type === 'finding') {
    const severity = event.severity === 'error' ? red('error') : yellow('warning');
    await terminal.out.line(`${severity}: ${showable(event.message)}${where(event)}`);
  }
}

async function verify(terminal: Terminal, wal: Wal, flags: VerifyFlags): Promise<number> {
  const { red, green } = terminal.outColors;
  const live = terminal.errIsTTY && !flags.quiet && !flags.json;
  let findings = 0;
  let shown = 0;
  for await (const event of wal.verify()) {
    if (event.type === 'progress') {
      if (!live || performance.now() - shown < PROGRESS_MS) continue;
      shown = performance.now();
      const share = event.estimatedEntries > 0 ? ` of about ${formatCount(event.estimatedEntries)}` : '';
      const files = event.files ? `, file ${event.files.checked} of ${event.files.total}` : '';
      terminal.stderr.write(
        `\r\x1b[K${formatCount(event.entries)}${share} entries, ${plural(event.tables, 'table')}${files}`,
      );
      continue;
    }
    if (live && shown > 0) terminal.stderr.write('\r\x1b[K');
    if (event.type === 'finding') findings += 1;
    if (flags.quiet) continue;
    if (event.type === 'finding') {
      await show(terminal, event, flags);
      continue;
    }
    const journals = await countJournals(wal);
    if (flags.json) {
      await terminal.out.line(toJson({ ...event, journals }));
    } else {
      const size = `${plural(event.entries, 'entry', 'entries')}, ${formatBytes(Number(event.payloadBytes))} in ${tablesWithJournals(event.tables, journals)}`;
      const verdict =
        findings === 0
          ? green('ok')
          : red(`${plural(event.errors, 'error')}, ${plural(event.warnings, 'warning')}`);
      await terminal.out.line(`${verdict}: ${size}, read in ${formatDuration(event.elapsedMs)}`);
    }
  }
  await terminal.out.flush();
  return findings === 0 ? EXIT.ok : EXIT.findings;
}

function where(finding: VerifyFinding): string {
  const parts: string[] = [];
  if (finding.name !== undefined) parts.push(`table ${printable(Buffer.from(finding.name), 60)}`);
  if (finding.id) parts.push(`region ${finding.id.region}, table ${finding.id.table}`);
  if (finding.sequences) parts.push(`sequences ${finding.sequences.from} to ${finding.sequences.to}`);
  if (finding.file) parts.push(`file ${describePlace(finding.file)}`);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}
