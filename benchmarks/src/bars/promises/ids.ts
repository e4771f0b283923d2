import { randomUUID } from 'node:crypto';
import { median } from '@shale/bench-kit';
import { type Durability, openWal, type Table } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { Finding, PromiseBar } from './promise-bar.js';

const TABLES = 16;
const ENTRY_BYTES = 1024;
/** Single appends under way. */
const IN_FLIGHT = 256;
/** Ids are made before they are used: making them is not measured. */
const IDS = 1_000_000;
/** Each round measures both, so that what else the machine does falls on both. */
const ROUNDS = 9;
const ROUND_MS = 1000;
const LEAST = 0.9;

/** An id of the producer's costs little. */
export const idsBar: PromiseBar = {
  name: 'ids',
  about: `appends of ${ENTRY_BYTES} B, ${IN_FLIGHT} under way, ${TABLES} tables, with ids (UUIDs) and without; median of ${ROUNDS} rounds`,
  run: async () => [await hold('sync'), await hold('os')],
};

async function hold(durability: Durability): Promise<Finding> {
  return await inScratch(async (directory) => {
    await using wal = await openWal(directory, { durability });
    const tables = Array.from({ length: TABLES }, (_, table) => wal.table({ region: 1, table }));
    const ids = Array.from({ length: IDS }, madeId);
    let used = 0;
    const next = (): string => ids[used++ % IDS] ?? '';
    await rate(tables, next);
    const ratios: number[] = [];
    const rates: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const without = await rate(tables, () => undefined);
      const withIds = await rate(tables, next);
      ratios.push(withIds / without);
      rates.push(withIds);
    }
    return {
      what: `'${durability}': appends/s with ids over those without`,
      measured: `${median(ratios).toFixed(2)} x, ${Math.round(median(rates) / 1000)}k/s`,
      bar: `>= ${LEAST} x`,
      holds: median(ratios) >= LEAST,
    };
  });
}

/** A UUID as text, and as it comes out of a request: in one piece of memory. */
function madeId(): string {
  return Buffer.from(randomUUID()).toString('latin1');
}

async function rate(tables: readonly Table[], idOf: () => string | undefined): Promise<number> {
  const payload = new Uint8Array(ENTRY_BYTES).fill(7);
  const started = performance.now();
  let appends = 0;
  const appender = async (first: number): Promise<void> => {
    for (let i = first; performance.now() < started + ROUND_MS; i++) {
      const id = idOf();
      await tables[i % TABLES]?.append(payload, id === undefined ? undefined : { id });
      appends++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, i) => appender(i)));
  return (appends / (performance.now() - started)) * 1000;
}
