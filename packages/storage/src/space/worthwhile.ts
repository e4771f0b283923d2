import { setTimeout as sleep } from 'node:timers/promises';
import { type KeyRange, mustBe } from '@shale/codec';
import { readBag } from '../arguments/option-bag.js';
import { native, nativeAsync } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { compact } from './compaction.js';
import { Pace } from './pace.js';
import { type Piece, type PlannedCompaction, ReclaimPlan } from './reclaim-plan.js';

/** What a compaction for the sake of trimmed entries has to be worth, and how fast it may go. */
export interface WorthOptions {
  /**
   * How many bytes of trimmed entries there must be for each byte that a compaction reads.
   *
   * @range more than 0, up to 1
   */
  readonly minRatio: number;
  /** Bytes that compactions read a second at most, on average. Default: as fast as they are. */
  readonly maxBytesPerSecond?: number | undefined;
}

/** What compacting where it is worth it came to. */
export interface WorthReport {
  /** Of each range, in the order they were given in, about how many bytes it takes now, in table files and in memory. */
  readonly left: Float64Array;
  /** How many compactions there were. */
  readonly compactions: number;
  /** About how many bytes they read. */
  readonly bytesRead: number;
}

/** So many ranges are asked for at a time: to hand them over keeps the thread. */
const AT_ONCE = 256;

/** For less a memtable is not flushed: it goes to a table file by itself when there is more. */
const LEAST_TO_FLUSH = 1024 * 1024;

/** About how many bytes each range takes, in table files, to the size of a block, and in memory. */
export async function storedBytes(
  { db, path }: Pick<LogContext, 'db' | 'path'>,
  ranges: Iterable<KeyRange>,
  memory = true,
): Promise<Float64Array> {
  const pace = new Pace();
  const sizes: number[] = [];
  let batch: (readonly [Uint8Array, Uint8Array])[] = [];
  const ask = async (): Promise<void> => {
    for (const size of await nativeAsync({ path }, () => db.approximateSizes(batch, { memory })))
      sizes.push(size);
    batch = [];
  };
  for (const { lower, upper } of ranges) {
    batch.push([lower, upper]);
    if (batch.length === AT_ONCE) await ask();
    if (pace.isDue) await pace.rest();
  }
  if (batch.length > 0) await ask();
  return Float64Array.from(sizes);
}

/**
 * Compacts what holds enough trimmed entries to be worth it, and flushes what is in memory if that is mostly trimmed: it
 * keeps RocksDB's log. Both remove only what has been removed, so they do no harm to ranges that hold something, whose
 * size is then taken for what there is to gain.
 */
export async function compactWorthwhile(
  context: LogContext,
  ranges: Iterable<KeyRange>,
  options: WorthOptions,
): Promise<WorthReport> {
  const { minRatio, maxBytesPerSecond } = toWorthOptions(options);
  const pace = new Pace();
  const asked: KeyRange[] = [];
  for (const range of ranges) {
    asked.push(range);
    if (pace.isDue) await pace.rest();
  }
  const before = await storedBytes(context, asked);
  const inFiles = await storedBytes(context, asked, false);
  const flushes = await flushWorthwhile(context, sumOf(before) - sumOf(inFiles), minRatio);
  const compactions = await planWithMemory(context, asked, minRatio);
  let bytesRead = 0;
  const started = performance.now();
  for (const { lower, upper, cost } of compactions) {
    await compact(context, lower, upper);
    bytesRead += cost;
    const dueMs = (bytesRead / maxBytesPerSecond) * 1000 - (performance.now() - started);
    if (dueMs > 0) await sleep(dueMs, undefined, { ref: false });
  }
  const left = flushes || compactions.length > 0 ? await storedBytes(context, asked) : before;
  return { left, compactions: compactions.length, bytesRead };
}

/** @param gain bytes of trimmed entries in memory */
async function flushWorthwhile(context: LogContext, gain: number, minRatio: number): Promise<boolean> {
  if (gain < LEAST_TO_FLUSH || gain < inMemory(context) * minRatio) return false;
  await nativeAsync({ path: context.path }, () => context.db.flush());
  return true;
}

/**
 * A compaction flushes what is in memory, and takes the file along that this makes, with all that lies below it. Where
 * that will be is known when it is done: so it is done first, where that much may be worth it.
 */
async function planWithMemory(
  context: LogContext,
  ranges: readonly KeyRange[],
  minRatio: number,
): Promise<readonly PlannedCompaction[]> {
  const compactions = await plan(context, ranges, minRatio);
  const bytes = inMemory(context);
  if (compactions.length === 0 || bytes === 0) return compactions;
  const gain = compactions.reduce((sum, one) => sum + one.gain, 0);
  const cost = compactions.reduce((sum, one) => sum + one.cost, bytes);
  if (gain < cost * minRatio) return [];
  await nativeAsync({ path: context.path }, () => context.db.flush());
  return await plan(context, ranges, minRatio);
}

async function plan(
  context: LogContext,
  ranges: readonly KeyRange[],
  minRatio: number,
): Promise<readonly PlannedCompaction[]> {
  const units = new ReclaimPlan(native({ path: context.path }, () => context.db.liveFiles()));
  const pace = new Pace();
  const pieces: Piece[] = [];
  for (const range of ranges) {
    pieces.push(...units.piecesOf(range));
    if (pace.isDue) await pace.rest();
  }
  const gains = new Float64Array(units.count);
  const sizes = await storedBytes(context, pieces, false);
  for (const [at, { unit }] of pieces.entries()) gains[unit] = (gains[unit] ?? 0) + (sizes[at] ?? 0);
  return units.worthwhile(gains, minRatio);
}

/** Bytes of the memtables; 0 when nothing is in them. */
function inMemory(context: LogContext): number {
  const entries =
    property(context, 'num-entries-active-mem-table') + property(context, 'num-entries-imm-mem-tables');
  return entries === 0 ? 0 : property(context, 'cur-size-all-mem-tables');
}

function property({ db, path }: LogContext, name: string): number {
  return Number(native({ path }, () => db.property(`rocksdb.${name}`)) ?? 0);
}

function sumOf(sizes: Float64Array): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

function toWorthOptions(options: WorthOptions): { minRatio: number; maxBytesPerSecond: number } {
  const { minRatio, maxBytesPerSecond } = readBag('what compactions are worth', options, [
    'minRatio',
    'maxBytesPerSecond',
  ]);
  if (typeof minRatio !== 'number' || !(minRatio > 0 && minRatio <= 1)) {
    throw mustBe('minRatio', 'a number above 0, up to 1', minRatio);
  }
  if (maxBytesPerSecond === undefined) return { minRatio, maxBytesPerSecond: Number.POSITIVE_INFINITY };
  if (typeof maxBytesPerSecond !== 'number' || !(maxBytesPerSecond > 0)) {
    throw mustBe('maxBytesPerSecond', 'a number above 0', maxBytesPerSecond);
  }
  return { minRatio, maxBytesPerSecond };
}
