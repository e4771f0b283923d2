import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type SavedLogFile, saveLogFile } from '@shale/rocksdb';
import { toWalError } from '../errors.js';
import type { Distrusted } from './distrusted.js';
import type { Inventory } from './old-files.js';

/** A log file of the old database, and what of it is in the directory of gathered files. */
export interface GatheredLog {
  readonly name: string;
  readonly number: bigint;
  /** Null when nothing of it could be read. */
  readonly saved: SavedLogFile | null;
  /** Why nothing could be read. */
  readonly failure?: string;
}

/** Copies of the log files what can be read. `at` is told each name before the file is touched. */
export async function* gatherLogs(
  from: string,
  to: string,
  { logs }: Inventory,
  { distrusted, at }: { distrusted: Distrusted; at: (name: string) => Promise<void> },
): AsyncGenerator<GatheredLog, void, undefined> {
  for (const name of logs) {
    const number = BigInt(name.replace('.log', ''));
    const reason = distrusted.get(name);
    if (reason !== undefined) {
      yield { name, number, saved: null, failure: reason };
      continue;
    }
    await at(name);
    try {
      yield { name, number, saved: await saveLogFile(join(from, name), join(to, name), number) };
    } catch (error) {
      const { size } = await stat(join(from, name));
      const failure = `none of its ${size} bytes could be read: ${toWalError(error, {}).message}`;
      yield { name, number, saved: null, failure };
    }
  }
}
