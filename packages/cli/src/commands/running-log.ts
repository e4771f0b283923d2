import { WalError } from '@shale/engine';
import { type Inspection, inspect } from '@shale/engine/admin';
import { CliError } from '../cli-error.js';
import { requireFilesOfLog } from './open-log.js';

/**
 * A look into the process that has a log open and shows it; null when the files are to be opened instead: no process has it
 * open, or it is to be looked at only, and the one that has shows it to nobody.
 *
 * @param hint what to do where the process would have to make a change, and shows the log to nobody
 */
export async function runningLog(
  directory: string,
  access: 'look' | 'change',
  hint: string,
): Promise<Inspection | null> {
  await requireFilesOfLog(directory);
  try {
    return await inspect(directory);
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    if (error.code === 'SHALE_NOT_FOUND') return null;
    if (access === 'look' && error.code === 'SHALE_UNSUPPORTED') return null;
    if (error.code !== 'SHALE_UNSUPPORTED' || error.details?.version !== undefined) throw error;
    throw new CliError('CLI_NOT_SHOWN', error.message, { hint, cause: error });
  }
}
