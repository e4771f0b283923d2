/*
 * What went wrong: a read whose table was dropped and begun anew went on in the new table as soon as that had as many
 * entries: it gave entries of two tables, and ended without an error.
 */
import { attachLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { all, bytes, endThread, open, rejectsWith } from '../support.js';

const id = { region: 1, table: 1 };

test.each([0, 5, 2000])('a read fails when its table is dropped and gets %d entries anew', async (again) => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 1000 }, () => bytes('old')));
  const reading = table.read({}, { chunkEntries: 10 })[Symbol.asyncIterator]();
  for (let i = 0; i < 15; i++) await reading.next();
  await table.drop();
  await table.appendBatch(Array.from({ length: again }, () => bytes('new')));
  await rejectsWith('SHALE_TRIMMED', rest(reading));
  await rejectsWith('SHALE_TRIMMED', Promise.resolve(reading.next()));
});

test('it fails as well when the thread has been replaced since', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 1000 }, () => bytes('old')));
  const reading = table.read({}, { chunkEntries: 10 })[Symbol.asyncIterator]();
  for (let i = 0; i < 15; i++) await reading.next();
  await table.drop();
  await table.appendBatch(Array.from({ length: 2000 }, () => bytes('new')));
  await endThread(wal, table.shard ?? 0);
  await rejectsWith('SHALE_TRIMMED', rest(reading));
});

test('a read goes on when the thread is replaced and other tables are dropped', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  const other = wal.table({ region: 1, table: 2 });
  await table.appendBatch(Array.from({ length: 100 }, () => bytes('old')));
  await other.append(bytes('x'));
  const reading = table.read({}, { chunkEntries: 10 })[Symbol.asyncIterator]();
  for (let i = 0; i < 15; i++) await reading.next();
  await other.drop();
  await endThread(wal, table.shard ?? 0);
  expect(await rest(reading)).toBe(85);
});

test('a read goes on however many other tables are dropped meanwhile', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 100 }, () => bytes('old')));
  const reading = table.read({}, { chunkEntries: 10 })[Symbol.asyncIterator]();
  for (let i = 0; i < 15; i++) await reading.next();
  const log = attachLog(wal.path);
  for (let other = 2n; other < 4200n; other++) log.drop({ region: 1n, table: other }, { sync: false });
  await log.close();
  expect(await rest(reading)).toBe(85);
});

async function rest(reading: AsyncIterator<unknown>): Promise<number> {
  return (await all({ [Symbol.asyncIterator]: () => reading })).length;
}
