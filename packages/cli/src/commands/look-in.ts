import { WalError } from '@shale/codec';
import { type Inspection, inspect } from '@shale/engine/admin';
import { CliError } from '../cli-error.js';
import { pathWord, shellCommand } from '../output/shell-word.js';
import { requireFilesOfLog } from './open-log.js';

/**
 * Looks into a log that a process has open. Fails with what to do when none has, or it lets nobody look in. The signal ends
 * it at whatever it waits for.
 */
export async function lookInto(directory: string, signal: AbortSignal): Promise<Inspection> {
  await requireFilesOfLog(directory);
  try {
    return await inspect(directory, { signal });
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    const list = shellCommand(['shale', 'tables', pathWord(directory)]);
    if (error.code === 'SHALE_NOT_FOUND') {
      throw new CliError('CLI_NOT_OPEN', `no process has the log in ${directory} open`, {
        hint: `This looks into a process that has it open with openWal(directory, { inspect: true }). \`shale read\` shows what is in the log, and its tables are listed by: ${list}`,
        cause: error,
      });
    }
    if (error.code === 'SHALE_UNSUPPORTED' && error.details?.version === undefined) {
      throw new CliError('CLI_NOT_SHOWN', error.message, {
        hint: `\`shale read\` shows what is in the log by now, and its tables are listed by: ${list}`,
        cause: error,
      });
    }
    throw error;
  }
}
