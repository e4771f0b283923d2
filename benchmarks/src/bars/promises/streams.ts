import type { Readable } from 'node:stream';
import { median, Payloads } from '@shale/bench-kit';
import { openWal, type Table } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { PromiseBar } from './promise-bar.js';

const ENTRY_BYTES = 100;
const BATCH = 100;
const ENTRIES = 1_000_000;
/** Each round measures all, so that what else the machine does falls on each. */
const ROUNDS = 9;
const LEAST = 0.9;

/** Streams of chunks give what chunks give. */
export const streamsBar: PromiseBar = {
  name: 'streams',
  about: `a replay of ${ENTRIES} entries of ${ENTRY_BYTES} B as a stream of chunks, beside chunks(); median of ${ROUNDS} rounds`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { durability: 'os', shards: 1 });
      const table = wal.table({ region: 1, table: 1 });
      const batch = new Payloads(ENTRY_BYTES, 1).batch(BATCH);
      for (let i = 0; i < ENTRIES / BATCH; i++) await table.appendBatch(batch);
      await wal.flush();
      const ways = {
        'readable({ of: chunks })': (): AsyncIterable<unknown> => nodeStream(table),
        'readableStream({ of: chunks })': (): AsyncIterable<unknown> =>
          table.readableStream({}, { of: 'chunks' }),
      };
      const ratios: Record<string, number[]> = {};
      await rateOf(table.read().chunks());
      for (let i = 0; i < ROUNDS; i++) {
        const chunks = await rateOf(table.read().chunks());
        for (const [name, stream] of Object.entries(ways)) {
          ratios[name] ??= [];
          ratios[name].push((await rateOf(stream())) / chunks);
        }
      }
      return Object.entries(ratios).map(([name, of]) => ({
        what: `entries/s of ${name} over those of chunks()`,
        measured: `${median(of).toFixed(2)} x`,
        bar: `>= ${LEAST} x`,
        holds: median(of) >= LEAST,
      }));
    }),
};

function nodeStream(table: Table): Readable {
  return table.readable({}, { of: 'chunks' });
}

async function rateOf(chunks: AsyncIterable<unknown>): Promise<number> {
  const started = performance.now();
  let entries = 0;
  for await (const chunk of chunks) entries += lengthOf(chunk);
  return (entries / (performance.now() - started)) * 1000;
}

function lengthOf(chunk: unknown): number {
  if (typeof chunk === 'object' && chunk !== null && 'length' in chunk) return Number(chunk.length);
  throw new TypeError('a stream of chunks gave something else');
}
