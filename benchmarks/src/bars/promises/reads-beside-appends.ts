import { median, Payloads, seededRandom } from '@shale/bench-kit';
import { openWal, type Table } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { Finding, PromiseBar } from './promise-bar.js';

const ENTRIES = 200_000;
const BATCH = 100;
const ENTRY_BYTES = 100;
const READERS = 16;
const APPENDERS = 16;
/** Entries of a read of a range. */
const RANGE = 100;
/** Each round measures both, so that what else the machine does falls on both. */
const ROUNDS = 7;
const ROUND_MS = 1000;
const MOST_TIMES = 3;

/** Reads do not wait for durable appends to the same table. */
export const readsBesideAppendsBar: PromiseBar = {
  name: 'reads-beside-appends',
  about: `${READERS} readers of random places of a table of ${ENTRIES} entries of ${ENTRY_BYTES} B, alone and beside ${APPENDERS} durable batches of ${BATCH} to it in flight; median of ${ROUNDS} rounds of ${ROUND_MS / 1000} s`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { shards: 1 });
      const table = wal.table({ region: 1, table: 1 });
      const payloads = new Payloads(ENTRY_BYTES, 1);
      const batch = Array.from({ length: BATCH }, () => payloads.one());
      for (let i = 0; i < ENTRIES / BATCH; i++) await table.appendBatch(batch, { durability: 'os' });
      await wal.flush();
      return [
        await compare(table, batch, 'one entry by its sequence', 1, async (sequence) => {
          if ((await table.get(sequence)) === null) throw new Error(`there is no entry ${sequence}`);
        }),
        await compare(table, batch, `a range of ${RANGE} entries`, RANGE, async (sequence) => {
          let entries = 0;
          for await (const chunk of table.read({ gte: sequence, limit: RANGE }).chunks())
            entries += chunk.length;
          if (entries !== RANGE) throw new Error(`${entries} entries from ${sequence} on`);
        }),
      ];
    }),
};

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

async function compare(
  table: Table,
  batch: readonly Uint8Array[],
  what: string,
  entries: number,
  read: (sequence: number) => Promise<void>,
): Promise<Finding> {
  const random = seededRandom(7);
  const readAny = (): Promise<void> => read(1 + Math.floor(random() * (ENTRIES - entries)));
  const rounds: { readonly alone: Measured; readonly beside: Measured; readonly appended: number }[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const alone = await readFor(readAny);
    let isOver = false;
    let appended = 0;
    const appending = Promise.all(
      Array.from({ length: APPENDERS }, async () => {
        while (!isOver) {
          await table.appendBatch(batch, { durability: 'sync' });
          appended += batch.length;
        }
      }),
    );
    const beside = await readFor(readAny);
    isOver = true;
    await appending;
    rounds.push({ alone, beside, appended });
  }
  const times = median(rounds.map(({ alone, beside }) => beside.p99 / alone.p99));
  const inWords = (which: 'alone' | 'beside'): string => {
    const of = (measure: keyof Measured): number => median(rounds.map((round) => round[which][measure]));
    return `${which} ${of('p99').toFixed(2)} ms (median ${of('p50').toFixed(2)}, ${(of('perSecond') / 1000).toFixed(1)} k/s)`;
  };
  const appended = median(rounds.map((round) => round.appended)) / (ROUND_MS / 1000);
  return {
    what: `p99 of reading ${what}`,
    measured: `${inWords('beside')}, ${inWords('alone')}: ${times.toFixed(2)} times, beside ${(appended / 1000).toFixed(0)} k entries/s`,
    bar: `at most ${MOST_TIMES} times that of alone`,
    holds: times <= MOST_TIMES,
  };
}

/** Latencies in milliseconds. */
async function readFor(read: () => Promise<void>): Promise<Measured> {
  const began = performance.now();
  const end = began + ROUND_MS;
  const taken: number[] = [];
  const reader = async (): Promise<void> => {
    for (let started = performance.now(); started < end; ) {
      await read();
      const now = performance.now();
      taken.push(now - started);
      started = now;
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  const perSecond = taken.length / ((performance.now() - began) / 1000);
  taken.sort((a, b) => a - b);
  const at = (share: number): number => taken[Math.floor(taken.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), perSecond };
}
