import { expect, test } from 'vitest';
import { inAnotherProcess } from './processes.js';
import { temporary } from './support.js';

test('memory stays bounded when appends come faster than the disk takes them', async () => {
  const path = await temporary();
  const { code, output } = await inAnotherProcess(`
    const wal = await openWal(${JSON.stringify(path)}, {
      shards: 1, durability: 'os', maxInFlightBytes: 4 * 1024 * 1024, frameBytes: 64 * 1024,
      rocksdb: { writeBufferSize: 4 * 1024 * 1024 },
    });
    const table = wal.table({ region: 1, table: 1 });
    const payload = new Uint8Array(1000);
    let most = 0;
    const write = async (count) => {
      for (let i = 0; i < count; i++) {
        await wal.ready();
        table.append(payload);
        if (i % 500 === 0) most = Math.max(most, process.memoryUsage().rss);
      }
      await wal.sync();
    };
    // All that the memtables take.
    await write(60_000);
    const before = process.memoryUsage().rss;
    most = 0;
    await write(100_000);
    console.log(Math.round((most - before) / 1024 / 1024));
    await wal.close();`);
  expect(code).toBe(0);
  // 100 MB went through; what may be in flight is 4 MiB, and the rest is the garbage collector's and RocksDB's slack.
  expect(Number(output)).toBeLessThan(64);
});

test('memory stays bounded when a table much larger than it is read', async () => {
  const path = await temporary();
  const { code, output } = await inAnotherProcess(`
    const wal = await openWal(${JSON.stringify(path)}, { shards: 1, durability: 'os' });
    const table = wal.table({ region: 1, table: 1 });
    const batch = Array.from({ length: 1000 }, () => new Uint8Array(1000));
    for (let i = 0; i < 100; i++) await table.appendBatch(batch);
    await wal.flush();
    let most = 0;
    const read = async () => {
      let count = 0;
      for await (const { payload } of table.read()) if (payload.length === 1000 && ++count % 1000 === 0) most = Math.max(most, process.memoryUsage().rss);
      return count;
    };
    await read();
    const before = process.memoryUsage().rss;
    most = 0;
    console.log(await read(), Math.round((most - before) / 1024 / 1024));
    await wal.close();`);
  expect(code).toBe(0);
  const [count, growth] = output.trim().split(' ').map(Number);
  expect(count).toBe(100_000);
  expect(growth).toBeLessThan(64);
});
