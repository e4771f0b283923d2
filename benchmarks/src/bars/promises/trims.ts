import { openWal, type Table, type Wal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { Finding, PromiseBar } from './promise-bar.js';

const IN_FLIGHT = 3000;
/**
 * Trims of few entries delete each of them, others a range: how many entries a trim removes, and how many there are.
 */
const LOADS = [
  { removes: 1n, perTable: 200 },
  { removes: 20n, perTable: 600 },
];
const APPENDERS = 4;
const SECONDS = 5;
const MOST_SYNCS = 100;
const MOST_TIMES = 2;
/** Share of the time of the trims. */
const MOST_STALLED = 0.01;

const entry = Buffer.alloc(100, 'an entry ');

/** Durable trims share their syncs, and do not hold up the appends to other tables. */
export const trimsBar: PromiseBar = {
  name: 'trims',
  about: `${IN_FLIGHT} durable trims kept in flight on as many tables of one shard, beside ${APPENDERS} durable appenders to others, ${SECONDS} s`,
  run: async () => {
    const findings: Finding[] = [];
    for (const load of LOADS) findings.push(...(await measure(load)));
    return findings;
  },
};

function measure({ removes, perTable }: (typeof LOADS)[number]): Promise<readonly Finding[]> {
  return inScratch(async (directory) => {
    await using wal = await openWal(directory, { shards: 1, rocksdb: { enableStatistics: true } });
    const trimmed = Array.from({ length: IN_FLIGHT }, (_, i) => wal.table({ region: 1, table: i }));
    const batch = Array.from({ length: perTable }, () => entry);
    for (const table of trimmed) await table.appendBatch(batch, { durability: 'os' });
    // What was loaded is no part of what is measured.
    await wal.flush();

    const alone = await appendFor(wal, 2n, () => false);
    const before = await countersOf(wal);
    let isOver = false;
    let trims = 0;
    const trimming = trimmed.map(async (table) => {
      for (let upTo = removes; upTo <= perTable && !isOver; upTo += removes) {
        await table.trim(upTo);
        trims++;
      }
    });
    const ended = Promise.all(trimming);
    let isIdle = false;
    void ended.then(() => {
      isIdle = true;
    });
    const began = performance.now();
    const beside = await appendFor(wal, 3n, () => isIdle);
    isOver = true;
    const tookMs = performance.now() - began;
    const during = await countersOf(wal);
    await ended;
    const perInFlight = ((during.syncs - before.syncs) / trims) * IN_FLIGHT;
    const times = beside.p99 / alone.p99;
    const stalledMs = (during.stalledMicros - before.stalledMicros) / 1000;
    const of = `trims of ${removes} ${removes === 1n ? 'entry' : 'entries'}`;
    return [
      {
        what: `syncs, ${of}`,
        measured: `${perInFlight.toFixed(0)} for each ${IN_FLIGHT} of ${trims} trims, those of the appends included`,
        bar: `at most ${MOST_SYNCS}`,
        holds: perInFlight <= MOST_SYNCS,
      },
      {
        what: `p99 of an append to another table, ${of}`,
        measured: `${beside.p99.toFixed(2)} ms (median ${beside.p50.toFixed(2)}), alone ${alone.p99.toFixed(2)} ms (median ${alone.p50.toFixed(2)}): ${times.toFixed(2)} times`,
        bar: `at most ${MOST_TIMES} times that of alone`,
        holds: times <= MOST_TIMES,
      },
      {
        what: `writes kept waiting by RocksDB, ${of}`,
        measured: `${stalledMs.toFixed(0)} ms of ${tookMs.toFixed(0)} ms`,
        bar: `at most ${MOST_STALLED * 100} %`,
        holds: stalledMs <= tookMs * MOST_STALLED,
      },
    ];
  });
}

/** Latencies of appends, each after the one before it, in milliseconds. */
async function appendFor(
  wal: Wal,
  region: bigint,
  isOver: () => boolean,
): Promise<{ readonly p50: number; readonly p99: number }> {
  const end = performance.now() + SECONDS * 1000;
  const taken: number[] = [];
  const appendTo = async (table: Table): Promise<void> => {
    while (performance.now() < end && !isOver()) {
      const began = performance.now();
      await table.append(entry);
      taken.push(performance.now() - began);
    }
  };
  await Promise.all(
    Array.from({ length: APPENDERS }, (_, i) => appendTo(wal.table({ region, table: BigInt(i) }))),
  );
  taken.sort((a, b) => a - b);
  const at = (share: number): number => taken[Math.floor(taken.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

async function countersOf(wal: Wal): Promise<{ readonly syncs: number; readonly stalledMicros: number }> {
  const tickers = (await wal.stats()).rocksdb.tickers;
  return {
    syncs: tickers?.['rocksdb.wal.synced'] ?? Number.NaN,
    stalledMicros: tickers?.['rocksdb.stall.micros'] ?? Number.NaN,
  };
}
