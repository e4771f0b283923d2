import { setTimeout as sleep } from 'node:timers/promises';
import type { Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { ReadMemory, type Room } from '../dist/read/read-memory.js';
import { inAnotherProcess } from './processes.js';
import { all, behind, bytes, open, rejectsWith, temporary } from './support.js';

const id = { region: 1, table: 1 };
const MIB = 1024 * 1024;

/** Waits for something that comes by itself. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}

/** Takes away all that reads hold and have not used. */
async function takeAllAway(wal: Wal): Promise<void> {
  const { readMemory } = behind(wal);
  const room = await readMemory.take(readMemory.maxBytes, readMemory.maxBytes);
  expect(readMemory.bytes).toBe(readMemory.maxBytes);
  room.release();
}

async function filled(wal: Wal, entries: number, size: number): Promise<void> {
  const batch = Array.from({ length: entries }, () => new Uint8Array(size));
  await wal.table(id).appendBatch(batch);
}

test('reads, scans and lists that are abandoned half-way hold nothing', async () => {
  const path = await temporary();
  const { code, output } = await inAnotherProcess(`
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    import { setTimeout as sleep } from 'node:timers/promises';
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc');
    const wal = await openWal(${JSON.stringify(path)}, { shards: 1, durability: 'os' });
    const table = wal.table({ region: 1, table: 1 });
    for (let i = 0; i < 3; i++) await table.appendBatch(Array.from({ length: 1000 }, () => new Uint8Array(1024)));
    const used = () => { const { external, heapUsed } = process.memoryUsage(); return (external + heapUsed) / 1024 / 1024; };
    const abandon = async (i) => {
      await table.read()[Symbol.asyncIterator]().next();
      await table.read({}, { signal: longLived }).chunks().next();
      if (i % 40 === 0) await wal.region(1).scan().next();
      if (i % 40 === 1) await wal.verify().next();
      if (i % 40 === 2) await wal.tables().next();
    };
    const longLived = new AbortController().signal;
    await abandon(0);
    gc();
    gc();
    const before = used();
    for (let i = 0; i < 120; i++) await abandon(i);
    const stats = async () => {
      const { reads, rocksdb } = await wal.stats();
      return { open: reads?.open, bytes: reads?.chunkBytes, snapshots: rocksdb.properties['num-snapshots'] };
    };
    let now = await stats();
    while ((now.open > 0 || now.bytes > 0 || now.snapshots > 0 || used() > before + 24)) {
      await sleep(25);
      gc();
      now = await stats();
    }
    console.log(JSON.stringify({ ...now, grown: Math.round(used() - before) }));
    await wal.close();`);
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({ open: 0, bytes: 0, snapshots: 0 });
  // 240 reads that had begun, which once held a megabyte each.
  expect(JSON.parse(output).grown).toBeLessThan(32);
});

test('reads that stand still hold nothing after a moment, and go on where they were', async () => {
  const wal = await open({ durability: 'os' });
  await filled(wal, 1000, 1000);
  const readings = Array.from({ length: 20 }, () => wal.table(id).read()[Symbol.asyncIterator]());
  const scan = wal.region(1).scan();
  await Promise.all([...readings, scan].map((reading) => reading.next()));
  expect((await wal.stats()).reads.chunkBytes).toBeGreaterThan(0);
  await until(async () => (await wal.stats()).reads.chunkBytes === 0);
  expect((await wal.stats()).reads.open).toBe(21);
  for (const reading of [...readings, scan]) {
    let next = 2n;
    for (let { value } = await reading.next(); value !== undefined; { value } = await reading.next()) {
      expect(value.sequence).toBe(next++);
    }
    expect(next).toBe(1001n);
  }
  expect((await wal.stats()).reads).toMatchObject({ open: 0, chunkBytes: 0 });
});

test('the memory for chunks is bounded however many read at a time, and every read gets all of it', async () => {
  const wal = await open({ durability: 'os', maxReadBytes: 2 * MIB });
  await filled(wal, 3000, 1000);
  let most = 0;
  const reading = async (pauses: boolean): Promise<void> => {
    let next = 1n;
    for await (const { sequence } of wal.table(id).read()) {
      expect(sequence).toBe(next++);
      if (!pauses || next % 500n !== 0n) continue;
      most = Math.max(most, behind(wal).readMemory.bytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(next).toBe(3001n);
  };
  await Promise.all(Array.from({ length: 24 }, (_, i) => reading(i % 2 === 0)));
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(2 * MIB);
  expect(behind(wal).readMemory.bytes).toBe(0);
});

test('what was taken away is read again from the entry that is next, whatever was left of the limit', async () => {
  const wal = await open({ durability: 'os' });
  await filled(wal, 100, 1000);
  for (const [limit, chunkEntries] of [
    [100, 100],
    [37, 10],
    [37, 100],
  ] as const) {
    const read = wal.table(id).read({ limit, gt: 3n }, { chunkEntries });
    const seen: bigint[] = [];
    for await (const { sequence } of read) {
      seen.push(sequence);
      if (seen.length % 7 === 0) await takeAllAway(wal);
    }
    expect(seen).toEqual(Array.from({ length: Math.min(limit, 97) }, (_, i) => BigInt(i + 4)));
  }
  for await (const chunk of wal.table(id).read({}, { chunkEntries: 10 }).chunks()) {
    expect(chunk.first % 10n).toBe(1n);
    await takeAllAway(wal);
  }
});

test('a scan goes on in the region as it was, though what it held was taken away', async () => {
  const wal = await open({ durability: 'os' });
  for (const table of [1, 2, 3]) {
    await wal.table({ region: 1, table }).appendBatch(Array.from({ length: 20 }, () => new Uint8Array(1000)));
  }
  const seen: string[] = [];
  for await (const { table, sequence } of wal.region(1).scan({ chunkBytes: 4096 })) {
    seen.push(`${table}/${sequence}`);
    if (seen.length === 5) await wal.table({ region: 1, table: 1 }).trim(20n);
    if (seen.length === 6) await wal.table({ region: 1, table: 2 }).append(bytes('later'));
    if (seen.length % 3 === 0) await takeAllAway(wal);
  }
  expect(seen).toEqual(
    [1, 2, 3].flatMap((table) => Array.from({ length: 20 }, (_, i) => `${table}/${i + 1}`)),
  );
  expect((await wal.stats()).rocksdb.properties['num-snapshots']).toBe(0);
});

test('entries that were trimmed after they were taken away are missed, not skipped', async () => {
  const wal = await open({ durability: 'os' });
  await filled(wal, 100, 100);
  const reading = wal.table(id).read()[Symbol.asyncIterator]();
  await reading.next();
  await takeAllAway(wal);
  await wal.table(id).trim(50n);
  await rejectsWith('SHALE_TRIMMED', reading.next());
  await rejectsWith('SHALE_TRIMMED', reading.next());
});

test('entries that are larger than the bound come through, one after the other', async () => {
  const wal = await open({ durability: 'os', maxReadBytes: MIB });
  await wal.table(id).appendBatch(Array.from({ length: 4 }, (_, i) => new Uint8Array(2 * MIB).fill(i)));
  const reads = await Promise.all(Array.from({ length: 5 }, () => all(wal.table(id).read())));
  for (const entries of reads) {
    expect(entries.map(({ payload }) => payload[2 * MIB - 1])).toEqual([0, 1, 2, 3]);
  }
  expect(behind(wal).readMemory.bytes).toBe(0);
});

test('nothing stays booked of reads that are left, cut or aborted while they wait', async () => {
  const wal = await open({ durability: 'os', maxReadBytes: MIB });
  await filled(wal, 5000, 1000);
  const controller = new AbortController();
  const { readMemory } = behind(wal);
  const blocked = await readMemory.take(MIB, MIB);
  const readings = Array.from({ length: 30 }, (_, i) =>
    wal
      .table(id)
      .read({}, i % 3 === 0 ? { signal: controller.signal } : {})
      [Symbol.asyncIterator](),
  );
  const waiting = Promise.allSettled(readings.map((reading) => reading.next()));
  controller.abort(new Error('enough'));
  for (const [i, reading] of readings.entries()) if (i % 3 === 1) await reading.return?.();
  blocked.release();
  await waiting;
  for (const reading of readings) await reading.return?.();
  await until(() => readMemory.bytes === 0);
});

test('room is given in turn, in equal shares, and taken from whoever has used it the longest ago', async () => {
  const memory = new ReadMemory(MIB);
  const half = () => memory.take(MIB / 2, MIB / 2);
  const [first, second] = [await half(), await half()];
  expect(memory.tryTake(1)).toBeNull();
  const order: string[] = [];
  const third = half().then((room) => {
    order.push('third');
    return room;
  });
  const fourth = memory.take(1000).then((room) => {
    order.push('fourth');
    room.release();
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  let uses = 0;
  const taken: string[] = [];
  const lend = (room: Room, name: string) =>
    room.lend({ progress: () => (name === 'second' ? uses : 0), letGo: () => taken.push(name) });
  lend(first, 'first');
  lend(await third, 'third');
  await fourth;
  expect([taken, order]).toEqual([
    ['first', 'third'],
    ['third', 'fourth'],
  ]);
  lend(second, 'second');
  const fifth = await memory.take(MIB / 4, MIB / 4);
  lend(fifth, 'fifth');
  uses++;
  // What was used since it was lent is spared, and comes last.
  await memory.take(MIB / 2, MIB / 2);
  expect(taken).toEqual(['first', 'third', 'fifth']);
  expect(memory.bytes).toBe(MIB);
});

test('many who want much get equal shares, and never less than what is worth a fetch', async () => {
  const memory = new ReadMemory(MIB);
  const rooms = await Promise.all(Array.from({ length: 2 }, () => memory.take(MIB)));
  expect(rooms.map(({ bytes }) => bytes)).toEqual([MIB / 2, MIB / 4]);
  const more = Array.from({ length: 200 }, () => memory.take(MIB).then((room) => room.bytes));
  for (const room of rooms) room.release();
  expect(await Promise.all(more.slice(1, 11))).toEqual(Array(10).fill(16 * 1024));
  expect(memory.bytes).toBeLessThanOrEqual(MIB);
});
