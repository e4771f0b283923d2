import { median, Payloads } from '@shale/bench-kit';
import { type Batch, type CommitOptions, type Consumer, openWal, type Table, type Wal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { Finding, PromiseBar } from './promise-bar.js';

const ENTRY_BYTES = 100;
/** Of the table that is consumed: more than a second of it, so that positions are stored meanwhile. */
const ENTRIES = 5_000_000;
/** Entries of a batch that is written elsewhere. */
const BATCH = 100;
/** Each round measures both, so that what else the machine does falls on both. */
const ROUNDS = 12;
const ROUND_MS = 1000;
const MOST_OF_COMMITS = 0.03;
const LEAST_OF_WRITES = 0.9;
/** Commits that come when the consumer is closed, which is not measured. */
const NEVER: CommitOptions = { everyMs: 2 ** 31 - 1, everyEntries: Number.MAX_SAFE_INTEGER };

/** Positions cost consumers little, stored by themselves and with what came of a batch. */
export const consumersBar: PromiseBar = {
  name: 'consumers',
  about: `a consumer of ${ENTRIES} entries of ${ENTRY_BYTES} B that stores its positions ('sync') or none, and one that copies batches of ${BATCH} ('os') by batch.write or wal.write; median of ${ROUNDS} rounds`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory);
      const table = wal.table({ region: 1, table: 1 });
      const batch = new Payloads(ENTRY_BYTES, 1).batch(1000);
      for (let i = 0; i < ENTRIES / 1000; i++) await table.appendBatch(batch, { durability: 'os' });
      await wal.flush();
      return [await commits(wal, table), await writes(wal, table)];
    }),
};

async function commits(wal: Wal, table: Table): Promise<Finding> {
  const costs: number[] = [];
  const rates: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const { one: committing, other: without } = await inTurns(
      i,
      async () => await consume(await wal.consumer(`with ${i}`, { tables: table })),
      async () => await consume(await wal.consumer(`without ${i}`, { tables: table, commit: NEVER })),
    );
    costs.push(1 - committing / without);
    rates.push(committing);
  }
  return {
    what: 'what committing positions takes of the consuming rate',
    measured: `${(median(costs) * 100).toFixed(1)} %, of ${Math.round(median(rates) / 1000)}k/s`,
    bar: `<= ${MOST_OF_COMMITS * 100} %`,
    holds: median(costs) <= MOST_OF_COMMITS,
  };
}

/** Measures both, the one first in every other round: the second runs in what the first has left. */
async function inTurns(
  round: number,
  measureOne: () => Promise<number>,
  measureOther: () => Promise<number>,
): Promise<{ readonly one: number; readonly other: number }> {
  if (round % 2 === 0) return { one: await measureOne(), other: await measureOther() };
  const other = await measureOther();
  return { one: await measureOne(), other };
}

/** Entries per second. */
async function consume(consumer: Consumer): Promise<number> {
  const started = performance.now();
  let entries = 0;
  for await (const batch of consumer) {
    entries += batch.length;
    if (entries === ENTRIES) break;
  }
  const rate = (entries / (performance.now() - started)) * 1000;
  await consumer.close();
  return rate;
}

async function writes(wal: Wal, input: Table): Promise<Finding> {
  const output = wal.table({ region: 2, table: 1 });
  const ratios: number[] = [];
  const rates: number[] = [];
  const how = { durability: 'os' } as const;
  for (let i = 0; i <= ROUNDS; i++) {
    const { one: written, other: plain } = await inTurns(
      i,
      () =>
        copy(wal, input, `written ${i}`, (batch) =>
          batch.write([{ table: output, payloads: payloadsOf(batch) }], how),
        ),
      () =>
        copy(wal, input, `plain ${i}`, (batch) =>
          wal.write([{ table: output, payloads: payloadsOf(batch) }], how),
        ),
    );
    // The first one warms up.
    if (i === 0) continue;
    ratios.push(written / plain);
    rates.push(written);
  }
  return {
    what: 'entries/s copied by batch.write over those by wal.write',
    measured: `${median(ratios).toFixed(2)} x, ${Math.round(median(rates) / 1000)}k/s`,
    bar: `>= ${LEAST_OF_WRITES} x`,
    holds: median(ratios) >= LEAST_OF_WRITES,
  };
}

/** Entries per second of a consumer that writes one batch after the other. */
async function copy(
  wal: Wal,
  tables: Table,
  name: string,
  write: (batch: Batch) => Promise<unknown>,
): Promise<number> {
  await using consumer = await wal.consumer(name, { tables, commit: NEVER, chunkEntries: BATCH });
  const started = performance.now();
  let entries = 0;
  for await (const batch of consumer) {
    await write(batch);
    entries += batch.length;
    if (performance.now() > started + ROUND_MS) break;
  }
  return (entries / (performance.now() - started)) * 1000;
}

function payloadsOf(batch: Batch): Uint8Array[] {
  return Array.from({ length: batch.length }, (_, i) => batch.payloadAt(i));
}
