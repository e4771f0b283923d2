import type { ReadRange } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, bytes, open, rejectsWith, text } from './support.js';

const id = { region: 1, table: 1 };

test('a read sees what was acknowledged before it began, and nothing that is appended later', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 100 }, (_, i) => bytes(String(i))));
  const read = table.read({}, { chunkEntries: 10 });
  let count = 0;
  for await (const { sequence } of read) {
    count++;
    expect(sequence).toBe(BigInt(count));
    if (count % 10 === 1) await table.append(bytes('later'));
  }
  expect(count).toBe(100);
  expect(await all(read)).toHaveLength(110);
});

test('chunks come in order, at most as large as asked for, and are decoded when asked for', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 1000 }, (_, i) => bytes(`entry ${i}`)));
  let next = 1n;
  for await (const chunk of table.read({ gt: 0n }, { chunkEntries: 64 }).chunks()) {
    expect(chunk.length).toBeLessThanOrEqual(64);
    expect(chunk.first).toBe(next);
    expect(chunk.last).toBe(chunk.first + BigInt(chunk.length) - 1n);
    expect(text(chunk.payloadAt(0))).toBe(`entry ${chunk.first - 1n}`);
    expect(chunk.at(chunk.length - 1).sequence).toBe(chunk.last);
    expect([...chunk].map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: chunk.length }, (_, i) => chunk.sequenceAt(i)),
    );
    expect(() => chunk.at(chunk.length)).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
    next = chunk.last + 1n;
  }
  expect(next).toBe(1001n);
});

test('a limit counts entries over chunks', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 100 }, () => bytes('x')));
  for (const limit of [0, 1, 9, 10, 11, 99, 100, 101, Number.POSITIVE_INFINITY]) {
    const entries = await all(table.read({ limit }, { chunkEntries: 10 }));
    expect(entries).toHaveLength(Math.min(limit, 100));
  }
  expect((await all(table.read({ gte: 50n, limit: 2 }))).map(({ sequence }) => sequence)).toEqual([50n, 51n]);
});

test('an entry larger than a chunk comes in one of its own', async () => {
  const wal = await open();
  const table = wal.table(id);
  const big = new Uint8Array(300_000).fill(7);
  await table.appendBatch([bytes('a'), big, bytes('b')]);
  const lengths: number[] = [];
  for await (const chunk of table.read({}, { chunkBytes: 1024 }).chunks()) {
    for (const { payload } of chunk) lengths.push(payload.length);
  }
  expect(lengths).toEqual([1, 300_000, 1]);
  const scanned = await all(wal.region(1).scan({ chunkBytes: 1024 }));
  expect(scanned.map(({ payload }) => payload.length)).toEqual([1, 300_000, 1]);
});

test('payloads stay what they are while the read goes on and after the WAL is closed', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 5000 }, (_, i) => bytes(`entry ${i}`)));
  const kept = await all(table.read({}, { chunkBytes: 4096 }));
  await all(table.read({}, { chunkBytes: 4096 }));
  await wal.close();
  for (const [i, { payload }] of kept.entries()) expect(text(payload)).toBe(`entry ${i}`);
});

test('calls of next() without waiting get the entries in order, and then the end', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 10 }, () => bytes('x')));
  const reading = table.read({}, { chunkEntries: 3 })[Symbol.asyncIterator]();
  const results = await Promise.all(Array.from({ length: 12 }, () => reading.next()));
  expect(results.map(({ value }) => value?.sequence)).toEqual([
    ...Array.from({ length: 10 }, (_, i) => BigInt(i + 1)),
    undefined,
    undefined,
  ]);
  expect(results[11]?.done).toBe(true);
});

test('calls of next() at any time get the entries in the order of the calls', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 300 }, () => bytes('x')));
  const reading = table.read({}, { chunkEntries: 4 })[Symbol.asyncIterator]();
  const results: Promise<IteratorResult<{ sequence: bigint }, undefined>>[] = [];
  for (let i = 0; i < 300; i++) {
    results.push(reading.next());
    for (let j = 0; j < i % 11; j++) await Promise.resolve();
    if (i % 17 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // A call made the moment that another one is answered comes after those that wait.
  const again = table.read({}, { chunkEntries: 4 })[Symbol.asyncIterator]();
  const first = again.next();
  const second = again.next();
  const third = first.then(() => again.next());
  expect((await second).value?.sequence).toBe(2n);
  expect((await third).value?.sequence).toBe(3n);
  const sequences = (await Promise.all(results)).map(({ value }) => value?.sequence);
  expect(sequences).toEqual(sequences.map((_, i) => BigInt(i + 1)));
});

test('a prefix trimmed before a read has reached it fails the read, which keeps failing', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 1000 }, () => new Uint8Array(100)));
  const reading = table.read({}, { chunkEntries: 10 })[Symbol.asyncIterator]();
  await reading.next();
  await table.trim(500n);
  const drained = (async () => {
    let last = 0n;
    for (;;) {
      const { done, value } = await reading.next();
      if (done === true) return;
      expect(value.sequence).toBe(last === 0n ? value.sequence : last + 1n);
      last = value.sequence;
    }
  })();
  await expect(drained).rejects.toMatchObject({ code: 'SHALE_TRIMMED', details: { first: 501n } });
  await rejectsWith('SHALE_TRIMMED', reading.next());
  expect((await all(table.read())).length).toBe(500);
});

test('a trim stands between the appends made before it and those made after it', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(id);
  const made: Promise<unknown>[] = [];
  for (let i = 0; i < 200; i++) {
    made.push(table.append(bytes('before')), table.trim(2n ** 64n - 1n), table.append(bytes('after')));
  }
  await Promise.all(made);
  expect((await all(table.read())).map(({ sequence }) => sequence)).toEqual([400n]);
  const dropped = table.drop();
  expect(await table.append(bytes('new'))).toBe(1n);
  await dropped;
});

test('leaving a read ends it', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 100 }, () => bytes('x')));
  const reading = table.read({}, { chunkEntries: 10 })[Symbol.asyncIterator]();
  await reading.next();
  expect(await reading.return?.()).toEqual({ done: true, value: undefined });
  expect(await reading.next()).toEqual({ done: true, value: undefined });
  let seen = 0;
  for await (const _ of table.read()) if (++seen === 5) break;
  expect(seen).toBe(5);
});

test('a signal ends a read with its reason', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 100 }, () => bytes('x')));
  const controller = new AbortController();
  const reading = table.read({}, { chunkEntries: 10, signal: controller.signal })[Symbol.asyncIterator]();
  await reading.next();
  controller.abort(new Error('enough'));
  await expect(
    (async () => {
      for (;;) if ((await reading.next()).done === true) return;
    })(),
  ).rejects.toThrow('enough');
  await expect(reading.next()).rejects.toThrow('enough');
  await expect(all(table.read({}, { signal: AbortSignal.abort('why') }))).rejects.toBe('why');
});

test('a sequence may be passed as a safe integer wherever one is taken', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch(['a', 'b', 'c', 'd', 'e'].map(bytes));
  const sequencesOf = async (range: ReadRange) =>
    (await all(table.read(range))).map(({ sequence }) => sequence);
  expect(await sequencesOf({ gte: 2, lte: 3 })).toEqual([2n, 3n]);
  expect(await sequencesOf({ gt: 3, lt: 5 })).toEqual([4n]);
  expect(await table.trim(2)).toEqual({ first: 3n, last: 5n });
  expect(await table.append(bytes('f'), { expect: 6 })).toBe(6n);
  await rejectsWith('SHALE_SEQUENCE_MISMATCH', table.append(bytes('g'), { expect: 6 }));
  const [part] = await wal.write([{ table, payloads: [bytes('g')], expect: 7 }]);
  expect(part).toEqual({ first: 7n, last: 7n });
});

test('ranges and options are checked', async () => {
  const wal = await open();
  const table = wal.table(id);
  const refused = (call: () => unknown) =>
    expect(call).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
  for (const bad of [1.5, -1, 2 ** 53, Number.NaN, '1' as never, null as never]) {
    refused(() => table.read({ gte: bad }));
    await rejectsWith('SHALE_INVALID_ARGUMENT', table.trim(bad));
    await rejectsWith('SHALE_INVALID_ARGUMENT', table.append(bytes('x'), { expect: bad }));
  }
  refused(() => table.read({ lt: -1n }));
  refused(() => table.read({ limit: 1.5 }));
  refused(() => table.read({ from: 1n } as never));
  refused(() => table.read({}, { chunkBytes: 10 }));
  refused(() => table.read({}, { chunkEntries: 0 }));
  refused(() => wal.region(-1));
  refused(() => wal.table({ region: 1, table: 0.5 }));
  refused(() => wal.table(7 as never));
  await rejectsWith('SHALE_INVALID_ARGUMENT', table.append(bytes('x'), { durability: 'none' as never }));
  await rejectsWith('SHALE_INVALID_ARGUMENT', table.appendBatch(bytes('x') as never));
  expect(await table.lastSequence()).toBe(0n);
});
