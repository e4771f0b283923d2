import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { median } from '@shale/bench-kit';
import { openWal, type Table } from '@shale/engine';
import { registerPrometheus } from '@shale/metrics/prometheus';
import { Registry } from 'prom-client';
import { inScratch } from './in-scratch.js';
import type { PromiseBar } from './promise-bar.js';

const TABLES = 100_000;
const BUSY_TABLES = 100;
const BATCH = 100;
const ENTRY_BYTES = 100;
const IN_FLIGHT = 16;
const ROUNDS = 9;
const ROUND_MS = 1000;
const SCRAPES = 21;
const MOST_MS = 2;
const LEAST_BESIDE = 0.99;
const SCRAPE_EVERY_MS = 100;

/** Looking at the metrics costs next to nothing, however many tables there are. */
export const metricsBar: PromiseBar = {
  name: 'metrics',
  about: `${TABLES} tables: metrics() and a scrape of prom-client, ${SCRAPES} of each; appends ('os') with scrapes every ${SCRAPE_EVERY_MS} ms and a subscriber of each commit, beside none, median of ${ROUNDS} rounds`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { durability: 'os' });
      await touchAll(Array.from({ length: TABLES }, (_, table) => wal.table({ region: 1, table })));
      const registry = new Registry();
      using _registration = disposable(registerPrometheus(wal, { registry }));
      const looks = await times(async () => wal.metrics());
      const scrapes = await times(() => registry.metrics());
      const tables = Array.from({ length: BUSY_TABLES }, (_, table) => wal.table({ region: 2, table }));
      await appendRate(tables);
      const ratios: number[] = [];
      for (let i = 0; i < ROUNDS; i++) {
        const alone = await appendRate(tables);
        ratios.push((await observed(registry, () => appendRate(tables))) / alone);
      }
      return [
        {
          what: 'wal.metrics(), median',
          measured: `${median(looks).toFixed(2)} ms`,
          bar: `<= ${MOST_MS} ms`,
          holds: median(looks) <= MOST_MS,
        },
        {
          what: 'a scrape, with the text of it, median',
          measured: `${median(scrapes).toFixed(2)} ms`,
          bar: `<= ${MOST_MS} ms`,
          holds: median(scrapes) <= MOST_MS,
        },
        {
          what: 'appends that are scraped and subscribed to, over appends that are not',
          measured: `${median(ratios).toFixed(3)} x`,
          bar: `>= ${LEAST_BESIDE} x`,
          holds: median(ratios) >= LEAST_BESIDE,
        },
      ];
    }),
};

function disposable(end: () => void): Disposable {
  return { [Symbol.dispose]: end };
}

async function touchAll(tables: readonly Table[]): Promise<void> {
  const payload = new Uint8Array(ENTRY_BYTES);
  for (let i = 0; i < tables.length; i += 1000) {
    await Promise.all(tables.slice(i, i + 1000).map((table) => table.append(payload)));
  }
}

async function times(work: () => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < SCRAPES; i++) {
    const started = performance.now();
    await work();
    found.push(performance.now() - started);
  }
  return found;
}

/** While work is done, scrapes come again and again, and somebody listens to every commit. */
async function observed<T>(registry: Registry, work: () => Promise<T>): Promise<T> {
  const listener = (): void => {};
  subscribe('shale:commit', listener);
  const scraping = setInterval(() => registry.metrics(), SCRAPE_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(scraping);
    unsubscribe('shale:commit', listener);
  }
}

async function appendRate(tables: readonly Table[]): Promise<number> {
  const batch = Array.from({ length: BATCH }, () => new Uint8Array(ENTRY_BYTES));
  const started = performance.now();
  let next = 0;
  let entries = 0;
  const appender = async (): Promise<void> => {
    while (performance.now() < started + ROUND_MS) {
      await tables[next++ % tables.length]?.appendBatch(batch);
      entries += BATCH;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, appender));
  return (entries / (performance.now() - started)) * 1000;
}
