import { median } from '@shale/bench-kit';
import { openWal, type Table, type Wal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { Finding, PromiseBar } from './promise-bar.js';

const IN_FLIGHT = 3000;
/**
 * Trims of few entries delete each of them, others a range: how many entries a trim removes, and how many there are.
 */
const LOADS = [
  { removes: 1n, perTable: 200 },
  { removes: 20n, perTable: 1200 },
];
const APPENDERS = 4;
/** Each round measures both, so that what else the machine does falls on both. */
const ROUNDS = 7;
const ROUND_MS = 1000;
const MOST_SYNCS = 100;
const MOST_TIMES = 2;
/** Share of the time of the trims. */
const MOST_STALLED = 0.01;

const entry = Buffer.alloc(100, 'an entry ');

/** Durable trims share their syncs, and do not hold up the appends to other tables. */
export const trimsBar: PromiseBar = {
  name: 'trims',
  about: `${IN_FLIGHT} durable trims kept in flight on as many tables of one shard, beside ${APPENDERS} durable appenders to others; median of ${ROUNDS} rounds of ${ROUND_MS / 1000} s`,
  run: async () => {
    const findings: Finding[] = [];
    for (const load of LOADS) findings.push(...(await measure(load)));
    return findings;
  },
};

function measure({ removes, perTable }: (typeof LOADS)[number]): Promise<readonly Finding[]> {
  return inScratch(async (directory) => {
    await using wal = await openWal(directory, { shards: 1, rocksdb: { enableStatistics: true } });
    const batch = Array.from({ length: perTable }, () => entry);
    const trimmed = Array.from({ length: IN_FLIGHT }, (_, i) => new TrimmedTable(wal, i, removes, batch));
    for (const table of trimmed) await table.fill();
    // What was loaded is no part of what is measured.
    await wal.flush();

    const rounds: Round[] = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push(await measureRound(wal, trimmed));
    const trims = sum(rounds, (round) => round.trims);
    const perInFlight = (sum(rounds, (round) => round.syncs) / trims) * IN_FLIGHT;
    const stalledMs = sum(rounds, (round) => round.stalledMs);
    const tookMs = sum(rounds, (round) => round.tookMs);
    const times = median(rounds.map(({ alone, beside }) => beside.p99 / alone.p99));
    const inWords = (which: 'alone' | 'beside'): string => {
      const ms = (p: keyof Latencies): string => median(rounds.map((round) => round[which][p])).toFixed(2);
      return `${which} ${ms('p99')} ms (median ${ms('p50')})`;
    };
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
        measured: `${inWords('beside')}, ${inWords('alone')}: ${times.toFixed(2)} times`,
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

/** One of the tables that are trimmed, and up to where. Filled again when nothing is left. */
class TrimmedTable {
  readonly #table: Table;
  readonly #removes: bigint;
  readonly #batch: readonly Buffer[];
  #upTo = 0n;
  #last = 0n;

  constructor(wal: Wal, table: number, removes: bigint, batch: readonly Buffer[]) {
    this.#table = wal.table({ region: 1, table });
    this.#removes = removes;
    this.#batch = batch;
  }

  async fill(): Promise<void> {
    this.#last = (await this.#table.appendBatch(this.#batch, { durability: 'os' })).last;
  }

  get isEmpty(): boolean {
    return this.#upTo >= this.#last;
  }

  async trim(): Promise<void> {
    this.#upTo += this.#removes;
    await this.#table.trim(this.#upTo);
  }
}

interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

interface Round {
  readonly alone: Latencies;
  readonly beside: Latencies;
  readonly trims: number;
  readonly syncs: number;
  readonly stalledMs: number;
  readonly tookMs: number;
}

async function measureRound(wal: Wal, trimmed: readonly TrimmedTable[]): Promise<Round> {
  for (const table of trimmed) if (table.isEmpty) await table.fill();
  const alone = await appendFor(wal, 2n, () => false);
  const before = await countersOf(wal);
  let isOver = false;
  let trims = 0;
  const ended = Promise.all(
    trimmed.map(async (table) => {
      while (!isOver && !table.isEmpty) {
        await table.trim();
        trims++;
      }
    }),
  );
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
  return {
    alone,
    beside,
    trims,
    syncs: during.syncs - before.syncs,
    stalledMs: (during.stalledMicros - before.stalledMicros) / 1000,
    tookMs,
  };
}

function sum(rounds: readonly Round[], of: (round: Round) => number): number {
  return rounds.reduce((total, round) => total + of(round), 0);
}

/** Latencies of appends, each after the one before it, in milliseconds. */
async function appendFor(wal: Wal, region: bigint, isOver: () => boolean): Promise<Latencies> {
  const end = performance.now() + ROUND_MS;
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
