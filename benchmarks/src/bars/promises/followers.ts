import { median, Payloads } from '@shale/bench-kit';
import { type Follow, openWal, type Table, type Wal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { Finding, PromiseBar } from './promise-bar.js';

const ENTRY_BYTES = 100;
const BATCH = 100;
/** Of the table that is followed and replayed. */
const ENTRIES = 1_000_000;
const TABLES = 100;
const IN_FLIGHT = 16;
const IDLE = 1000;
/** Each round measures all, so that what else the machine does falls on each. */
const ROUNDS = 9;
const ROUND_MS = 1000;
const LEAST_OF_REPLAY = 0.7;
const LEAST_BESIDE_ONE = 0.9;
const LEAST_BESIDE_IDLE = 0.98;

/** Followers read as replays do, and cost appends little. */
export const followersBar: PromiseBar = {
  name: 'followers',
  about: `a follow of ${ENTRIES} entries of ${ENTRY_BYTES} B beside their replay, and appends ('os', ${TABLES} tables) beside followers; median of ${ROUNDS} rounds`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { durability: 'os' });
      return [await throughput(wal), ...(await appendsBeside(wal))];
    }),
};

async function throughput(wal: Wal): Promise<Finding> {
  const table = wal.table({ region: 1, table: 1 });
  const batch = batchOf();
  for (let i = 0; i < ENTRIES / BATCH; i++) await table.appendBatch(batch);
  await wal.flush();
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const replay = await rateOf(table.read().chunks());
    const follow = await rateOf(table.follow({ visibility: 'acknowledged' }).chunks());
    ratios.push(follow / replay);
    rates.push(follow);
  }
  return {
    what: 'entries/s of a follow over those of a replay',
    measured: `${median(ratios).toFixed(2)} x, ${Math.round(median(rates) / 1000)}k/s`,
    bar: `>= ${LEAST_OF_REPLAY} x`,
    holds: median(ratios) >= LEAST_OF_REPLAY,
  };
}

async function rateOf(chunks: AsyncIterable<{ readonly length: number }>): Promise<number> {
  const started = performance.now();
  let entries = 0;
  for await (const chunk of chunks) {
    entries += chunk.length;
    if (entries === ENTRIES) break;
  }
  return (entries / (performance.now() - started)) * 1000;
}

async function appendsBeside(wal: Wal): Promise<Finding[]> {
  const tables = Array.from({ length: TABLES }, (_, table) => wal.table({ region: 2, table }));
  await appendRate(tables);
  const beside: Record<'one' | 'idle', number[]> = { one: [], idle: [] };
  const alone: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    alone.push(await appendRate(tables));
    beside.one.push(await withFollowers([wal.follow({ from: 'end', visibility: 'acknowledged' })], tables));
    const idle = Array.from({ length: IDLE }, (_, table) =>
      wal.table({ region: 3, table }).follow({ from: 'end' }),
    );
    beside.idle.push(await withFollowers(idle, tables));
  }
  const finding = (what: string, rates: readonly number[], least: number): Finding => {
    const ratio = median(rates.map((rate, i) => rate / (alone[i] ?? Number.NaN)));
    return {
      what: `appends beside ${what}, over appends alone`,
      measured: `${ratio.toFixed(2)} x, ${Math.round(median(rates) / 1000)}k/s`,
      bar: `>= ${least} x`,
      holds: ratio >= least,
    };
  };
  return [
    finding('one follower of everything', beside.one, LEAST_BESIDE_ONE),
    finding(`${IDLE} followers of other tables`, beside.idle, LEAST_BESIDE_IDLE),
  ];
}

async function withFollowers(follows: readonly Follow[], tables: readonly Table[]): Promise<number> {
  await Promise.all(follows.map(({ ready }) => ready));
  const following = follows.map(async (follow) => {
    let entries = 0;
    for await (const chunk of follow.chunks()) entries += chunk.length;
    return entries;
  });
  const rate = await appendRate(tables);
  await Promise.all(follows.map((follow) => follow[Symbol.asyncDispose]()));
  await Promise.all(following);
  return rate;
}

async function appendRate(tables: readonly Table[]): Promise<number> {
  const batch = batchOf();
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

function batchOf(): readonly Uint8Array[] {
  return new Payloads(ENTRY_BYTES, 1).batch(BATCH);
}
