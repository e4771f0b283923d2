import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '@shale/bench-kit';
import { openWal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { PromiseBar } from './promise-bar.js';

const MANY = 100_000;
const FEW = 10;
const ENTRIES_PER_TABLE = 50;
const ENTRY_BYTES = 100;
const ROUNDS = 9;
/** What it was before threads loaded only what they need; test suites open a log for each test. */
const FORMER_MS = 300;
/** Two medians of nine opens of the same database differ by up to this on a shared machine. */
const NOISE = 1.25;

/** Opening costs the same whatever the database holds; a region is recovered eagerly in seconds. */
export const openBar: PromiseBar = {
  name: 'open',
  about: `${MANY} tables with ${(MANY * ENTRIES_PER_TABLE) / 1e6} M entries against ${FEW} tables`,
  run: () =>
    inScratch(async (directory) => {
      const many = join(directory, 'many');
      const few = join(directory, 'few');
      await fill(many, MANY);
      await fill(few, FEW);
      const times = { many: [] as number[], few: [] as number[] };
      for (let round = 0; round < ROUNDS; round++) {
        times.few.push(await timeOpen(few));
        times.many.push(await timeOpen(many));
      }
      const ratio = median(times.many) / median(times.few);
      const region = await recoverRegion(many);
      const again: number[] = [];
      for (let round = 0; round < ROUNDS; round++) again.push(await timeCycle(few));
      return [
        {
          what: 'open of the large database over open of the small one',
          measured: `${ratio.toFixed(2)} x (medians ${median(times.many).toFixed(1)} / ${median(times.few).toFixed(1)} ms, first append included)`,
          bar: `<= ${NOISE} x, the noise of this measurement`,
          holds: ratio <= NOISE,
        },
        {
          what: 'opening, an append and closing, again in one process',
          measured: `${median(again).toFixed(0)} ms`,
          bar: `<= ${FORMER_MS} ms`,
          holds: median(again) <= FORMER_MS,
        },
        {
          what: 'eager recovery of the region',
          measured: `${region.tables} tables, ${region.entries} entries in ${(region.ms / 1000).toFixed(2)} s`,
          bar: `${MANY} tables in seconds`,
          holds:
            region.tables === MANY &&
            region.entries === BigInt(MANY * ENTRIES_PER_TABLE) &&
            region.ms < 10_000,
        },
      ];
    }),
};

async function fill(path: string, tables: number): Promise<void> {
  await using wal = await openWal(path, { durability: 'os' });
  const batch = Array.from({ length: ENTRIES_PER_TABLE }, () => new Uint8Array(ENTRY_BYTES).fill(7));
  let next = 0;
  const appender = async (): Promise<void> => {
    for (let table = next++; table < tables; table = next++) {
      await wal.table({ region: 1, table }).appendBatch(batch);
    }
  };
  await Promise.all(Array.from({ length: 256 }, appender));
}

/**
 * Opens in a process of its own, so that nothing is warm but the page cache; milliseconds to the first append's answer.
 */
async function timeOpen(path: string): Promise<number> {
  const script = fileURLToPath(new URL('./open-once.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, path]);
  return Number(stdout);
}

/** As a test does that has a log of its own; milliseconds. */
async function timeCycle(path: string): Promise<number> {
  const started = performance.now();
  const wal = await openWal(path, { durability: 'os', shards: 1 });
  await wal.table({ region: 1, table: 5 }).append(new Uint8Array(ENTRY_BYTES));
  await wal.close();
  return performance.now() - started;
}

async function recoverRegion(path: string): Promise<{ tables: number; entries: bigint; ms: number }> {
  await using wal = await openWal(path);
  const started = performance.now();
  const report = await wal.region(1).open();
  return { tables: report.tables, entries: report.entries, ms: performance.now() - started };
}
