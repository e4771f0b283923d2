import { EntryChunk, encodeRun, logKey, tableRange, U64_MAX } from '@shale/codec';
import { expect, test } from 'vitest';
import {
  batchOf,
  entriesOf,
  payloadOf,
  readRange,
  verifyEntries,
  verifyTable,
  writeRuns,
} from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const id = { region: 1n, table: 2n };
const neighbour = { region: 1n, table: 3n };
const everything = { lower: Uint8Array.of(0), upper: Uint8Array.of(255) };

function sequences(entries: readonly { sequence: bigint }[]): bigint[] {
  return entries.map((entry) => entry.sequence);
}

test('what is written is scanned, every byte, from the memtable and from tables', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 500 }]);
  verifyTable(database, id, 1n, 500n);
  await database.flush();
  writeRuns(database, [{ id, first: 501n, count: 500 }]);
  verifyTable(database, id, 1n, 1000n);
});

test('synced writes are there as well', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 3 }], true);
  verifyTable(database, id, 1n, 3n);
});

test('one write takes many runs, and a scan gives them back in order of table', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [
    { id: neighbour, first: 7n, count: 3 },
    { id, first: 1n, count: 2 },
    { id, first: 3n, count: 2 },
  ]);
  const into = new ArrayBuffer(4096);
  const result = database.scan(everything.lower, everything.upper, into);
  expect(result).toMatchObject({ entries: 7, runs: 2, more: false, neededBytes: 0 });
  expect(entriesOf(into, result).map((entry) => [entry.table, entry.sequence])).toEqual([
    [2n, 1n],
    [2n, 2n],
    [2n, 3n],
    [2n, 4n],
    [3n, 7n],
    [3n, 8n],
    [3n, 9n],
  ]);
});

test('the layout is the one that EntryChunk reads', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 5n, count: 40 }]);
  const into = new ArrayBuffer(8192);
  const chunk = new EntryChunk(into, database.scan(everything.lower, everything.upper, into));
  expect(chunk.length).toBe(40);
  for (let i = 0; i < chunk.length; i++) {
    expect(chunk.sequenceAt(i)).toBe(5n + BigInt(i));
    expect(chunk.payloadAt(i)).toEqual(payloadOf(id, 5n + BigInt(i)));
  }
});

test('skipped runs are stepped over', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [
    { id: neighbour, first: 1n, count: 4, flags: 1 },
    { id, first: 1n, count: 4 },
    { id: neighbour, first: 9n, count: 4, flags: 1 },
  ]);
  const entries = readRange(database, everything);
  verifyEntries(id, entries, 1n, 4n);
});

test('a write of nothing but skipped runs, or of nothing, does nothing', async () => {
  const database = await temporaryDatabase();
  const before = database.latestSequence();
  writeRuns(database, [{ id, first: 1n, count: 4, flags: 1 }]);
  writeRuns(database, []);
  writeRuns(database, [{ id, first: 1n, count: 0 }]);
  expect(database.latestSequence()).toBe(before);
});

test('a descending run counts down, in a write and in a reverse scan', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 20n, count: 20, flags: 2 }]);
  verifyTable(database, id, 1n, 20n);
  const into = new Uint8Array(8192);
  const result = database.scan(everything.lower, everything.upper, into, { reverse: true });
  expect(result.runs).toBe(1);
  const entries = entriesOf(into, result);
  expect(sequences(entries)).toEqual(Array.from({ length: 20 }, (_, i) => 20n - BigInt(i)));
  // What a reverse scan leaves can be written as it is.
  const copy = await temporaryDatabase();
  copy.write(
    into.subarray(result.runsAt, result.runsAt + 32),
    lengthsOf(into, result),
    into.subarray(0, result.dataLength),
    { sync: false },
  );
  verifyTable(copy, id, 1n, 20n);
});

function lengthsOf(into: Uint8Array, result: { endsAt: number; entries: number }): Uint8Array {
  const view = new DataView(into.buffer, into.byteOffset + result.endsAt, result.entries * 4);
  const lengths = new Uint32Array(result.entries);
  for (let i = 0; i < lengths.length; i++) {
    lengths[i] = view.getUint32(i * 4, true) - (i === 0 ? 0 : view.getUint32(i * 4 - 4, true));
  }
  return new Uint8Array(lengths.buffer);
}

test('a hole starts a new run, forwards and backwards', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [
    { id, first: 1n, count: 3 },
    { id, first: 5n, count: 2 },
  ]);
  const into = new ArrayBuffer(4096);
  for (const reverse of [false, true]) {
    const result = database.scan(everything.lower, everything.upper, into, { reverse });
    expect(result.runs).toBe(2);
    const found = sequences(entriesOf(into, result));
    expect(found).toEqual(reverse ? [6n, 5n, 3n, 2n, 1n] : [1n, 2n, 3n, 5n, 6n]);
  }
});

test('a run never wraps around the last sequence', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [
    { id, first: U64_MAX - 1n, count: 2 },
    { id: { region: 1n, table: 3n }, first: 0n, count: 2 },
  ]);
  const entries = readRange(database, everything);
  expect(sequences(entries)).toEqual([U64_MAX - 1n, U64_MAX, 0n, 1n]);
  expect(sequences(readRange(database, everything, { reverse: true }))).toEqual(sequences(entries).reverse());
});

test.each([false, true])('every size of buffer gives the same entries (reverse: %s)', async (reverse) => {
  const database = await temporaryDatabase();
  writeRuns(database, [
    { id, first: 1n, count: 60 },
    { id: neighbour, first: 1n, count: 60 },
  ]);
  const expected = readRange(database, everything, { reverse, chunkBytes: 100_000 });
  expect(expected).toHaveLength(120);
  for (let chunkBytes = 0; chunkBytes < 400; chunkBytes += 7) {
    expect(readRange(database, everything, { reverse, chunkBytes })).toEqual(expected);
  }
});

test('a scan never writes behind the view it was given', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 100 }]);
  const buffer = new Uint8Array(1000).fill(0xee);
  const result = database.scan(everything.lower, everything.upper, buffer.subarray(100, 700));
  expect(result.more).toBe(true);
  expect(entriesOf(buffer.subarray(100, 700), result).length).toBeGreaterThan(5);
  expect(buffer.subarray(0, 100).every((byte) => byte === 0xee)).toBe(true);
  expect(buffer.subarray(700).every((byte) => byte === 0xee)).toBe(true);
});

test('a first entry that does not fit says how many bytes it needs', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 1, payloads: [new Uint8Array(1000).fill(7)] }]);
  const refused = database.scan(everything.lower, everything.upper, new ArrayBuffer(1000));
  expect(refused).toMatchObject({ entries: 0, runs: 0, more: true });
  expect(refused.neededBytes).toBeGreaterThan(1000);
  expect(
    database.scan(everything.lower, everything.upper, new ArrayBuffer(refused.neededBytes - 1)).entries,
  ).toBe(0);
  expect(
    database.scan(everything.lower, everything.upper, new ArrayBuffer(refused.neededBytes)),
  ).toMatchObject({
    entries: 1,
    more: false,
    neededBytes: 0,
  });
});

test('maxEntries limits a scan, and more says whether there would have been more', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 5 }]);
  const scan = (maxEntries: number) =>
    database.scan(everything.lower, everything.upper, new ArrayBuffer(4096), { maxEntries });
  expect(scan(1)).toMatchObject({ entries: 1, more: true });
  expect(scan(4)).toMatchObject({ entries: 4, more: true });
  expect(scan(5)).toMatchObject({ entries: 5, more: false });
});

test('the lower bound is inclusive, the upper exclusive, an empty range is empty', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 9 }]);
  const key = (sequence: bigint) => logKey({ instance: 0, ...id }, sequence);
  const range = { lower: key(3n), upper: key(6n) };
  expect(sequences(readRange(database, range))).toEqual([3n, 4n, 5n]);
  expect(sequences(readRange(database, range, { reverse: true }))).toEqual([5n, 4n, 3n]);
  expect(readRange(database, { lower: key(3n), upper: key(3n) })).toEqual([]);
  expect(readRange(database, tableRange(0, neighbour))).toEqual([]);
});

test.each([
  ['keyLength', logKey({ instance: 0, ...id }, 3n).subarray(0, 25), Uint8Array.of(0, 1)],
  [
    'keyVersion',
    Uint8Array.from([...logKey({ instance: 0, ...id }, 2n).subarray(0, 25), 9]),
    Uint8Array.of(0, 1),
  ],
  ['valueLength', logKey({ instance: 0, ...id }, 3n), new Uint8Array(0)],
  ['valueVersion', logKey({ instance: 0, ...id }, 3n), Uint8Array.of(1, 2, 3)],
] as const)('a foreign record stops a scan before it: %s', async (reason, key, value) => {
  const database = await temporaryDatabase();
  writeRuns(database, [
    { id, first: 1n, count: 2 },
    { id, first: 4n, count: 2 },
  ]);
  database.put(key, value, { sync: false });
  const into = new ArrayBuffer(4096);
  const result = database.scan(everything.lower, everything.upper, into);
  expect(result).toMatchObject({ entries: 2, more: true, foreign: { reason, key: Uint8Array.from(key) } });
  expect(result.foreign?.valueHead).toEqual(value);
  expect(sequences(entriesOf(into, result))).toEqual([1n, 2n]);
  const backwards = database.scan(everything.lower, everything.upper, into, { reverse: true });
  expect(sequences(entriesOf(into, backwards))).toEqual([5n, 4n]);
  expect(backwards.foreign?.reason).toBe(reason);
});

test('a snapshot sees what was there, whatever is written or deleted later', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 10 }]);
  const snapshot = database.snapshot();
  writeRuns(database, [{ id, first: 11n, count: 10 }]);
  const range = tableRange(0, id);
  database.drop(range.lower, logKey({ instance: 0, ...id }, 6n), Uint8Array.of(0), { sync: false });
  await database.flush();
  await database.compactRange();
  verifyEntries(id, readRange(database, range, { snapshot }), 1n, 10n);
  verifyEntries(id, readRange(database, range), 6n, 20n);
  expect(database.ends(range.lower, range.upper, { snapshot }).last).toEqual(
    logKey({ instance: 0, ...id }, 10n),
  );
  snapshot.release();
  snapshot.release();
  expect(() => readRange(database, range, { snapshot })).toThrow(TypeError);
});

test('a snapshot serves only the Database that made it, and ends with it', async () => {
  const first = await temporaryDatabase();
  const second = await temporaryDatabase({}, first.path);
  const snapshot = first.snapshot();
  expect(() => second.get(Uint8Array.of(1), { snapshot })).toThrow(/same Database/);
  await first.close();
  snapshot.release();
  expect(() => second.get(Uint8Array.of(1), { snapshot })).toThrow(/released/);
});

test('ends gives the smallest and the largest key, or nulls', async () => {
  const database = await temporaryDatabase();
  const range = tableRange(0, id);
  expect(database.ends(range.lower, range.upper)).toEqual({ first: null, last: null });
  writeRuns(database, [
    { id: { region: 1n, table: 1n }, first: 1n, count: 1 },
    { id, first: 4n, count: 3 },
    { id: neighbour, first: 1n, count: 1 },
  ]);
  expect(database.ends(range.lower, range.upper)).toEqual({
    first: logKey({ instance: 0, ...id }, 4n),
    last: logKey({ instance: 0, ...id }, 6n),
  });
});

test('a write that is refused leaves nothing behind', async () => {
  const database = await temporaryDatabase();
  const { runs, lengths, data } = batchOf([
    { id, first: 1n, count: 2 },
    { id: neighbour, first: 1n, count: 2 },
  ]);
  const wrong = [
    () => database.write(runs.subarray(0, 32), lengths, data, { sync: false }),
    () => database.write(runs.subarray(0, 40), lengths, data, { sync: false }),
    () => database.write(runs, lengths.subarray(0, 12), data, { sync: false }),
    () => database.write(runs, lengths.subarray(0, 15), data, { sync: false }),
    () => database.write(runs, lengths, data.subarray(1), { sync: false }),
    () => database.write(runs, lengths, Uint8Array.from([...data, 0]), { sync: false }),
    () => database.write(runs, changed(lengths, 12, 0), data.subarray(0, -1), { sync: false }),
    () => database.write(changed(runs, 32 + 17, 1), lengths, data, { sync: false }),
    () => database.write(changed(runs, 32 + 18, 4), lengths, data, { sync: false }),
    () => database.write(changed(runs, 32 + 19, 1), lengths, data, { sync: false }),
    () => database.write(runs, lengths, changed(data, 0, 1), { sync: false }),
  ];
  for (const attempt of wrong) {
    expect(attempt).toThrow(expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }));
  }
  expect(readRange(database, everything)).toEqual([]);
});

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = value;
  return copy;
}

test.each([
  ['beyond 2^64 - 1', U64_MAX, 2, 0],
  ['below 0', 0n, 2, 2],
])('sequences %s are refused', async (_name, first, count, flags) => {
  const database = await temporaryDatabase();
  const { runs, lengths, data } = batchOf([{ id, first: 5n, count }]);
  encodeRun(runs, 0, runs.slice(0, 17), first, count, flags);
  expect(() => database.write(runs, lengths, data, { sync: false })).toThrow(RangeError);
  expect(readRange(database, everything)).toEqual([]);
});

test('get and put carry any bytes; a missing key is null', async () => {
  const database = await temporaryDatabase();
  const key = Uint8Array.of(1, 0, 255);
  expect(database.get(key)).toBeNull();
  database.put(key, new Uint8Array(0), { sync: false });
  expect(database.get(key)).toEqual(new Uint8Array(0));
  database.put(key, Uint8Array.of(0, 1, 2), { sync: true });
  expect(database.get(key)).toEqual(Uint8Array.of(0, 1, 2));
});

test('reopening finds what was written and not flushed', async () => {
  const first = await temporaryDatabase();
  writeRuns(first, [{ id, first: 1n, count: 1000 }]);
  await first.close();
  const second = await temporaryDatabase({}, first.path);
  verifyTable(second, id, 1n, 1000n);
});
