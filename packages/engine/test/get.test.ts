import { jsonCodec } from '@shale/engine';
import { expect, test } from 'vitest';
import { behind, bytes, open, rejectsWith, temporary, text } from './support.js';

const id = { region: 1, table: 1 };

test('get() reads one entry, and says that there is none with null', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(['a', 'b', 'c'].map(bytes));
  const entry = await table.get(2n);
  expect([entry?.sequence, text(entry?.payload ?? bytes(''))]).toEqual([2n, 'b']);
  expect((await table.get(3))?.payload).toEqual(bytes('c'));
  for (const absent of [0n, 4n, 2n ** 64n - 1n]) expect(await table.get(absent)).toBeNull();
  await table.trim(2n);
  expect(await table.get(2n)).toBeNull();
  expect((await table.get(3n))?.payload).toEqual(bytes('c'));
  await table.drop();
  expect(await table.get(3n)).toBeNull();
  expect(await wal.table({ region: 9, table: 9 }).get(1n)).toBeNull();
});

test('get() finds what is in table files, of any size', async () => {
  const path = await temporary();
  const wal = await open({ path });
  const table = wal.table(id);
  const sizes = [0, 1, 4000, 5000, 100_000, 3_000_000];
  await table.appendBatch(sizes.map((size, i) => new Uint8Array(size).fill(i)));
  await wal.flush();
  await wal.close();
  const again = await open({ path });
  for (const turn of ['from the disk', 'from memory']) {
    for (const [i, size] of sizes.entries()) {
      const payload = (await again.table(id).get(BigInt(i + 1)))?.payload ?? bytes('none');
      // Not toEqual: it takes long for megabytes.
      expect([turn, i, Buffer.compare(payload, new Uint8Array(size).fill(i))]).toEqual([turn, i, 0]);
    }
  }
  expect(await again.table(id).get(7n)).toBeNull();
});

test('get() goes by names and codecs', async () => {
  const wal = await open();
  expect(await wal.table('orders').get(1n)).toBeNull();
  const orders = wal.table('orders', { codec: jsonCodec<{ item: string }>() });
  await orders.append({ item: 'tea' });
  expect((await orders.get(1n))?.payload).toEqual({ item: 'tea' });
  expect((await wal.table('orders').get(1n))?.payload).toEqual(bytes('{"item":"tea"}'));
  await wal.table('orders').append(bytes('{'));
  await rejectsWith('SHALE_PAYLOAD', orders.get(2n));
});

test('get() refuses what is no sequence, and a WAL that is closed', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.append(bytes('a'));
  for (const bad of [-1, 1.5, '1' as never, undefined as never, 2n ** 64n]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', table.get(bad));
  }
  await wal.close();
  await rejectsWith('SHALE_CLOSED', table.get(1n));
});

test('gets that are under way when the WAL is closed come to their entries or to SHALE_CLOSED', async () => {
  const path = await temporary();
  const before = await open({ path });
  await before.table(id).appendBatch(Array.from({ length: 500 }, () => new Uint8Array(5000)));
  await before.close();
  const wal = await open({ path });
  const gets = Array.from({ length: 500 }, (_, i) => wal.table(id).get(i + 1));
  const results = Promise.allSettled(gets);
  await wal.close();
  for (const result of await results) {
    if (result.status === 'fulfilled') expect(result.value?.payload).toHaveLength(5000);
    else expect(result.reason).toMatchObject({ code: 'SHALE_CLOSED' });
  }
  expect(behind(wal).readMemory.bytes).toBe(0);
});

test('a program that gets one entry after the other lets the event loop turn, whether they are there or not', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.append(bytes('a'));
  for (const sequence of [1n, 2n]) {
    let hasTurned = false;
    setImmediate(() => {
      hasTurned = true;
    });
    for (let i = 0; i < 1000 && !hasTurned; i++) await table.get(sequence);
    expect(hasTurned).toBe(true);
  }
});
