import { median } from '@shale/bench-kit';
import { openWal, type Table } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { PromiseBar } from './promise-bar.js';

const ENTRY_BYTES = 100;
const BATCH = 100;
/** Batches under way at a time. */
const IN_FLIGHT = 16;
/** Each round measures both, so that what else the machine does falls on both. */
const ROUNDS = 9;
const ROUND_MS = 1000;
const LEAST_PART = 0.8;
const MOST_US = 0.25;

/** A writer costs little more than batches that are there already. */
export const writerBar: PromiseBar = {
  name: 'writer',
  about: `entries of ${ENTRY_BYTES} B by a writer, against batches of ${BATCH} with ${IN_FLIGHT} under way; one table, 'os'`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { durability: 'os', shards: 1 });
      const table = wal.table({ region: 1, table: 1 });
      await write(table);
      const ratios: number[] = [];
      const rates: number[] = [];
      const costs: number[] = [];
      for (let i = 0; i < ROUNDS; i++) {
        const batches = await append(table);
        const written = await write(table);
        ratios.push(written.rate / batches.rate);
        rates.push(written.rate);
        costs.push(written.usOfThread);
      }
      return [
        {
          what: 'entries/s over those by batches',
          measured: `${median(ratios).toFixed(2)} x, ${Math.round(median(rates) / 1000)}k/s`,
          bar: `>= ${LEAST_PART} x`,
          holds: median(ratios) >= LEAST_PART,
        },
        {
          what: 'event loop, for an entry',
          measured: `${median(costs).toFixed(2)} us`,
          bar: `<= ${MOST_US} us`,
          holds: median(costs) <= MOST_US,
        },
      ];
    }),
};

interface Round {
  /** Entries per second. */
  readonly rate: number;
  /** Time of this thread for an entry, the loop that makes them included. */
  readonly usOfThread: number;
}

async function write(table: Table): Promise<Round> {
  const payload = new Uint8Array(ENTRY_BYTES);
  return await measured(async (until) => {
    await using writer = table.writer();
    while (performance.now() < until) {
      for (let i = 0; i < 1000; i++) if (!writer.write(payload)) await writer.ready();
    }
    await writer.flush();
    return writer.submitted;
  });
}

async function append(table: Table): Promise<Round> {
  const batch = Array.from({ length: BATCH }, () => new Uint8Array(ENTRY_BYTES));
  return await measured(async (until) => {
    let entries = 0;
    const appender = async (): Promise<void> => {
      while (performance.now() < until) {
        await table.appendBatch(batch);
        entries += BATCH;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, appender));
    return entries;
  });
}

async function measured(work: (until: number) => Promise<number>): Promise<Round> {
  const started = performance.now();
  const before = performance.eventLoopUtilization();
  const entries = await work(started + ROUND_MS);
  const { active } = performance.eventLoopUtilization(before);
  return { rate: (entries / (performance.now() - started)) * 1000, usOfThread: (active * 1000) / entries };
}
