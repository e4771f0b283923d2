import { encodeLogKey, LOG_KEY_LENGTH, type LogKeyPrefix } from '@shale/codec';
import { toWalError } from '../errors.js';
import type { LogContext } from '../tables/context.js';

/** The key that is looked for: it is used before anything else can run. */
const key = new Uint8Array(LOG_KEY_LENGTH);

/**
 * The payload of one entry, copied, if it is in memory; null when there is no such entry; undefined when that cannot be
 * told without waiting. Never waits for a disk.
 */
export function peekEntry(
  { db, path }: Pick<LogContext, 'db' | 'path'>,
  { instance, region, table }: LogKeyPrefix,
  sequence: bigint,
): Uint8Array | null | undefined {
  encodeLogKey(key, 0, { instance, region, table, sequence });
  try {
    return db.peek(key);
  } catch (error) {
    throw toWalError(error, { path, table: { region, table } });
  }
}
