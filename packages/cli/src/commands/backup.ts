import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type BackupInfo, type Wal, WalError } from '@shale/engine';
import { type BackupList, listBackups, type RemovedBackup, removeBackup } from '@shale/engine/admin';
import { Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { directoryBytes } from '../output/directory-bytes.js';
import { grid } from '../output/grid.js';
import { toJson } from '../output/json.js';
import { showable } from '../output/showable.js';
import { StatusLine } from '../output/status-line.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatDuration, plural } from '../output/units.js';
import { parseCount } from './arguments.js';
import { openForChange } from './open-log.js';

interface BackupFlags {
  readonly list?: boolean;
  readonly keep?: number;
  readonly remove?: number;
  readonly log?: string;
  readonly json?: boolean;
}

const PROGRESS_MS = 500;

/** `shale backup`. */
export function backupCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('backup')
    .summary('add a backup to a directory of backups, list them, or remove one')
    .description(
      'Adds a backup of the whole log to a directory of backups. Table files that are in there already are not copied ' +
        'again, so the next backup takes what has changed. The log must not be open in another process: a process ' +
        'that has it open makes backups by itself, with wal.backup(), while it writes.',
    )
    .usage(
      '[options] <dir> <backups>\n       shale backup --list <backups>\n       shale backup --remove <id> <backups>',
    )
    .argument('<dir>', 'directory of the log; with --list and --remove, the directory of backups')
    .argument('[backups]', 'directory of backups; created when it is not there')
    .option('-l, --list', 'list the backups')
    .option('--keep <count>', 'remove all backups of this log but so many of the newest', parseKeep)
    .option('--remove <id>', 'remove this one backup', parseBackupId)
    .option('--log <id>', 'with --remove: of which log it is, where the directory has backups of several')
    .option('--json', 'one JSON object per backup')
    .action(async (first: string, second: string | undefined, flags: BackupFlags) => {
      if (flags.log !== undefined && flags.remove === undefined) throw usage('--log goes with --remove');
      if (flags.remove !== undefined) {
        if (second !== undefined) throw usage('--remove takes the directory of backups alone');
        if (flags.list || flags.keep !== undefined) throw usage('--remove goes without --list and --keep');
        await remove(terminal, first, flags.remove, flags);
        done(EXIT.ok);
      } else if (flags.list) {
        if (second !== undefined) throw usage('--list takes the directory of backups alone');
        done(await list(terminal, first, flags));
      } else {
        if (second === undefined) throw usage('name the directory of the log and the directory of backups');
        await backup(terminal, first, second, flags);
        done(EXIT.ok);
      }
    });
}

/** The id of a backup. */
export function parseBackupId(text: string): number {
  const id = parseCount(text);
  if (id < 1 || id > 2 ** 32 - 1) throw new InvalidArgumentError('Backups count from 1.');
  return id;
}

function parseKeep(text: string): number {
  const count = parseCount(text);
  if (count < 1 || count > 2 ** 32 - 1) throw new InvalidArgumentError('It must be at least 1.');
  return count;
}

function usage(message: string): CliError {
  return new CliError('CLI_USAGE', message, { hint: 'Try: shale backup --help' });
}

async function backup(terminal: Terminal, dir: string, backups: string, flags: BackupFlags): Promise<void> {
  const started = performance.now();
  await using wal = await openAlone(terminal, dir, backups);
  const there = await filesIn(backups);
  const before = await directoryBytes(backups);
  const status = new StatusLine(terminal, { off: flags.json === true });
  const timer = setInterval(() => {
    void directoryBytes(backups).then((now) =>
      status.show(
        () =>
          `backing up: ${formatBytes(now - before)} copied, ${formatDuration(performance.now() - started)}`,
      ),
    );
  }, PROGRESS_MS);
  let info: BackupInfo;
  try {
    info = await wal.backup(backups, { keep: flags.keep });
  } finally {
    clearInterval(timer);
    status.clear();
  }
  const copied = sumOf(info.files.filter(({ name }) => name.startsWith('private/') || !there.has(name)));
  if (flags.json) {
    await terminal.out.line(toJson({ ...asJson(info), copied, directory: backups }));
  } else {
    const size = `${formatBytes(info.bytes)} in ${plural(info.files.length, 'file')}`;
    await terminal.out.line(
      `${terminal.outColors.green(`backup ${info.id}`)}: ${size}, ${formatBytes(copied)} of it new, in ${formatDuration(performance.now() - started)}`,
    );
  }
  await terminal.out.flush();
}

/** The names of all files in a directory of backups, as `BackupInfo.files` has them; none when there is none. */
async function filesIn(backups: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(backups, { recursive: true }).catch(() => []));
}

function sumOf(files: BackupInfo['files']): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Opens the log if no process has it. */
async function openAlone(terminal: Terminal, dir: string, backups: string): Promise<Wal> {
  try {
    return await openForChange(dir, terminal);
  } catch (error) {
    if (!(error instanceof WalError) || error.code !== 'SHALE_LOCKED') throw error;
    throw new CliError('CLI_LOCKED', `another process has ${dir} open for writing`, {
      hint: `That process makes backups while it writes: await wal.backup(${JSON.stringify(backups)}).`,
      cause: error,
    });
  }
}

async function list(terminal: Terminal, backups: string, flags: BackupFlags): Promise<number> {
  await requireDirectory(backups);
  const found: BackupList = await listBackups(backups);
  if (flags.json) {
    for (const info of found.backups) await terminal.out.line(toJson(asJson(info)));
    for (const id of found.damaged) await terminal.out.line(toJson({ id, damaged: true }));
  } else {
    const rows = found.backups.map((info) => [
      String(info.id),
      info.time.toISOString().replace('.000', ''),
      formatBytes(info.bytes),
      String(info.files.length),
      info.rocksdbSequence === null ? '-' : info.rocksdbSequence.toString(),
      info.log ?? '-',
      info.logPath === null ? '-' : showable(info.logPath),
    ]);
    if (rows.length > 0) await terminal.out.line(grid(COLUMNS, rows, terminal.outColors.bold));
    else await terminal.out.line('no backups');
    for (const id of found.damaged) {
      await terminal.out.line(
        `${terminal.outColors.red(`backup ${id}`)}: damaged, files are missing or have another size`,
      );
    }
  }
  await terminal.out.flush();
  return found.damaged.length === 0 ? EXIT.ok : EXIT.findings;
}

async function remove(terminal: Terminal, backups: string, id: number, flags: BackupFlags): Promise<void> {
  await requireDirectory(backups);
  const before = await directoryBytes(backups);
  // The list shows a log that is not written down so.
  const log = flags.log === '-' ? null : flags.log;
  const removed: RemovedBackup = await removeBackup(backups, id, { log });
  const freed = Math.max(0, before - (await directoryBytes(backups)));
  if (flags.json) {
    const { time, ...rest } = removed;
    await terminal.out.line(
      toJson({ ...rest, time: time?.toISOString() ?? null, freed, directory: backups }),
    );
  } else {
    const of = removed.time === null ? '' : ` of ${removed.time.toISOString().replace('.000', '')}`;
    await terminal.out.line(
      `${terminal.outColors.green('removed')}: backup ${removed.id}${of}, which gives back ${formatBytes(freed)}`,
    );
  }
  await terminal.out.flush();
}

/** Throws a clear error when there is nothing, rather than one about files inside. */
export async function requireDirectory(path: string): Promise<void> {
  const found = await stat(join(path, 'meta')).catch(() => null);
  if (found === null) {
    throw new CliError('CLI_NOT_FOUND', `there are no backups in ${path}`, {
      hint: 'Name the directory that was given to `shale backup`.',
    });
  }
}

function asJson({ id, time, log, logPath, rocksdbSequence, bytes, files }: BackupInfo): object {
  return { id, time: time.toISOString(), log, logPath, rocksdbSequence, bytes, files };
}

const COLUMNS = [
  { title: 'id', align: 'right' },
  { title: 'time' },
  { title: 'bytes', align: 'right' },
  { title: 'files', align: 'right' },
  { title: 'rocksdb sequence', align: 'right' },
  { title: 'log' },
  { title: 'path of the log' },
] as const;
