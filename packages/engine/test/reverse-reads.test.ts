import { expect, test } from 'vitest';
import { all, bytes, endThread, open, rejectsWith, text } from './support.js';

const numbers = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => bytes(`${i + 1}`));

test('the last n entries come newest first, of tables by id and by name, in chunks and as streams', async () => {
  const wal = await open({ shards: 2 });
  for (const table of [wal.table({ region: 1, table: 1 }), wal.table('named')]) {
    await table.appendBatch(numbers(50));
    const range = { reverse: true, limit: 3 };
    const entries = await all(table.read(range, { chunkEntries: 2 }));
    expect(entries.map(({ sequence, payload }) => [sequence, text(payload)])).toEqual([
      [50n, '50'],
      [49n, '49'],
      [48n, '48'],
    ]);
    const chunks = await all(table.read({ ...range, limit: 5, lt: 40n }, { chunkEntries: 4 }).chunks());
    expect(chunks.map(({ first, last, length }) => [first, last, length])).toEqual([
      [39n, 36n, 4],
      [35n, 35n, 1],
    ]);
    const streamed = await all(table.readable(range));
    expect(streamed.map(({ sequence }) => sequence)).toEqual([50n, 49n, 48n]);
  }
});

test('nothing is read of what was never written, trimmed empty, or beyond the range', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table('t');
  expect(await all(table.read({ reverse: true }))).toEqual([]);
  await table.appendBatch(numbers(5));
  expect(await all(table.read({ reverse: true, gt: 5n }))).toEqual([]);
  expect(await all(table.read({ reverse: true, limit: 0 }))).toEqual([]);
  await table.trim(5n);
  expect(await all(table.read({ reverse: true }))).toEqual([]);
});

test('a reverse read goes on where it was, whatever thread answers it and however little memory there is', async () => {
  const wal = await open({ shards: 1, maxReadBytes: 2 ** 20, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(Array.from({ length: 400 }, () => new Uint8Array(10_000)));
  const reads = Array.from({ length: 4 }, () => table.read({ reverse: true }, { chunkBytes: 300 * 1024 }));
  const seen = await Promise.all(
    reads.map(async (read, i) => {
      const sequences: bigint[] = [];
      for await (const { sequence } of read) {
        sequences.push(sequence);
        if (i === 0 && sequences.length === 150) await endThread(wal, 0);
        if (sequences.length % 50 === 0) await new Promise(setImmediate);
      }
      return sequences;
    }),
  );
  const expected = Array.from({ length: 400 }, (_, i) => BigInt(400 - i));
  for (const sequences of seen) expect(sequences).toEqual(expected);
});

test('reverse is true or false, and not together with strict', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table('t');
  await rejectsWith('SHALE_INVALID_ARGUMENT', (async () => table.read({ reverse: 'yes' } as never))());
  await rejectsWith(
    'SHALE_INVALID_ARGUMENT',
    (async () => table.read({ reverse: true }, { strict: true }))(),
  );
});
