import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '@shale/bench-kit';
import { openWal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { PromiseBar } from './promise-bar.js';

const TABLES = 100_000;
const CONSUMERS = 4;
const ROUNDS = 9;
const LAG_MS = 1000;
/** Two medians of nine opens differ by up to this on a shared machine. */
const NOISE = 1.25;

/** Positions cost nothing until their consumer is opened. */
export const manyConsumersBar: PromiseBar = {
  name: 'many-consumers',
  about: `${TABLES} tables with and without the positions of ${CONSUMERS} consumers in each`,
  isLong: true,
  run: () =>
    inScratch(async (directory) => {
      const without = join(directory, 'without');
      const consumed = join(directory, 'consumed');
      for (const path of [without, consumed]) await fill(path);
      await consume(consumed);
      const times = { without: [] as number[], consumed: [] as number[] };
      for (let round = 0; round < ROUNDS; round++) {
        times.without.push(await timeOpen(without));
        times.consumed.push(await timeOpen(consumed));
      }
      const ratio = median(times.consumed) / median(times.without);
      const { opening, lags, entries } = await timeLag(consumed);
      return [
        {
          what: 'opening with the positions over opening without',
          measured: `${ratio.toFixed(2)} x (medians ${median(times.consumed).toFixed(1)} / ${median(times.without).toFixed(1)} ms, first append included)`,
          bar: `<= ${NOISE} x, the noise of this measurement`,
          holds: ratio <= NOISE,
        },
        {
          what: `lag() of a consumer of all, opened in ${opening.toFixed(0)} ms`,
          measured: `${median(lags).toFixed(1)} ms, for ${entries} entries`,
          bar: `<= ${LAG_MS} ms`,
          // Not a first entry is left.
          holds: median(lags) <= LAG_MS && entries > 0n && entries <= BigInt(TABLES),
        },
      ];
    }),
};

/** Two entries a table. */
async function fill(path: string): Promise<void> {
  await using wal = await openWal(path, { durability: 'os' });
  const batch = [new Uint8Array(100), new Uint8Array(100)];
  let next = 0;
  const appender = async (): Promise<void> => {
    for (let table = next++; table < TABLES; table = next++) {
      await wal.table({ region: 1, table }).appendBatch(batch);
    }
  };
  await Promise.all(Array.from({ length: 256 }, appender));
}

/** Each consumer has dealt with the first entry of each table. */
async function consume(path: string): Promise<void> {
  await using wal = await openWal(path, { durability: 'os' });
  for (let i = 0; i < CONSUMERS; i++) {
    await using consumer = await wal.consumer(`consumer ${i}`, {
      tables: 'all',
      maxUnacked: 2 * TABLES,
      chunkEntries: 1,
    });
    let tables = 0;
    for await (const batch of consumer) {
      if (batch.first > 1n) continue;
      batch.ack();
      if (++tables === TABLES) break;
    }
  }
}

/** Opens in a process of its own; milliseconds to the first append's answer. */
async function timeOpen(path: string): Promise<number> {
  const script = fileURLToPath(new URL('./open-once.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, path]);
  return Number(stdout);
}

async function timeLag(
  path: string,
): Promise<{ readonly opening: number; readonly lags: readonly number[]; readonly entries: bigint }> {
  await using wal = await openWal(path);
  const started = performance.now();
  const consumer = await wal.consumer('consumer 1', { tables: 'all' });
  let { entries } = await consumer.lag();
  const opening = performance.now() - started;
  const lags: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    ({ entries } = await consumer.lag());
    lags.push(performance.now() - before);
  }
  return { opening, lags, entries };
}
