import { type RestoreInfo, restoreBackup } from '@shale/engine/admin';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { directoryBytes } from '../output/directory-bytes.js';
import { toJson } from '../output/json.js';
import { showable } from '../output/showable.js';
import { StatusLine } from '../output/status-line.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatDuration, plural } from '../output/units.js';
import { parseBackupId, requireDirectory } from './backup.js';
import { openForReading } from './open-log.js';
import { HELP_OF_CREDENTIALS, isReplicaUrl, type ReplicaFlags, replicaOptions } from './replica-flags.js';
import { restoreFromReplica } from './restore-replica.js';
import { requireNewDirectory } from './target-directory.js';

interface RestoreFlags extends ReplicaFlags {
  readonly id?: number;
  readonly log?: string;
  readonly allowOlder?: boolean;
  readonly json?: boolean;
}

const PROGRESS_MS = 500;

/** `shale restore`. */
export function restoreCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  const command = new Command('restore')
    .summary('make a log of a backup, or of a replica in a cluster')
    .description(
      'Writes the log of a backup to a new directory, after comparing the checksum of every file of the backup, and opens ' +
        'it to see that it is a log. Of a replica, with --monitor, it writes every entry with its sequence, and the names of tables.',
    )
    .argument('<from>', 'directory of backups, or a replica: nats://host-1,host-2,host-3/name, or tls://')
    .argument('<dir>', 'directory of the new log: it must be empty, or not there yet')
    .option('--id <id>', 'which backup (default: the newest; if that is damaged, none)', parseBackupId)
    .option(
      '--log <id>',
      'of which log, where the directory has backups of several (see shale backup --list)',
    )
    .option('--allow-older', 'where the newest backup is damaged, the newest one that is not')
    .option('--json', 'one JSON object')
    .action(async (from: string, dir: string, flags: RestoreFlags) => {
      requireFlagsOf(from, flags);
      if (isReplicaUrl(from)) await restoreFromReplica(terminal, from, dir, flags);
      else await restore(terminal, from, dir, flags);
      done(EXIT.ok);
    });
  for (const option of replicaOptions()) command.addOption(option);
  return command.addHelpText('after', HELP_OF_CREDENTIALS);
}

function requireFlagsOf(
  from: string,
  { id, log, allowOlder, monitor, tlsCa, tlsCert, tlsKey }: RestoreFlags,
): void {
  const isReplica = isReplicaUrl(from);
  const wrong = isReplica ? [id, log, allowOlder] : [monitor, tlsCa, tlsCert, tlsKey];
  if (wrong.every((each) => each === undefined)) return;
  throw new CliError(
    'CLI_USAGE',
    isReplica
      ? '--id, --log and --allow-older are for backups, and this is a replica'
      : '--monitor and --tls-... are for replicas, and this is a directory of backups',
  );
}

async function restore(terminal: Terminal, backups: string, dir: string, flags: RestoreFlags): Promise<void> {
  await requireDirectory(backups);
  await requireNewDirectory(dir);
  const started = performance.now();
  const elapsed = () => formatDuration(performance.now() - started);
  const status = new StatusLine(terminal, { off: flags.json === true });
  const timer = setInterval(() => status.show(() => `checking and copying: ${elapsed()}`), PROGRESS_MS);
  try {
    const { id, log, allowOlder } = flags;
    const info = await restoreBackup(backups, dir, { id, log, allowOlder });
    await (await openForReading(dir, terminal)).close();
    clearInterval(timer);
    status.clear();
    if (flags.json) {
      await terminal.out.line(
        toJson({
          id: info.id,
          time: info.time.toISOString(),
          log: info.log,
          logPath: info.logPath,
          passedOver: info.passedOver,
          bytes: await directoryBytes(dir),
          directory: dir,
        }),
      );
    } else {
      const size = `${formatBytes(info.bytes)} in ${plural(info.files.length, 'file')}`;
      await terminal.out.line(
        `${terminal.outColors.green('restored')}: backup ${info.id} of ${info.time.toISOString()}, ${size}, to ${dir} in ${elapsed()}`,
      );
      await terminal.out.line(`of ${describeLog(info)}`);
      for (const { id, reason } of info.passedOver) {
        await terminal.out.line(
          `${terminal.outColors.yellow('passed over')}: backup ${id}, which is newer and damaged: ${showable(reason)}`,
        );
      }
    }
  } finally {
    clearInterval(timer);
    status.clear();
  }
  await terminal.out.flush();
}

function describeLog({ log, logPath }: RestoreInfo): string {
  if (log === null) return 'a log that the backup does not name: it is older than that is written down';
  return logPath === null ? `the log ${log}` : `the log ${log}, which was in ${showable(logPath)}`;
}
