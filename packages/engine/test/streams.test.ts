import { once } from 'node:events';
import { PassThrough, Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { type Entry, jsonCodec, type TableChunk, utf8Codec } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, failureOf, open, text } from './support.js';

function numbers(to: number): string[] {
  return Array.from({ length: to }, (_, i) => String(i));
}

test('pipeline() into a writable stream resolves when everything is in, in order', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 }, { codec: utf8Codec() });
  await pipeline(Readable.from(numbers(20_000)), table.writable());
  expect((await all(table.read())).map(({ payload }) => payload)).toEqual(numbers(20_000));
});

test('a table is copied to another by streams', async () => {
  const wal = await open({ shards: 2, durability: 'os' });
  const from = wal.table({ region: 1, table: 1 }, { codec: jsonCodec() });
  const to = wal.table({ region: 1, table: 2 }, { codec: jsonCodec() });
  await from.appendBatch(numbers(5000).map((n) => ({ n })));
  await pipeline(
    from.readable({ gt: 1000n }),
    async function* (entries: AsyncIterable<Entry<unknown>>) {
      for await (const { payload } of entries) yield payload;
    },
    to.writable({ exclusive: true }),
  );
  expect(await to.lastSequence()).toBe(4000n);
  expect((await all(to.read({ limit: 1 })))[0]?.payload).toEqual({ n: '1000' });
});

test('a readable stream gives entries, or chunks of them', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(numbers(3000).map(bytes));
  const entries: Entry[] = await all(table.readable({ lte: 10 }));
  expect(entries.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n]);
  const chunks: TableChunk[] = await all(table.readable({}, { of: 'chunks', chunkEntries: 1000 }));
  expect(chunks.map(({ length }) => length)).toEqual([1000, 1000, 1000]);
});

test('a writable stream is held up while its writer is full', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  const stream = table.writable({ bufferBytes: 1024 });
  let mostHeld = 0;
  for (let i = 0; i < 2000; i++) {
    if (!stream.write(new Uint8Array(1000))) await once(stream, 'drain');
    mostHeld = Math.max(mostHeld, behind(wal).flow.inFlightBytes);
  }
  stream.end();
  await once(stream, 'finish');
  expect(await table.lastSequence()).toBe(2000n);
  // What the writer takes beyond its buffer is one entry, and appends count a little more than their bytes.
  expect(mostHeld).toBeLessThan(4 * 1024);
});

test('a destroyed writable stream sends nothing more, and what had been sent may be in', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  const stream = table.writable();
  stream.write(bytes('a'));
  stream.destroy();
  await once(stream, 'close');
  await turn();
  expect(behind(wal).writers.size).toBe(0);
  expect(await table.lastSequence()).toBe(0n);
});

test('a payload that is refused ends the pipeline with its error', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 }) as unknown as { writable(): Writable };
  const failure = await failureOf(pipeline(Readable.from([bytes('a'), 7]), table.writable()));
  expect(failure.code).toBe('SHALE_PAYLOAD');
});

test('a destroyed readable stream ends its read', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(numbers(50_000).map(bytes));
  const stream = table.readable({}, { chunkEntries: 100 });
  await once(stream, 'data');
  stream.destroy();
  await once(stream, 'close');
  const through = new PassThrough({ objectMode: true });
  const aborted = new AbortController();
  const piped = pipeline(table.readable({}, { chunkEntries: 100 }), through, { signal: aborted.signal });
  await once(through, 'data');
  aborted.abort();
  await expect(piped).rejects.toMatchObject({ name: 'AbortError' });
  await wal.close();
});

test('Web streams pipe a table into another, and close when everything is in', async () => {
  const wal = await open({ shards: 2, durability: 'os' });
  const from = wal.table({ region: 1, table: 1 });
  const to = wal.table({ region: 1, table: 2 });
  await from.appendBatch(numbers(3000).map(bytes));
  const payloads = new TransformStream<Entry, Uint8Array>({
    transform({ payload }, controller) {
      controller.enqueue(payload);
    },
  });
  await from
    .readableStream()
    .pipeThrough(payloads)
    .pipeTo(to.writableStream({ bufferBytes: 1024 }));
  expect((await all(to.read())).map(({ payload }) => text(payload))).toEqual(numbers(3000));
});

test('an aborted Web stream sends nothing more, and a cancelled one ends its read', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  const stream = table.writableStream();
  const writer = stream.getWriter();
  await writer.write(bytes('a'));
  await writer.abort(new Error('enough'));
  await table.appendBatch(numbers(1000).map(bytes));
  const reader = table.readableStream({}, { of: 'chunks', chunkEntries: 10 }).getReader();
  const { value } = await reader.read();
  expect(value?.length).toBe(10);
  await reader.cancel();
  await wal.close();
});

test('options of streams are checked at once', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const refused = expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' });
  const hostile = table as unknown as Record<string, (...all: unknown[]) => unknown>;
  for (const call of ['writer', 'writable', 'writableStream']) {
    expect(() => hostile[call]?.call(table, { bufferByte: 1 })).toThrow(refused);
    expect(() => hostile[call]?.call(table, { bufferBytes: 1 })).toThrow(refused);
    expect(() => hostile[call]?.call(table, { onProgress: 1 })).toThrow(refused);
    expect(() => hostile[call]?.call(table, { exclusive: 1 })).toThrow(refused);
  }
  for (const call of ['readable', 'readableStream']) {
    expect(() => hostile[call]?.call(table, {}, { of: 'lines' })).toThrow(refused);
    expect(() => hostile[call]?.call(table, {}, { chunkByte: 1 })).toThrow(refused);
    expect(() => hostile[call]?.call(table, { gte: -1 })).toThrow(refused);
  }
});
