import { availableParallelism } from 'node:os';
import { median } from '@shale/bench-kit';
import { type Durability, openWal, type Table, type Wal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { Finding, PromiseBar } from './promise-bar.js';

const TABLES = 100;
const ENTRY_BYTES = 100;
/** Single appends in flight to the tables that no write concerns. */
const IN_FLIGHT = 400;
/** Tables that the writes are over, two at a time, on two shards. */
const JOINT_TABLES = 20;
const WRITES_PER_SECOND = 1000;
/** Each round measures both, so that what else the machine does falls on both. */
const ROUNDS = 15;
const ROUND_MS = 1000;

/** Writes over tables of several shards are paid for by their own tables. */
export const jointBar: PromiseBar = {
  name: 'joint',
  about: `appends to ${TABLES} tables, without and with ${WRITES_PER_SECOND} writes/s over two shards to others`,
  run: async () => [...(await hold('sync')), ...(await hold('os'))],
};

async function hold(durability: Durability): Promise<readonly Finding[]> {
  return await inScratch(async (directory) => {
    await using wal = await openWal(directory, {
      durability,
      shards: Math.max(2, availableParallelism() - 1),
    });
    const tables = Array.from({ length: TABLES }, (_, i) => wal.table({ region: 1, table: i }));
    const pairs = pairsOf(wal);
    await round(wal, tables, pairs, true);
    const ratios: number[] = [];
    const writes: number[] = [];
    const rates: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const alone = await round(wal, tables, pairs, false);
      const beside = await round(wal, tables, pairs, true);
      rates.push(alone.appends);
      ratios.push(beside.appends / alone.appends);
      writes.push(beside.writes);
    }
    return [
      {
        what: `'${durability}': appends beside the writes over appends alone`,
        measured: `${median(ratios).toFixed(2)} x of ${Math.round(median(rates) / 1000)}k/s, ${Math.round(median(writes))} writes/s`,
        bar: `>= 0.9 x, at ${WRITES_PER_SECOND} writes/s`,
        holds: median(ratios) >= 0.9 && median(writes) >= WRITES_PER_SECOND * 0.95,
      },
    ];
  });
}

/** Pairs of tables that are on two shards. */
function pairsOf(wal: Wal): (readonly [Table, Table])[] {
  const tables = Array.from({ length: JOINT_TABLES }, (_, i) => wal.table({ region: 2, table: i }));
  return tables.flatMap((one) =>
    tables.filter((other) => other.shard !== one.shard).map((other) => [one, other] as const),
  );
}

/** Appends, and writes if asked to, per second. */
async function round(
  wal: Wal,
  tables: readonly Table[],
  pairs: readonly (readonly [Table, Table])[],
  withWrites: boolean,
): Promise<{ appends: number; writes: number }> {
  const payload = new Uint8Array(ENTRY_BYTES).fill(7);
  const started = performance.now();
  const stopAt = started + ROUND_MS;
  let [appends, made, writes] = [0, 0, 0];
  const appender = async (first: number): Promise<void> => {
    for (let i = first; performance.now() < stopAt; i++) {
      await tables[i % TABLES]?.append(payload);
      appends++;
    }
  };
  const pace = (): void => {
    const due = ((performance.now() - started) * WRITES_PER_SECOND) / 1000;
    for (; made < due; made++) {
      const pair = pairs[made % pairs.length] ?? [];
      void wal.write(pair.map((table) => ({ table, payloads: [payload] }))).then(() => writes++);
    }
  };
  const timer = withWrites ? setInterval(pace, 1) : undefined;
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, i) => appender(i)));
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1000;
  const result = { appends: appends / seconds, writes: writes / seconds };
  await wal.sync();
  return result;
}
