// The load that the suite puts on a store: the same data every time, spread as the case says, at its own pace.
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openLoop } from '../dist/load/open-loop.js';
import { Payloads } from '../dist/load/payloads.js';
import { tablePicks } from '../dist/load/table-picks.js';

test.each([100, 1024, 65_536])('payloads of %i bytes compress to about half', (entryBytes) => {
  const all = Buffer.concat(new Payloads(entryBytes, 1).batch(100));
  expect(all.length).toBe(100 * entryBytes);
  const share = deflateRawSync(all).length / all.length;
  expect(share).toBeGreaterThan(0.45);
  expect(share).toBeLessThan(0.6);
});

test('the same seed gives the same payloads, another seed others', () => {
  const first = (seed: number) => Buffer.from(new Payloads(256, seed).one());
  expect(first(7)).toEqual(first(7));
  expect(first(7)).not.toEqual(first(8));
});

test('payloads and batches have the size asked for, also the smallest and the largest', () => {
  for (const size of [1, 16, 1024 * 1024]) expect(new Payloads(size, 1).one().length).toBe(size);
  expect(new Payloads(16, 1).batch(1000)).toHaveLength(1000);
});

function counts(tables: number, spread: 'uniform' | 'zipf', picks = 65_536): number[] {
  const pick = tablePicks(tables, spread, 3);
  const found = new Array<number>(tables).fill(0);
  for (let i = 0; i < picks; i++) {
    const table = pick();
    found[table] = (found[table] ?? Number.NaN) + 1;
  }
  return found.sort((a, b) => b - a);
}

test('uniform picks hit every table about equally', () => {
  const found = counts(10, 'uniform');
  expect(Math.min(...found)).toBeGreaterThan(6000);
  expect(Math.max(...found)).toBeLessThan(7100);
});

test("picks follow Zipf's law: the second table gets 2^0.99 times less than the first, the tenth 10^0.99 times", () => {
  const found = counts(1000, 'zipf');
  expect((found[0] ?? 0) / (found[1] ?? 1)).toBeCloseTo(2 ** 0.99, 0);
  expect((found[0] ?? 0) / (found[9] ?? 1)).toBeGreaterThan(7.5);
  expect((found[0] ?? 0) / (found[9] ?? 1)).toBeLessThan(12.5);
  expect(found.reduce((sum, count) => sum + count, 0)).toBe(65_536);
});

test('an open loop does not wait for answers, and every operation due during a stall includes its delay', async () => {
  const stallMs = 200;
  const latencies: number[] = [];
  let made = 0;
  let begun = 0;
  const keptUp = await openLoop({
    perSecond: 1000,
    seconds: 0.5,
    onBegin: () => {
      begun += 1;
    },
    operation: async () => {
      made += 1;
      if (made !== 100) return;
      // The thread blocks: a closed loop would record this as one slow operation.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
    },
    note: (ms) => latencies.push(ms),
  });
  expect({ keptUp, begun, made }).toEqual({ keptUp: true, begun: 1, made: 500 });
  // Those due in the first half of the stall were late by at least the other half.
  expect(latencies.filter((ms) => ms >= stallMs / 2).length).toBeGreaterThanOrEqual(95);
});

test('an open loop passes on the failure of an operation', async () => {
  const loop = openLoop({
    perSecond: 1000,
    seconds: 0.1,
    onBegin: () => {},
    operation: () => Promise.reject(new Error('the disk is gone')),
    note: () => {},
  });
  await expect(loop).rejects.toThrow('the disk is gone');
});
