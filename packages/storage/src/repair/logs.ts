import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
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

/** How log files are copied. */
export interface LogCopies {
  readonly distrusted: Distrusted;
  /** Is told the name of each file before it is touched. */
  readonly at: (name: string) => Promise<void>;
}

/** Copies of the log files what can be read. */
export async function* gatherLogs(
  from: string,
  to: string,
  { logs }: Inventory,
  copies: LogCopies,
): AsyncGenerator<GatheredLog, void, undefined> {
  for (const name of logs) yield await gatherLog(from, to, name, copies);
}

/** Copies of one log file what can be read. */
export async function gatherLog(
  from: string,
  to: string,
  name: string,
  { distrusted, at }: LogCopies,
): Promise<GatheredLog> {
  const number = numberOf(name);
  const reason = distrusted.get(name);
  if (reason !== undefined) return { name, number, saved: null, failure: reason };
  await at(name);
  try {
    return { name, number, saved: await saveLogFile(join(from, name), join(to, basename(name)), number) };
  } catch (error) {
    const { size } = await stat(join(from, name));
    const failure = `none of its ${size} bytes could be read: ${toWalError(error, {}).message}`;
    return { name, number, saved: null, failure };
  }
}

/** The number in the name of a log file. */
export function numberOf(name: string): bigint {
  return BigInt(basename(name, '.log'));
}
