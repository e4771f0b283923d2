import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '@shale/bench-kit';
import { openWal, type Table } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { PromiseBar } from './promise-bar.js';

const TABLES = 20_000;
const ENTRIES = 10;
const ENTRY_BYTES = 1024;
const ROUNDS = 9;
const ROUND_MS = 4000;
/** The table in use is trimmed so often, each time followed by a pause in which the log is idle. */
const PAUSE_MS = 1600;
const MOST_TIMES = 2;

const entry = Buffer.alloc(ENTRY_BYTES, 'an entry ');

/** What was trimmed once is not looked at again for the sake of another table's trims. */
export const trimmedOnceBar: PromiseBar = {
  name: 'trimmed-once',
  about: `${TABLES} tables trimmed once, and then one small table in use that is trimmed now and then: the worst append of ${ROUND_MS / 1000} s, median of ${ROUNDS} rounds`,
  isLong: true,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { shards: 1, durability: 'os' });
      const tables = Array.from({ length: TABLES }, (_, i) => wal.table({ region: 1, table: i }));
      const batch = Array.from({ length: ENTRIES }, () => entry);
      const bytes = ENTRIES * (entry.length + 4);
      const fill = async (table: Table): Promise<unknown> => {
        await wal.ready({ bytes });
        return await table.appendBatch(batch);
      };
      await Promise.all(tables.map(fill));
      await wal.flush();
      const small = wal.table({ region: 2, table: 1 });
      const before = await worstOfRounds(small);
      await Promise.all(tables.map((table) => table.trim(3n)));
      await sleep(20_000);
      const after = await worstOfRounds(small);
      return [
        {
          what: 'worst append',
          measured: `${after.toFixed(2)} ms, before the trims ${before.toFixed(2)} ms: ${(after / before).toFixed(2)} times`,
          bar: `at most ${MOST_TIMES} times that before`,
          holds: after <= before * MOST_TIMES,
        },
      ];
    }),
};

async function worstOfRounds(table: Table): Promise<number> {
  const worst: number[] = [];
  for (let i = 0; i < ROUNDS; i++) worst.push(await worstAppend(table));
  return median(worst);
}

/** In milliseconds. Appends go on while the reclaim that a trim and a pause have started is under way. */
async function worstAppend(table: Table): Promise<number> {
  let worst = 0;
  const append = async (): Promise<bigint> => {
    const began = performance.now();
    const sequence = await table.append(entry);
    worst = Math.max(worst, performance.now() - began);
    return sequence;
  };
  const end = performance.now() + ROUND_MS;
  while (performance.now() < end) {
    let last = 0n;
    for (let i = 0; i < 100; i++) last = await append();
    await table.trim(last);
    const pauseEnds = performance.now() + PAUSE_MS;
    // Few enough to leave the log idle for more than a second: what is compacted waits for that.
    await sleep(PAUSE_MS - 200);
    while (performance.now() < pauseEnds) await append();
  }
  return worst;
}
