import type { VerifyFinding, Wal } from '@shale/engine';
import { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import { toJson } from '../output/json.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount, formatDuration, plural } from '../output/units.js';
import { printable } from '../read/entry-format.js';
import { openForReading } from './open-log.js';

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
        'metadata agree. Exits with 0 when nothing was found, with 1 when something was. Works beside a running writer.',
    )
    .argument('<dir>', 'directory of the log')
    .option('--json', 'one JSON object per finding, and one for the totals')
    .option('-q, --quiet', 'no output: the exit code tells')
    .action(async (dir: string, flags: VerifyFlags) => {
      await using wal = await openForReading(dir);
      done(await verify(terminal, wal, flags));
    });
}

async function verify(terminal: Terminal, wal: Wal, flags: VerifyFlags): Promise<number> {
  const { red, yellow, green } = terminal.outColors;
  const live = terminal.errIsTTY && !flags.quiet && !flags.json;
  let findings = 0;
  let shown = 0;
  for await (const event of wal.verify()) {
    if (event.type === 'progress') {
      if (!live || performance.now() - shown < PROGRESS_MS) continue;
      shown = performance.now();
      const share = event.estimatedEntries > 0 ? ` of about ${formatCount(event.estimatedEntries)}` : '';
      terminal.stderr.write(
        `\r\x1b[K${formatCount(event.entries)}${share} entries, ${plural(event.tables, 'table')}`,
      );
      continue;
    }
    if (live && shown > 0) terminal.stderr.write('\r\x1b[K');
    if (event.type === 'finding') findings += 1;
    if (flags.quiet) continue;
    if (flags.json) {
      await terminal.out.line(toJson(event));
    } else if (event.type === 'finding') {
      const severity = event.severity === 'error' ? red('error') : yellow('warning');
      await terminal.out.line(`${severity}: ${event.message}${where(event)}`);
    } else {
      const size = `${plural(event.entries, 'entry', 'entries')}, ${formatBytes(Number(event.payloadBytes))} in ${plural(event.tables, 'table')}`;
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
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}
