import { type KeyRange, tableRangeUpTo } from '@shale/codec';
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
  readonly ranges: readonly KeyRange[];
  readonly deep: boolean;
  readonly span: KeyRange | null;
}

afterEach(() => {
  vi.useRealTimers();
});

function reclaimerOf({ instance = 0, tookMs = (_deep: boolean): number => 0 } = {}): {
  reclaimer: Reclaimer;
  calls: Call[];
  trim: (table: bigint, upTo: bigint) => void;
} {
  const calls: Call[] = [];
  const reclaimer = new Reclaimer({
    instance,
    reclaim: async (trimmed, deep, span) => {
      const ranges: KeyRange[] = [];
      for (let i = 0; i < trimmed.length; i += TRIMMED_STRIDE) {
        const [region = 0n, table = 0n, upTo = 0n] = trimmed.subarray(i);
        ranges.push(tableRangeUpTo(instance, { region, table }, upTo));
      }
      calls.push({ ranges, deep, span });
      return { ...REPORT, elapsedMs: tookMs(deep) };
    },
    activity: () => 0,
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
  expect(call?.ranges[1]).toEqual(tableRangeUpTo(0, { region: 1n, table: 1n }, 6n));
  expect(call?.span).toEqual({
    lower: tableRangeUpTo(0, { region: 1n, table: most + 3n }, 5n).lower,
    upper: tableRangeUpTo(0, { region: 1n, table: most + 9n }, 5n).upper,
  });
  expect(reclaimer.stats).toEqual({ runs: 1, failures: 0, pending: 0 });
  await reclaimer.now();
  expect(calls[1]).toEqual({ ranges: [], deep: true, span: null });
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
  expect(calls[1]?.ranges).toEqual([
    tableRangeUpTo(0, { region: 1n, table: 1n }, 6n),
    tableRangeUpTo(0, { region: 1n, table: 2n }, 5n),
  ]);
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
  expect(calls[1]?.span).not.toBeNull();
  reclaimer.stop();
});

test('a trim whose table is dropped before its answer leaves nothing to give back', async () => {
  const { reclaimer } = reclaimerOf();
  const ref = new TableRef(
    addressOf({ region: 1n, table: 1n }, { instance: 0, shards: 1, shardBy: 'table' }),
    null,
  );
  const underWay = { ref, isDropped: false };
  reclaimer.begin(underWay);
  await reclaimer.drop({ region: 1n, table: 1n }, async () => undefined);
  reclaimer.end(underWay, 5n);
  expect(reclaimer.stats.pending).toBe(0);
  reclaimer.stop();
});

test('after files were dropped they are left alone for ten times as long, whatever a compaction took', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ tookMs: (deep) => (deep ? 3_600_000 : 500) });
  // The second one, after a quiet second, is deep and lets go of the table.
  trim(1n, 5n);
  await vi.advanceTimersByTimeAsync(2000);
  expect(calls.map(({ deep }) => deep)).toEqual([false, true]);
  trim(1n, 6n);
  await vi.advanceTimersByTimeAsync(4900);
  expect(calls).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(200);
  expect(calls.map(({ deep }) => deep)).toEqual([false, true, false]);
  reclaimer.stop();
});

test('whole files are left alone for ten seconds at most', async () => {
  vi.useFakeTimers();
  const { reclaimer, calls, trim } = reclaimerOf({ tookMs: () => 60_000 });
  trim(1n, 5n);
  await vi.advanceTimersByTimeAsync(2000);
  trim(1n, 6n);
  await vi.advanceTimersByTimeAsync(10_100);
  expect(calls.map(({ deep }) => deep)).toEqual([false, true, false]);
  reclaimer.stop();
});
