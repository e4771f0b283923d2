import { join } from 'node:path';
import { decodeLogKey, type TableId } from '@shale/codec';
import { checkTableFile, type LiveFile } from '@shale/rocksdb';
import { type FilePlace, filePlaceIn } from '../damage/file-place.js';
import { native, nativeAsync } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import type { VerifyFinding } from './verify-events.js';

/** How far the check of the files has got, or what it has found. */
export type FileCheckEvent =
  | { readonly type: 'checked'; readonly files: number; readonly of: number }
  | VerifyFinding;

/**
 * Reads every block of every table file of the database, all instances', and compares its checksum; the work is done
 * off the thread. Files that vanish meanwhile have been compacted away: what they held is elsewhere.
 *
 * @param known Places that have been reported already.
 */
export async function* checkFiles(
  context: LogContext,
  known: readonly FilePlace[],
): AsyncGenerator<FileCheckEvent, void, undefined> {
  const live = native({ path: context.path }, () => context.db.liveFiles());
  for (const [index, file] of live.entries()) {
    const path = join(context.path, file.name);
    const { message } = await nativeAsync({ path }, () => checkTableFile(path));
    if (message !== null && !/No such file/.test(message)) {
      const place = filePlaceIn(message) ?? { name: file.name };
      if (!known.some((other) => other.name === place.name && other.offset === place.offset)) {
        yield damagedFile(file, place, message, context.instance);
      }
    }
    yield { type: 'checked', files: index + 1, of: live.length };
  }
}

function damagedFile(file: LiveFile, place: FilePlace, message: string, instance: number): VerifyFinding {
  const range = rangeOf(file, instance);
  return {
    type: 'finding',
    severity: 'error',
    kind: 'file',
    file: place,
    message: `a table file, which holds ${range.text}, is damaged: ${message}`,
    ...(range.id === undefined ? {} : { id: range.id }),
    ...(range.sequences === undefined ? {} : { sequences: range.sequences }),
  };
}

/** What a file's smallest and largest key say of its content. */
export function rangeOf(
  file: Pick<LiveFile, 'smallest' | 'largest'>,
  instance: number,
): { text: string; id?: TableId; sequences?: { from: bigint; to: bigint } } {
  try {
    const from = decodeLogKey(file.smallest, instance);
    const to = decodeLogKey(file.largest, instance);
    if (from.region === to.region && from.table === to.table) {
      return {
        text: `entries ${from.sequence} to ${to.sequence} of region ${from.region}, table ${from.table}`,
        id: { region: from.region, table: from.table },
        sequences: { from: from.sequence, to: to.sequence },
      };
    }
    return {
      text: `entries from region ${from.region}, table ${from.table}, sequence ${from.sequence} to region ${to.region}, table ${to.table}, sequence ${to.sequence}`,
    };
  } catch {
    const hex = (key: Uint8Array) => Buffer.from(key).toString('hex');
    return { text: `keys ${hex(file.smallest)} to ${hex(file.largest)}` };
  }
}
