import { type KeyRange, tableRangeUpTo, U64_MAX } from '@shale/codec';
import type { ReclaimReport } from '@shale/storage';
import { afterEach, expect, test, vi } from 'vitest';
import { MOST_TABLES, Reclaimer } from '../dist/reclaimer.js';
import { TRIMMED_STRIDE } from '../dist/shard/protocol.js';
import { addressOf, TableRef } from '../dist/table-ref.js';

const REPORT: ReclaimReport = {
  bytesBefore: 0,
  bytesAfter: 0,
  filesBefore: 0,
  filesAfter: 0,
  deferred: false,
  elapsedMs: 0,
};

interface Call {
  readonly what: 'drop files' | 'weigh' | 'compact' | 'reclaim all';
  readonly ranges: readonly KeyRange[];
  readonly spans: readonly KeyRange[];
}

const WORTH = { minRatio: 0.5, maxBytesPerSecond: Number.POSITIVE_INFINITY };

afterEach(() => {
  vi.useRealTimers();
});

/**
 * @param bytesOf bytes of table files that a range takes
 * @param compacts what a compaction does to them; returns the bytes that it read
 * @param activity changes whenever something is written
 */
function reclaimerOf({
  instance = 0,
  worth = WORTH as typeof WORTH | null,
  tookMs = (_deep: boolean): number => 0,
  bytesOf = (_range: KeyRange): number => 0,
  compacts = (): number => 0,
  activity = (): number => 0,
  appendedBytes = (): number => 0,
} = {}): {
  reclaimer: Reclaimer;
  calls: Call[];
  trim: (table: bigint, upTo: bigint) => void;
} {
  const calls: Call[] = [];
  const rangesOf = (trimmed: BigUint64Array): KeyRange[] => {
    const ranges: KeyRange[] = [];
    for (let i = 0; i < trimmed.length; i += TRIMMED_STRIDE) {
      const [region = 0n, table = 0n, upTo = 0n] = trimmed.subarray(i);
      ranges.push(tableRangeUpTo(instance, { region, table }, upTo));
    }
    return ranges;
  };
  const reclaimer = new Reclaimer({
    instance,
    worth,
    reclaim: async (trimmed, deep, spans) => {
      calls.push({ what: deep ? 'reclaim all' : 'drop files', ranges: rangesOf(trimmed), spans });
      return { ...REPORT, elapsedMs: tookMs(deep) };
    },
    weigh: async (trimmed) => {
      const ranges = rangesOf(trimmed);
      calls.push({ what: 'weigh', ranges, spans: [] });
      return Float64Array.from(ranges, bytesOf);
    },
    compact: async (trimmed) => {
      const ranges = rangesOf(trimmed);
      calls.push({ what: 'compact', ranges, spans: [] });
      const bytesRead = compacts();
      return { left: Float64Array.from(ranges, bytesOf), compactions: bytesRead === 0 ? 0 : 1, bytesRead };
    },
    activity,
    appendedBytes,
    isHealthy: () => true,
  });
  const trim = (table: bigint, upTo: bigint): void => {
    const address = addressOf({ region: 1n, table }, { instance, shards: 1, shardBy: 'table' });
    const underWay = { ref: new TableRef(address, null), isDropped: false };
    reclaimer.begin(underWay);
    reclaimer.end(underWay, upTo);
  };
  return { reclaimer, calls, trim };
}

/** Longer than it takes until whole files were dropped and compactions looked at. */
const LATER_MS = 2000;

function rangeUpTo(table: bigint, upTo: bigint): KeyRange {
  return tableRangeUpTo(0, { region: 1n, table }, upTo);
}

test('of tables beyond the most only the span is remembered, which is compacted with the ranges of the others', async () => {
  const { reclaimer, calls, trim } = reclaimerOf();
  const most = BigInt(MOST_TABLES);
  for (let table = 0n; table < most; table++) trim(table, 5n);
  for (const table of [most + 7n, most + 3n, most + 9n, most + 5n]) trim(table, 5n);
  trim(1n, 6n);
  expect(reclaimer.stats.pending).toBe(MOST_TABLES);
  await reclaimer.now();
  const [call] = calls;
  expect(call?.ranges).toHaveLength(MOST_TABLES);
  expect(call?.ranges[1]).toEqual(rangeUpTo(1n, 6n));
  expect(call?.spans).toEqual([
    { lower: rangeUpTo(most + 3n, 5n).lower, upper: rangeUpTo(most + 9n, 5n).upper },
  ]);
  expect(reclaimer.stats).toEqual({ runs: 1, failures: 0, pending: 0, pendingBytes: 0 });
  await reclaimer.now();
  expect(calls[1]).toEqual({ what: 'reclaim all', ranges: [], spans: [] });
});

test('what is trimmed or dropped while a reclaim runs is told from what the reclaim was about', async () => {
  const { reclaimer, calls, trim } = reclaimerOf();
  for (const table of [1n, 2n, 3n]) trim(table, 5n);
  const running = reclaimer.now();
  trim(1n, 6n);
  await reclaimer.drop({ region: 1n, table: 2n }, async () => undefined);
  trim(2n, 5n);
  await running;
  expect(reclaimer.stats.pending).toBe(2);
  await reclaimer.now();
  expect(calls[1]?.ranges).toEqual([rangeUpTo(1n, 6n), rangeUpTo(2n, 5n)]);
  reclaimer.stop();
  expect(reclaimer.stats.pending).toBe(0);
});

test('a trim that falls into the span while a reclaim compacts it is not forgotten with it', async () => {
  const { reclaimer, calls, trim } = reclaimerOf();
  const most = BigInt(MOST_TABLES);
  for (let table = 0n; table < most; table++) trim(table, 5n);
  for (const table of [most + 1n, most + 9n]) trim(table, 5n);
  const running = reclaimer.now();
  trim(most + 5n, 5n);
  await running;
  await reclaimer.now();
  expect(calls[1]?.spans).toHaveLength(1);
  reclaimer.stop();
});

test('of a trim whose table is dropped before its answer nothing is left but the drop', async () => {
  const { reclaimer, calls } = reclaimerOf();
  const ref = new TableRef(
    addressOf({ region: 1n, table: 1n }, { instance: 0, shards: 1, shardBy: 'table' }),
    null,
  );
  const underWay = { ref, isDropped: false };
  reclaimer.begin(underWay);
  await reclaimer.drop({ region: 1n, table: 1n }, async () => undefined);
  reclaimer.end(underWay, 5n);
  await reclaimer.now();
  expect(calls[0]).toMatchObject({ ranges: [], spans: [rangeUpTo(1n, U64_MAX)] });
  reclaimer.stop();
});

test('after files were dropped they are left alone for ten times as long, whatever a compaction took', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ tookMs: (deep) => (deep ? 3_600_000 : 500) });
  const drops = (): number => calls.filter(({ what }) => what === 'drop files').length;
  trim(1n, 5n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(drops()).toBe(1);
  trim(1n, 6n);
  await vi.advanceTimersByTimeAsync(4900);
  expect(drops()).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(drops()).toBe(2);
  reclaimer.stop();
});

test('whole files are left alone for ten seconds at most', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ tookMs: () => 60_000 });
  trim(1n, 5n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  trim(1n, 6n);
  await vi.advanceTimersByTimeAsync(10_100);
  expect(calls.filter(({ what }) => what === 'drop files')).toHaveLength(2);
  reclaimer.stop();
});

test('what has been looked at is looked at again only with what was trimmed since', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ bytesOf: () => 1000 });
  for (let table = 1n; table <= 100n; table++) trim(table, 5n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(calls.map(({ what, ranges }) => [what, ranges.length])).toEqual([
    ['drop files', 100],
    ['weigh', 100],
    ['compact', 100],
  ]);
  calls.length = 0;
  trim(7n, 6n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  trim(7n, 7n);
  await vi.advanceTimersByTimeAsync(60_000);
  // Nothing was worth it, and there is not an eighth more to gain.
  expect(calls).toEqual([
    { what: 'drop files', ranges: [rangeUpTo(7n, 6n)], spans: [] },
    { what: 'weigh', ranges: [rangeUpTo(7n, 6n)], spans: [] },
    { what: 'drop files', ranges: [rangeUpTo(7n, 7n)], spans: [] },
    { what: 'weigh', ranges: [rangeUpTo(7n, 7n)], spans: [] },
  ]);
  expect(reclaimer.stats).toMatchObject({ pending: 100, pendingBytes: 100_000 });
  reclaimer.stop();
});

test('what compactions are worth is looked at again when there is an eighth more to gain', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ bytesOf: () => 1000 });
  for (let table = 1n; table <= 80n; table++) trim(table, 5n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  for (const [more, looks] of [
    [9n, 1],
    [1n, 2],
  ] as const) {
    const pending = BigInt(reclaimer.stats.pending);
    for (let table = 1n; table <= more; table++) trim(pending + table, 5n);
    await vi.advanceTimersByTimeAsync(LATER_MS);
    expect(calls.filter(({ what }) => what === 'compact')).toHaveLength(looks);
  }
  reclaimer.stop();
});

test('what is in no table file, or no longer, is let go of', async () => {
  vi.useFakeTimers();
  let stored = 1000;
  const { reclaimer, calls, trim } = reclaimerOf({
    bytesOf: () => stored,
    compacts: () => {
      stored = 0;
      return 1500;
    },
  });
  trim(1n, 5n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(reclaimer.stats).toEqual({ runs: 2, failures: 0, pending: 0, pendingBytes: 0 });
  trim(2n, 5n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(calls.filter(({ what }) => what === 'compact')).toHaveLength(1);
  expect(reclaimer.stats).toEqual({ runs: 4, failures: 0, pending: 0, pendingBytes: 0 });
  reclaimer.stop();
});

test('a compaction that freed less than it promised is not done again before there is twice as much to gain', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ bytesOf: () => 1000, compacts: () => 2000 });
  trim(1n, 5n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(calls.filter(({ what }) => what === 'compact')).toHaveLength(1);
  calls.length = 0;
  trim(1n, 6n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(calls.map(({ what }) => what)).toEqual(['drop files', 'weigh']);
  trim(2n, 5n);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(calls.at(-1)).toEqual({
    what: 'compact',
    ranges: [rangeUpTo(1n, 6n), rangeUpTo(2n, 5n)],
    spans: [],
  });
  reclaimer.stop();
});

test('a dropped table is compacted, and no file of it is dropped', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ bytesOf: () => 1000 });
  trim(1n, 5n);
  await reclaimer.drop({ region: 1n, table: 1n }, async () => undefined);
  await vi.advanceTimersByTimeAsync(LATER_MS);
  expect(calls.map(({ what, ranges }) => [what, ranges])).toEqual([
    ['weigh', [rangeUpTo(1n, U64_MAX)]],
    ['compact', [rangeUpTo(1n, U64_MAX)]],
  ]);
  reclaimer.stop();
});

test('a drop that fails leaves nothing to give back', async () => {
  const { reclaimer } = reclaimerOf();
  const failing = reclaimer.drop({ region: 1n, table: 1n }, () => Promise.reject(new Error('not now')));
  await expect(failing).rejects.toThrow('not now');
  expect(reclaimer.stats.pending).toBe(0);
});

test('what lies beyond the most tables is compacted at ever longer intervals', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ bytesOf: () => 1000 });
  const most = BigInt(MOST_TABLES);
  // Their own bytes keep them known.
  for (let table = 0n; table < most; table++) trim(table, 5n);
  const beyond = async (trims: number): Promise<number> => {
    for (let i = 0n; i < trims; i++) trim(most + i, 5n);
    await vi.advanceTimersByTimeAsync(LATER_MS);
    return calls.filter(({ what }) => what === 'reclaim all').length;
  };
  expect(await beyond(3)).toBe(1);
  expect(await beyond(5)).toBe(1);
  expect(await beyond(1)).toBe(2);
  expect(await beyond(11)).toBe(2);
  expect(await beyond(1)).toBe(3);
  reclaimer.stop();
});

test('where it is off nothing happens by itself, and now() gives everything back', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ worth: null, bytesOf: () => 1000 });
  trim(1n, 5n);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(calls).toEqual([]);
  await reclaimer.now();
  expect(calls).toEqual([{ what: 'reclaim all', ranges: [rangeUpTo(1n, 5n)], spans: [] }]);
  expect(reclaimer.stats.pending).toBe(0);
});

test('in a log that is never quiet, what compactions are worth is looked at with each GiB that is appended', async () => {
  vi.useFakeTimers();
  let frames = 0;
  let bytes = 0;
  const { reclaimer, calls, trim } = reclaimerOf({ activity: () => frames++, appendedBytes: () => bytes });
  const looks = (): number => calls.filter(({ what }) => what === 'weigh').length;
  const next = async (): Promise<number> => {
    trim(1n, BigInt(calls.length + 1));
    await vi.advanceTimersByTimeAsync(10 * LATER_MS);
    return looks();
  };
  expect(await next()).toBe(0);
  bytes = 2 ** 30;
  expect(await next()).toBe(1);
  bytes += 2 ** 30 - 1;
  expect(await next()).toBe(1);
  bytes += 1;
  expect(await next()).toBe(2);
  reclaimer.stop();
});
