import { readdir, stat } from 'node:fs/promises';
import { openWal, type Wal, type WalOptions } from '@shale/engine';
import { describeRecovery } from '@shale/engine/admin';
import { CliError } from '../cli-error.js';
import type { Terminal } from '../output/terminal.js';
import { repairCommand, verifyCommand } from './repair-command.js';

/** Opens a log to look at it; that works beside a running writer. */
export async function openForReading(directory: string, terminal: Terminal): Promise<Wal> {
  await requireLog(directory);
  return told(await openWal(directory, { readOnly: true }), terminal);
}

/** Throws unless there is a log, damaged or not. */
export async function requireFilesOfLog(directory: string): Promise<void> {
  const kind = await looksLike(directory);
  if (kind !== 'log' && kind !== 'damaged') throw notFound(directory);
}

/** Opens a log that must be there, for writing. */
export async function openForChange(directory: string, terminal: Terminal): Promise<Wal> {
  await requireLog(directory);
  return told(await openWal(directory, { create: false }), terminal);
}

async function requireLog(directory: string): Promise<void> {
  const kind = await looksLike(directory);
  if (kind === 'damaged') {
    throw new CliError(
      'CLI_DAMAGED',
      `${directory} has files of a log, but not CURRENT, by which it is opened`,
      {
        hint: `What is wrong is said by: ${verifyCommand(directory)}; what can be read is saved by: ${repairCommand(directory)}`,
      },
    );
  }
  if (kind !== 'log') throw notFound(directory);
}

function notFound(directory: string): CliError {
  return new CliError('CLI_NOT_FOUND', `there is no log in ${directory}`, {
    hint: 'Name the directory that was given to openWal or `shale ingest`.',
  });
}

/** Opens a log for writing, and creates it in a directory that is not there or empty. */
export async function openOrCreate(directory: string, options: WalOptions, terminal: Terminal): Promise<Wal> {
  const kind = await looksLike(directory);
  // Creating a log over the files of one whose CURRENT is lost would make them unreadable for good.
  if (kind === 'damaged') await requireLog(directory);
  if (kind === 'other') {
    throw new CliError('CLI_NOT_A_LOG', `${directory} has files in it, and they are not a log`, {
      hint: 'Name a new or empty directory.',
    });
  }
  return told(await openWal(directory, options), terminal);
}

/**
 * Says what the opening dropped or is missing. Beside a writer, what it is writing at the moment looks like a torn end.
 */
function told(wal: Wal, terminal: Terminal): Wal {
  const { recovery } = wal;
  const line = describeRecovery(recovery);
  if (line !== null && !(wal.options.readOnly && recovery.place === 'tail' && !recovery.missing)) {
    terminal.note(`${terminal.errColors.yellow('shale:')} ${line}`);
  }
  return wal;
}

/** Files that only a log has. */
const OF_A_LOG = /^(?:\d{6,}\.(?:sst|log)|MANIFEST-\d{6,})$/;
/**
 * What is there before the first CURRENT, and stays when a process dies while it creates a log: nothing is in it yet.
 */
const OF_AN_ATTEMPT = /^(?:WRITER|LOCK|LOG|IDENTITY|MANIFEST-000001|\d{6}\.dbtmp)$/;

/** What a new ext4 volume has at its top. */
const OF_A_VOLUME = 'lost+found';

/** What a path holds. Throws when it is something other than a directory. */
async function looksLike(directory: string): Promise<'missing' | 'empty' | 'log' | 'damaged' | 'other'> {
  let names: string[];
  try {
    if (!(await stat(directory)).isDirectory()) {
      throw new CliError('CLI_NOT_A_DIRECTORY', `${directory} is a file, not a directory`);
    }
    names = await readdir(directory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'missing';
    throw error;
  }
  // CURRENT names the manifest of a RocksDB.
  if (names.includes('CURRENT')) return 'log';
  if (names.some((name) => OF_A_LOG.test(name) && !OF_AN_ATTEMPT.test(name))) return 'damaged';
  return names.every((name) => OF_AN_ATTEMPT.test(name) || name === OF_A_VOLUME) ? 'empty' : 'other';
}
