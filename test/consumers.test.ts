// Consumers in a database of others: CeresDB / Apache HoraeDB beside them, and positions from another copy of the log.
import { join } from 'node:path';
import { encodePosition, positionKey } from '@shale/codec';
import { type Batch, type Consumer, openWal, type Wal } from '@shale/engine';
import { attachDatabase } from '@shale/rocksdb';
import { openLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { Horae } from './compat/horae.js';
import { temporary, temporaryOfFile } from './support/temporary.js';

const ID = { region: 1n, table: 10n };

async function first(consumer: Consumer): Promise<Batch> {
  const { done, value } = await consumer[Symbol.asyncIterator]().next();
  if (done === true) throw new Error('the iteration ended');
  return value;
}

async function fill(wal: Wal, count: number): Promise<void> {
  await wal.table(ID).appendBatch(Array.from({ length: count }, () => Uint8Array.of(0xaa)));
}

test("the reference does not meet a consumer's records, nor ids of appends, and leaves them as they are", async () => {
  const folder = temporaryOfFile('consumers');
  const horae = Horae.build(folder);
  const directory = join(folder, 'database');
  horae.write(directory, ['log 1 10 1 aa', 'log 1 10 2 bb']);
  {
    await using wal = await openWal(directory);
    const consumer = await wal.consumer('billing', { tables: 'all' });
    await (await first(consumer)).write([
      { table: wal.table({ region: 2, table: 3 }), payloads: [Uint8Array.of(1)] },
    ]);
    await wal.table({ region: 2, table: 4 }).append(Uint8Array.of(2), { id: 'x' });
  }
  const lines = horae.read(directory);
  // The reader tells entries and floors by the layout of their keys; all else is raw to it.
  expect(lines.filter((line) => !line.startsWith('raw'))).toEqual([
    'log 1 10 1 aa',
    'log 1 10 2 bb',
    'log 2 3 1 01',
    'log 2 4 1 02',
  ]);
  expect(lines.filter((line) => line.startsWith('raw')).map((line) => line.slice(4, 8))).toEqual([
    'fe01',
    'fe07',
    'fe09',
    'fe0a',
  ]);
  horae.write(directory, ['log 1 10 3 cc']);
  horae.trim(directory, 1n, 10n, 1n);
  await using wal = await openWal(directory);
  const consumer = await wal.consumer('billing', { tables: 'all' });
  expect(await consumer.lag()).toEqual({ entries: 3n, tables: 3 });
  expect(await wal.table({ region: 2, table: 4 }).append(Uint8Array.of(2), { id: 'x' })).toBe(1n);
});

test('a position behind the end of its table is SHALE_AHEAD, and never a silent reset', async () => {
  const directory = temporary('consumers-ahead');
  {
    await using wal = await openWal(directory);
    await fill(wal, 10);
    await (await first(await wal.consumer('c', { tables: 'all' }))).write([]);
  }
  {
    await using log = await openLog(directory);
    const { consumer } = log.consumers.open('c');
    await using db = attachDatabase(directory);
    const value = encodePosition({ position: 12n, epoch: 1n, state: new Uint8Array(0) });
    db.put(positionKey(0, { ...ID, consumer }), value, { sync: false });
  }
  await using wal = await openWal(directory);
  const table = wal.table(ID);
  for (const tables of ['all', table] as const) {
    const consumer = await wal.consumer('c', { tables });
    await expect(first(consumer)).rejects.toMatchObject({ code: 'SHALE_AHEAD', details: { next: 11n } });
  }
  const consumer = await wal.consumer('c', { tables: table });
  await consumer.seek(table, { after: 9n });
  expect((await first(consumer)).first).toBe(10n);
});
