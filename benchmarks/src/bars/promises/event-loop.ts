import { watchMainThread } from '@shale/bench-kit';
import { openWal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { PromiseBar } from './promise-bar.js';

const TABLES = 100;
const BATCH = 100;
const ENTRY_BYTES = 100;
const SECONDS = 8;
const WARM_UP_SECONDS = 2;
/** Appends in flight: several frames' worth, so that every shard always has one waiting. */
const IN_FLIGHT = 400;

/** The event loop stays free while one thread of the application appends as fast as the shards take it. */
export const eventLoopBar: PromiseBar = {
  name: 'event-loop',
  about: `batches of ${BATCH} x ${ENTRY_BYTES} B over ${TABLES} tables, durability 'os', shards saturated`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { durability: 'os' });
      const tables = Array.from({ length: TABLES }, (_, i) => wal.table({ region: 1, table: i }));
      const batch = Array.from({ length: BATCH }, (_, i) => new Uint8Array(ENTRY_BYTES).fill(i));
      let stopAt = performance.now() + WARM_UP_SECONDS * 1000;
      let entries = 0;
      let next = 0;
      const appender = async (): Promise<void> => {
        while (performance.now() < stopAt) {
          const table = tables[next++ % TABLES];
          await table?.appendBatch(batch);
          entries += BATCH;
        }
      };
      const saturate = (): Promise<unknown> => Promise.all(Array.from({ length: IN_FLIGHT }, appender));

      await saturate();
      entries = 0;
      stopAt = performance.now() + SECONDS * 1000;
      const started = performance.now();
      const stop = watchMainThread();
      await saturate();
      const load = stop();
      const rate = entries / ((performance.now() - started) / 1000);
      return [
        {
          what: 'main thread busy',
          measured: `${(load.busy * 100).toFixed(1)} % at ${Math.round(rate / 1000)}k entries/s`,
          bar: '<= 30 %',
          holds: load.busy <= 0.3,
        },
        {
          what: 'event-loop delay p99',
          measured: `${load.delayP99Ms.toFixed(2)} ms (max ${load.delayMaxMs.toFixed(1)} ms)`,
          bar: '<= 10 ms',
          holds: load.delayP99Ms <= 10,
        },
      ];
    }),
};
