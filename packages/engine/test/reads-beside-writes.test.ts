import { expect, test } from 'vitest';
import { interceptStarts } from './failing-starts.js';
import { all, behind, bytes, endThread, open } from './support.js';

const id = { region: 1, table: 1 };

test('reads go on while no thread of the shard answers', async ({ signal }) => {
  const wal = await open({ shards: 1 });
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 1000 }, (_, i) => bytes(String(i))));
  let start = (): void => {};
  const mayStart = new Promise<void>((resolve) => {
    start = resolve;
  });
  // A test that has met its limit can end.
  signal.addEventListener('abort', start);
  interceptStarts(async (_, attach) => {
    await mayStart;
    return await attach();
  });
  await endThread(wal, 0);
  const waiting = table.append(bytes('later'));
  expect(await all(table.read({}, { chunkEntries: 100 }))).toHaveLength(1000);
  expect(await all(table.read({ gt: 990n }).chunks())).toHaveLength(1);
  expect((await table.get(7n))?.payload).toEqual(bytes('6'));
  expect(await all(table.read({ gte: 2000n }))).toEqual([]);
  start();
  expect(await waiting).toBe(1001n);
});

test('a read does not see what was appended after it began, though all that it held was taken away', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 100 }, () => new Uint8Array(100)));
  const reading = table.read()[Symbol.asyncIterator]();
  await reading.next();
  await table.appendBatch(Array.from({ length: 100 }, () => new Uint8Array(100)));
  const { readMemory } = behind(wal);
  (await readMemory.take(readMemory.maxBytes, readMemory.maxBytes)).release();
  const rest = await all({ [Symbol.asyncIterator]: () => reading });
  expect(rest.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 99 }, (_, i) => BigInt(i + 2)));
});
