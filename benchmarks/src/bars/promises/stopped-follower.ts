import { setTimeout as sleep } from 'node:timers/promises';
import { Payloads } from '@shale/bench-kit';
import { openWal, type Wal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import { mib, type PromiseBar } from './promise-bar.js';

const MIB = 1024 * 1024;
const ENTRY_BYTES = 1024;
const BATCH = 100;
const IN_FLIGHT = 16;
const TABLES = 100;
/** Until the memory of the log itself grows no more. */
const WARM_MS = 30_000;
const STOPPED_MS = 60_000;
const SAMPLE_MS = 50;
const MAX_READ_BYTES = 16 * MIB;

/** A follower that stops keeps what it has, and holds nothing else up or in memory. */
export const stoppedFollowerBar: PromiseBar = {
  name: 'stopped-follower',
  about: `${BATCH} x ${ENTRY_BYTES} B, 'os', as fast as it goes; a follower of everything takes one chunk and stops for ${STOPPED_MS / 1000} s`,
  isLong: true,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { durability: 'os', maxReadBytes: MAX_READ_BYTES });
      const before = await load(wal, WARM_MS);
      await using follow = wal.follow({ from: 'end', visibility: 'acknowledged' });
      await follow.ready;
      const chunks = follow.chunks();
      const first = chunks.next();
      const during = await load(wal, STOPPED_MS);
      await first;
      const grown = during.peak - before.peak;
      let caughtUp = 0;
      for (const end = performance.now() + 1000; performance.now() < end; ) {
        caughtUp += (await chunks.next()).value?.length ?? 0;
      }
      return [
        {
          what: 'peak of RSS beside it, over that without it',
          measured: `${mib(grown)} (${mib(during.peak)} after ${mib(before.peak)}) while ${mib((during.entries * ENTRY_BYTES) / (STOPPED_MS / 1000))}/s went in; then ${caughtUp} entries/s`,
          bar: `<= maxReadBytes = ${mib(MAX_READ_BYTES)}`,
          holds: grown <= MAX_READ_BYTES && caughtUp > 0,
        },
      ];
    }),
};

async function load(wal: Wal, ms: number): Promise<{ readonly peak: number; readonly entries: number }> {
  const tables = Array.from({ length: TABLES }, (_, table) => wal.table({ region: 1, table }));
  const batch = new Payloads(ENTRY_BYTES, 1).batch(BATCH);
  const end = performance.now() + ms;
  let next = 0;
  let entries = 0;
  let peak = 0;
  const appender = async (): Promise<void> => {
    while (performance.now() < end) {
      await tables[next++ % TABLES]?.appendBatch(batch);
      entries += BATCH;
    }
  };
  const sampler = (async () => {
    while (performance.now() < end) {
      peak = Math.max(peak, process.memoryUsage.rss());
      await sleep(SAMPLE_MS);
    }
  })();
  await Promise.all([sampler, ...Array.from({ length: IN_FLIGHT }, appender)]);
  return { peak, entries };
}
