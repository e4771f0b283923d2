import { median, Payloads } from '@shale/bench-kit';
import { openWal, type Table } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { PromiseBar } from './promise-bar.js';

const ENTRY_BYTES = 100;
const BATCH = 10;
const TABLES = 10_000;
const IN_FLIGHT = 256;
/** What is retained is in force throughout each: small enough for tables to be trimmed. */
const KEEP = { entries: 200, ageMs: 60_000 };
const ROUNDS = 9;
const ROUND_MS = 2500;
const LEAST = 0.95;

/** Retention costs appends little, however many tables there are. */
export const retentionBar: PromiseBar = {
  name: 'retention',
  about: `batches of ${BATCH} x ${ENTRY_BYTES} B to ${TABLES} tables in turn, 'os', with and without { entries: ${KEEP.entries}, ageMs: ${KEEP.ageMs} } kept of all; median of ${ROUNDS} rounds`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { durability: 'os' });
      const tables = Array.from({ length: TABLES }, (_, table) => wal.table({ region: 1, table }));
      await appendRate(tables);
      const ratios: number[] = [];
      const rates: number[] = [];
      const alone = async (): Promise<number> => {
        await wal.retain('all', null);
        return await appendRate(tables);
      };
      const retained = async (): Promise<number> => {
        await wal.retain('all', { keep: KEEP });
        return await appendRate(tables);
      };
      for (let i = 0; i < ROUNDS; i++) {
        // Each comes first by turns: the log grows meanwhile, and the disk has work left of what was before.
        const first = i % 2 === 0 ? await alone() : await retained();
        const [without, rate] = i % 2 === 0 ? [first, await retained()] : [await alone(), first];
        ratios.push(rate / without);
        rates.push(rate);
      }
      const [first = Number.NaN] = await Promise.all(
        tables.slice(0, 1).map((table) => table.firstSequence()),
      );
      const ratio = median(ratios);
      return [
        {
          what: `appends to ${TABLES} tables that are retained, over appends alone`,
          measured: `${ratio.toFixed(3)} x, ${Math.round(median(rates) / 1000)}k/s`,
          bar: `>= ${LEAST} x`,
          holds: ratio >= LEAST,
        },
        {
          what: 'the first sequence of a table, which has been trimmed',
          measured: String(first),
          bar: '> 1',
          holds: first > 1,
        },
      ];
    }),
};

async function appendRate(tables: readonly Table[]): Promise<number> {
  const batch = new Payloads(ENTRY_BYTES, 1).batch(BATCH);
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
