import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jsonCodec, type TableWriter, type WriterProgress } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, endThread, failureOf, open, rejectsWith, text } from './support.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes of array buffers that something holds, and of those that V8 still is to free after the collection. */
function buffersHeld(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}

/** Writes numbers as text, and waits whenever the writer is full. */
async function count(writer: TableWriter, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) if (!writer.write(bytes(String(i)))) await writer.ready();
}

function numbers(to: number): string[] {
  return Array.from({ length: to }, (_, i) => String(i));
}

test('what is written is in, in order, once flush() resolves', async () => {
  const wal = await open({ shards: 2 });
  const table = wal.table({ region: 1, table: 1 });
  const writer = table.writer();
  await count(writer, 0, 50_000);
  expect(await writer.flush()).toEqual({ last: 50_000n });
  expect([writer.submitted, writer.acknowledged, writer.last]).toEqual([50_000, 50_000, 50_000n]);
  const entries = await all(table.read());
  expect(entries.map(({ payload }) => text(payload))).toEqual(numbers(50_000));
});

test('an entry has been copied when write() returns', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const buffer = new Uint8Array(1);
  await using writer = table.writer();
  for (let i = 0; i < 100; i++) {
    buffer[0] = i;
    writer.write(buffer);
  }
  buffer[0] = 255;
  await writer.flush();
  const entries = await all(table.read());
  expect(entries.map(({ payload }) => payload[0])).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('a full writer says so, refuses what is written all the same, and has room again after ready()', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const writer = table.writer({ bufferBytes: 1024 });
  let taken = 1;
  while (writer.write(new Uint8Array(100))) taken++;
  expect(taken).toBe(Math.ceil(1024 / 104));
  for (let i = 0; i < 10; i++)
    expect(() => writer.write(new Uint8Array(1))).toThrow(
      expect.objectContaining({ code: 'SHALE_OVERLOADED' }),
    );
  await writer.ready();
  writer.write(new Uint8Array(1));
  await writer.close();
  expect(await table.lastSequence()).toBe(BigInt(taken + 1));
});

test('an entry that is larger than the buffer is taken by an empty writer', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await using writer = table.writer({ bufferBytes: 1024 });
  expect(writer.write(new Uint8Array(2_000_000))).toBe(false);
  await writer.ready();
  expect(await writer.flush()).toEqual({ last: 1n });
});

test('nothing is taken of a payload that is refused, and the writer goes on', async () => {
  const wal = await open({ shards: 1, maxInFlightBytes: 64 * 1024 });
  const table = wal.table<unknown>({ region: 1, table: 1 }, { codec: jsonCodec() });
  const writer = table.writer();
  writer.write({ n: 1 });
  expect(() => writer.write(() => 1)).toThrow(expect.objectContaining({ code: 'SHALE_PAYLOAD' }));
  expect(() => writer.write('x'.repeat(70_000))).toThrow(
    expect.objectContaining({ code: 'SHALE_TOO_LARGE' }),
  );
  writer.write({ n: 2 });
  await writer.close();
  expect((await all(table.read())).map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }]);
});

test('a name comes into being with the first entry', async () => {
  const wal = await open({ shards: 2 });
  const names = ['a', 'b', 'c', 'd'];
  const writers = names.map((name) => wal.table(name).writer({ exclusive: name > 'b' }));
  for (const writer of writers) writer.write(bytes('1'));
  await Promise.all(writers.map((writer) => writer.close()));
  for (const name of names) expect(await wal.table(name).lastSequence()).toBe(1n);
});

test('sync() and close() of the WAL wait for what was written', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  const writer = table.writer();
  await count(writer, 0, 1000);
  await wal.sync();
  expect(writer.acknowledged).toBe(1000);
  await count(writer, 1000, 3000);
  const { path } = wal;
  await wal.close();
  expect(writer.acknowledged).toBe(3000);
  expect(() => writer.write(bytes('late'))).toThrow(expect.objectContaining({ code: 'SHALE_CLOSED' }));
  const again = await open({ path });
  const entries = await all(again.table({ region: 1, table: 1 }).read());
  expect(entries.map(({ payload }) => text(payload))).toEqual(numbers(3000));
});

test('a closed writer takes nothing more', async () => {
  const wal = await open({ shards: 1 });
  const writer = wal.table({ region: 1, table: 1 }).writer();
  writer.write(bytes('a'));
  const closing = writer.close();
  expect(() => writer.write(bytes('b'))).toThrow(expect.objectContaining({ code: 'SHALE_CLOSED' }));
  await closing;
  await writer.close();
  expect(await writer.flush()).toEqual({ last: 1n });
});

test('progress is told, and what it throws ends the writer', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const told: WriterProgress[] = [];
  const writer = table.writer({ onProgress: (progress) => told.push(progress) });
  await count(writer, 0, 5000);
  await writer.flush();
  expect(told.at(-1)).toEqual({ acknowledged: 5000, last: 5000n });
  expect(told.length).toBeLessThan(1000);
  const bad = table.writer({
    onProgress: () => {
      throw new Error('no');
    },
  });
  bad.write(bytes('x'));
  await bad.flush();
  await rejectsWith('SHALE_INVALID_ARGUMENT', bad.ready());
});

test('the first failure ends a writer, and says how much is in', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const writer = table.writer({ exclusive: true });
  await count(writer, 0, 10);
  await writer.flush();
  await table.append(bytes('foreign'));
  writer.write(bytes('10'));
  const failure = await failureOf(writer.flush());
  expect(failure.code).toBe('SHALE_SEQUENCE_MISMATCH');
  expect(failure.details).toMatchObject({ acknowledged: 10, submitted: 11 });
  expect(() => writer.write(bytes('11'))).toThrow(
    expect.objectContaining({ code: 'SHALE_SEQUENCE_MISMATCH' }),
  );
  await rejectsWith('SHALE_SEQUENCE_MISMATCH', writer.ready());
  await rejectsWith('SHALE_SEQUENCE_MISMATCH', writer.close());
  expect(await table.lastSequence()).toBe(11n);
});

test('a thread that dies ends a writer that is not exclusive, with an unknown outcome and nothing behind it', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const writer = table.writer();
  let failed = 0;
  for (let i = 0; failed === 0 && i < 1_000_000; i++) {
    try {
      if (!writer.write(bytes(String(i)))) await turn();
      if (i === 20_000) void endThread(wal, 0);
    } catch {
      failed = i;
    }
    if (i % 1000 === 0) await turn();
  }
  const failure = await failureOf(writer.flush());
  expect(failure.code).toBe('SHALE_OUTCOME_UNKNOWN');
  const entries = await all(table.read());
  expect(entries.map(({ payload }) => text(payload))).toEqual(numbers(entries.length));
  expect(entries.length).toBeGreaterThanOrEqual(Number(failure.details?.acknowledged));
});

test.each([1, 2])(
  'of an exclusive writer every entry is in once, in order, whatever threads die: %i shards',
  async (shards) => {
    const wal = await open({ shards, durability: 'os' });
    const table = wal.table({ region: 1, table: 1 });
    const writer = table.writer({ exclusive: true, bufferBytes: 16 * 1024 });
    const entries = 40_000;
    let deaths = 0;
    for (let i = 0; i < entries; i++) {
      if (!writer.write(bytes(String(i)))) await writer.ready();
      if (i % 5000 === 2500) {
        deaths++;
        if (deaths % 2 === 0) wal.sync().catch(() => undefined);
        void endThread(wal, table.shard ?? 0);
      }
    }
    await writer.close();
    const found = await all(table.read());
    expect(found.map(({ payload }) => text(payload))).toEqual(numbers(entries));
  },
);

test('an idle writer holds no memory, whatever it has written', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const large = new Uint8Array(1024 * 1024);
  const writers = Array.from({ length: 100 }, (_, i) => wal.table({ region: 1, table: i }).writer());
  await writers[0]?.flush();
  const before = buffersHeld();
  for (const writer of writers) {
    writer.write(large);
    await writer.flush();
  }
  await expect.poll(() => buffersHeld() - before).toBeLessThan(20 * 1024 * 1024);
  expect(writers.every(({ acknowledged }) => acknowledged === 1)).toBe(true);
  expect(behind(wal).writers.size).toBe(0);
});
