import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeyRange, mustBe, toU64, WalError } from '@shale/codec';
import type { LiveFile } from '@shale/rocksdb';
import { readBag } from '../arguments/option-bag.js';
import { toFlag } from '../arguments/switches.js';
import { native, nativeAsync } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { compact } from './compaction.js';
import { Pace } from './pace.js';
import {
  deleteAgain,
  joinForCompaction,
  requireEmpty,
  requireTrimmed,
  type TrimmedRange,
  uncovered,
} from './trimmed-range.js';

/** How hard to try to give space back. */
export interface ReclaimOptions {
  /**
   * Also flush what is in memory and compact the ranges down to the last level, so that their bytes leave the disk
   * now and not when compaction comes by. Costs I/O in proportion to what shares files with the ranges. On a full
   * disk, which has no room for that, it is left out. Default false.
   */
  readonly deep?: boolean | undefined;
  /**
   * What to compact as well with `deep`, whatever it holds: where unlisted ranges are, and dropped tables. Default:
   * nothing.
   */
  readonly spans?: readonly KeyRange[] | undefined;
  /**
   * What `Log.dropCount` said when the ranges were put together: those of tables that were dropped since, by whatever
   * log, are left out. For ranges of tables that other logs write. Default: what it says now.
   */
  readonly since?: bigint | undefined;
}

/** What a reclaim did. */
export interface ReclaimReport {
  /** Bytes of the directory before. */
  readonly bytesBefore: number;
  /** Bytes of the directory after. Other threads may have written meanwhile. */
  readonly bytesAfter: number;
  /** Table files before. */
  readonly filesBefore: number;
  /** Table files after. */
  readonly filesAfter: number;
  /**
   * Not all was done that was asked for: whole files could not be dropped because a scan holds a snapshot, or the
   * disk is too full to compact. Compaction does the rest, or the next call.
   */
  readonly deferred: boolean;
  /** What it took, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * Gives back the space of ranges that trims have emptied: drops the files that lie wholly inside one of them, and with
 * `deep` rewrites the others.
 *
 * Dropping a file that holds a range's tombstone could uncover older entries in a file that stays. So the tombstones
 * are written again first, durably: they then stand above whatever is dropped. Should they have been compacted into a
 * dropped file in that instant, the entries that show again are removed again. No file is dropped under a snapshot,
 * which may be older than the trim.
 *
 * A trimmed range stays empty unless its table is dropped and begins again in it. So everything that removes
 * something for good does so only if there was no drop since the range was looked at, and drops wait meanwhile: the
 * database ensures both, because drops come from other threads as well.
 */
export async function reclaim(
  context: LogContext,
  ranges: Iterable<KeyRange>,
  options: ReclaimOptions,
): Promise<ReclaimReport> {
  const { db, path } = context;
  const started = performance.now();
  const { deep: isDeep, spans, since: sinceGiven } = readBag('reclaim', options, RECLAIM_OPTIONS);
  const wide = toSpans(spans);
  const since = sinceGiven === undefined ? native({ path }, () => db.drops()) : toU64('since', sinceGiven);
  const trimmed = await requireTrimmed(context, ranges, since);
  const wantsDeep = toFlag('deep', isDeep, false) && (trimmed.length > 0 || wide.length > 0);
  if (wantsDeep) await requireEmpty(context, trimmed, since);
  const bytesBefore = await directoryBytes(path);
  const filesBefore = native({ path }, () => db.liveFiles().length);
  const deep = wantsDeep && (await flushIfRoom(context));
  const droppable = await withWholeFiles(context, trimmed);
  if (!wantsDeep) await requireEmpty(context, droppable, since);
  const held = droppable.length > 0 && snapshotsHeld(context);
  if (droppable.length > 0 && !held) await dropFiles(context, droppable, since);
  if (deep) {
    const all = [...wide, ...trimmed].sort((a, b) => Buffer.compare(a.lower, b.lower));
    for (const { lower, upper } of await joinForCompaction(context, all)) {
      await compact(context, lower, upper);
    }
  }
  return {
    bytesBefore,
    bytesAfter: await directoryBytes(path),
    filesBefore,
    filesAfter: native({ path }, () => db.liveFiles().length),
    deferred: held || deep !== wantsDeep,
    elapsedMs: performance.now() - started,
  };
}

const RECLAIM_OPTIONS = ['deep', 'spans', 'since'] as const;

/** Ranges of keys, read once. Throws SHALE_INVALID_ARGUMENT. */
function toSpans(spans: unknown): KeyRange[] {
  if (spans === undefined) return [];
  if (!Array.isArray(spans)) throw mustBe('spans', 'an array of ranges of keys', spans);
  return spans.map((span: unknown) => {
    const { lower, upper } = readBag('a span of reclaim', span, ['lower', 'upper']);
    if (lower instanceof Uint8Array && upper instanceof Uint8Array) return { lower, upper };
    throw mustBe('spans', 'an array of ranges of keys', span);
  });
}

/** Flushes what is in memory. False if the disk is full. */
async function flushIfRoom({ db, path }: LogContext): Promise<boolean> {
  try {
    await nativeAsync({ path }, () => db.flush());
    return true;
  } catch (error) {
    if (error instanceof WalError && error.code === 'SHALE_NO_SPACE') return false;
    throw error;
  }
}

/** Bytes of all files of a directory, not of its subdirectories. Files that vanish meanwhile do not count. */
async function directoryBytes(path: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(path)) {
    const found = await stat(join(path, name)).catch(() => undefined);
    if (found?.isFile() === true) bytes += found.size;
  }
  return bytes;
}

async function dropFiles(context: LogContext, ranges: readonly TrimmedRange[], since: bigint): Promise<void> {
  const { db, path } = context;
  await deleteAgain(context, ranges, since);
  await nativeAsync({ path }, () =>
    db.deleteFilesInRanges(
      ranges.map(({ lower, upper, metaKey }) => [lower, upper, metaKey] as const),
      { since },
    ),
  );
  await deleteAgain(context, await uncovered(context, ranges), since);
}

/** The ranges that have a file wholly inside, below level 0: RocksDB drops no others. */
async function withWholeFiles(context: LogContext, ranges: readonly TrimmedRange[]): Promise<TrimmedRange[]> {
  const pace = new Pace();
  const whole: TrimmedRange[] = [];
  const files = native({ path: context.path }, () => context.db.liveFiles())
    .filter((file) => file.level > 0)
    .sort((a, b) => Buffer.compare(a.smallest, b.smallest));
  for (const range of ranges) {
    if (pace.isDue) await pace.rest();
    for (let at = firstFrom(files, range.lower); at < files.length; at++) {
      const file = files[at];
      if (file === undefined || Buffer.compare(file.smallest, range.upper) >= 0) break;
      if (Buffer.compare(file.largest, range.upper) > 0) continue;
      whole.push(range);
      break;
    }
  }
  return whole;
}

/** The index of the first file, of those in order, that begins at a key or behind it. */
function firstFrom(files: readonly LiveFile[], key: Uint8Array): number {
  let low = 0;
  let high = files.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const file = files[middle];
    if (file !== undefined && Buffer.compare(file.smallest, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function snapshotsHeld(context: LogContext): boolean {
  const held = native({ path: context.path }, () => context.db.property('rocksdb.num-snapshots'));
  return held !== null && Number(held) > 0;
}
