import {
  encodeMetaValue,
  keySuccessor,
  logKey,
  META_VALUE_LENGTH,
  metaKey,
  type TableId,
  tableRange,
} from '@shale/codec';
import { type Log, openLog, toBounds } from '@shale/storage';
import { expect, test } from 'vitest';
import {
  codeOf,
  directory,
  errorOf,
  fill,
  fresh,
  open,
  payloads,
  plant,
  plantEntry,
  sequences,
} from './support.js';

const id = { region: 1n, table: 7n };

/** Reads on until the generator ends or fails. */
function drain(generator: Generator<{ sequence: bigint }>): { seen: bigint[]; code: string | undefined } {
  const seen: bigint[] = [];
  const code = codeOf(() => {
    for (;;) {
      const { done, value } = generator.next();
      if (done === true) return;
      seen.push(value.sequence);
    }
  });
  return { seen, code };
}

function foreignKeyAfter(log: Log, table: TableId, sequence: bigint): Uint8Array {
  return keySuccessor(logKey({ instance: log.instance, ...table }, sequence));
}

test('an entry larger than the chunk is read whole', async () => {
  const log = await fresh();
  fill(log, id, 3, 100_000);
  const sizes = [...log.read(id, {}, { chunkBytes: 1024 })].map(({ payload }) => payload.length);
  expect(sizes).toEqual([100_000, 100_000, 100_000]);
});

test('chunks give many entries at a time and honour the limit', async () => {
  const log = await fresh();
  fill(log, id, 100);
  const chunks = [...log.readChunks(id, { limit: 25 }, { chunkEntries: 10 })];
  expect(chunks.map(({ length }) => length)).toEqual([10, 10, 5]);
  expect(chunks[2]?.sequenceAt(4)).toBe(25n);
});

test('readChunk goes on where it left off and says what it needs', async () => {
  const log = await fresh();
  fill(log, id, 5, 2000);
  const span = log.resolveRange(id, toBounds({ gt: 1n }), log.watch(id));
  if (span === null) return expect.fail();
  expect(span).toMatchObject({ from: 2n, to: 5n });
  const small = log.readChunk(id, span, new ArrayBuffer(1024));
  expect(small).toMatchObject({ next: 2n, layout: { entries: 0 } });
  expect(small.neededBytes).toBeGreaterThan(2000);
  const two = log.readChunk(id, span, new ArrayBuffer(64 * 1024), 2);
  expect(two).toMatchObject({ next: 4n, neededBytes: 0, layout: { entries: 2 } });
  const rest = log.readChunk(id, { ...span, from: 4n }, new ArrayBuffer(64 * 1024));
  expect(rest).toMatchObject({ next: null, layout: { entries: 2 } });
});

test('a read whose next entries are trimmed fails with what is left, and keeps failing', async () => {
  const log = await fresh();
  fill(log, id, 50);
  const reading = log.read(id, {}, { chunkEntries: 10 });
  reading.next();
  log.trim(id, 30n, { sync: false });
  expect(drain(reading)).toEqual({ seen: [2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n], code: 'SHALE_TRIMMED' });
  expect(errorOf(() => reading.next())).toMatchObject({
    code: 'SHALE_TRIMMED',
    table: id,
    details: { expected: 11n, first: 31n },
  });
});

test('a read whose table is trimmed empty fails and does not end', async () => {
  const log = await fresh();
  fill(log, id, 50);
  const reading = log.read(id, {}, { chunkEntries: 10 });
  reading.next();
  log.trim(id, 50n, { sync: false });
  expect(drain(reading).code).toBe('SHALE_TRIMMED');
});

test('a read whose table is dropped fails and does not end', async () => {
  const log = await fresh();
  fill(log, id, 50);
  const reading = log.read(id, {}, { chunkEntries: 10 });
  reading.next();
  log.drop(id, { sync: false });
  fill(log, id, 5);
  expect(drain(reading).code).toBe('SHALE_TRIMMED');
});

test('a range fixed before a trim fails when its begin is trimmed before the first chunk', async () => {
  const log = await fresh();
  fill(log, id, 20);
  const reading = log.read(id);
  log.trim(id, 5n, { sync: false });
  expect(drain(reading)).toEqual({ seen: [], code: 'SHALE_TRIMMED' });
});

test('holes that another system left are read over, wherever a chunk ends', async () => {
  const log = await fresh();
  for (const sequence of [3n, 4n, 8n, 9n, 10n, 20n]) await plantEntry(log, id, sequence);
  for (const chunkEntries of [1, 2, 3, 100]) {
    expect([...log.read(id, {}, { chunkEntries })].map(({ sequence }) => sequence)).toEqual([
      3n,
      4n,
      8n,
      9n,
      10n,
      20n,
    ]);
  }
  expect([...log.read(id, { gte: 5n, lte: 7n })]).toEqual([]);
  expect([...log.read(id, { gte: 5n, limit: 2 })].map(({ sequence }) => sequence)).toEqual([8n, 9n]);
  expect(log.firstSequence(id)).toBe(3n);
});

test('a hole is not taken for a trim, and a trim behind a hole is', async () => {
  const log = await fresh();
  for (const sequence of [1n, 2n, 10n, 11n]) await plantEntry(log, id, sequence);
  const reading = log.read(id, {}, { chunkEntries: 2 });
  reading.next();
  reading.next();
  log.trim(id, 10n, { sync: false });
  expect(drain(reading)).toEqual({ seen: [], code: 'SHALE_TRIMMED' });
});

test('a foreign key among the entries is met by every chunk size, located, after the entries before it', async () => {
  const log = await fresh();
  fill(log, id, 10);
  const key = foreignKeyAfter(log, id, 4n);
  await plant(log, key, Uint8Array.of(0));
  for (const chunkEntries of [1, 2, 3, 4, 5, 100]) {
    const reading = log.read(id, {}, { chunkEntries });
    expect(drain(reading)).toEqual({ seen: [1n, 2n, 3n, 4n], code: 'SHALE_CORRUPT' });
    expect(errorOf(() => reading.next())).toMatchObject({
      code: 'SHALE_CORRUPT',
      table: id,
      details: { key: Buffer.from(key).toString('hex') },
    });
  }
  expect(drain(log.read(id, { gte: 6n })).seen).toEqual([6n, 7n, 8n, 9n, 10n]);
});

test('a value that is not of this format stops the read before it', async () => {
  const log = await fresh();
  fill(log, id, 3);
  const key = logKey({ instance: 0, ...id }, 2n);
  for (const value of [new Uint8Array(0), Uint8Array.of(1, 2, 3)]) {
    await plant(log, key, value);
    expect(drain(log.read(id))).toEqual({ seen: [1n], code: 'SHALE_CORRUPT' });
  }
});

test('a region scan stops at a foreign key of its region, located, and keeps failing', async () => {
  const log = await fresh();
  fill(log, { region: 1n, table: 1n }, 2);
  fill(log, { region: 1n, table: 2n }, 2);
  await plant(log, foreignKeyAfter(log, { region: 1n, table: 2n }, 1n), Uint8Array.of(0));
  for (const chunkEntries of [1, 2, 3, 100]) {
    const scan = log.scanRegion(1n, { chunkEntries });
    expect(drain(scan)).toEqual({ seen: [1n, 2n, 1n], code: 'SHALE_CORRUPT' });
    expect(errorOf(() => scan.next())).toMatchObject({ table: { region: 1n, table: 2n } });
  }
});

test('a region scan sees the region as it was, while it is written and trimmed', async () => {
  const log = await fresh();
  for (const table of [1n, 2n, 3n]) fill(log, { region: 1n, table }, 4);
  const scan = log.scanRegion(1n, { chunkEntries: 3 });
  const seen = [scan.next().value?.sequence];
  log.trim({ region: 1n, table: 2n }, 4n, { sync: false });
  fill(log, { region: 1n, table: 3n }, 4);
  fill(log, { region: 1n, table: 9n }, 4);
  seen.push(...drain(scan).seen);
  expect(seen).toEqual([1n, 2n, 3n, 4n, 1n, 2n, 3n, 4n, 1n, 2n, 3n, 4n]);
});

test('a region scan gives its snapshot back however it ends', async () => {
  const log = await fresh();
  fill(log, id, 10);
  const held = () => log.stats().rocksdb.properties['num-snapshots'];
  expect(held()).toBe(0);
  for (const entry of log.scanRegion(1n)) if (entry.sequence === 3n) break;
  expect(held()).toBe(0);
  expect([...log.scanRegion(1n)]).toHaveLength(10);
  expect(held()).toBe(0);
  log.scanRegion(1n).return();
  expect(held()).toBe(0);
  const scan = log.regionScan(1n);
  expect(held()).toBe(1);
  scan.close();
  expect(held()).toBe(0);
  expect(codeOf(() => scan.read(new ArrayBuffer(4096)))).toBe('SHALE_CLOSED');
});

test('RegionScan fills buffers of the caller over several tables and says when it is done', async () => {
  const log = await fresh();
  for (const table of [1n, 2n, 3n]) fill(log, { region: 1n, table }, 3, 500);
  const scan = log.regionScan(1n);
  expect(scan.read(new ArrayBuffer(128)).neededBytes).toBeGreaterThan(500);
  const buffer = new ArrayBuffer(4096);
  let entries = 0;
  for (let done = false; !done; ) {
    const chunk = scan.read(buffer);
    entries += chunk.layout.entries;
    done = chunk.done;
  }
  expect(entries).toBe(9);
  expect(scan.read(buffer)).toMatchObject({ done: true, layout: { entries: 0 } });
});

test('chunk options that make no sense are refused', async () => {
  const log = await fresh();
  fill(log, id, 1);
  for (const options of [
    { chunkBytes: 0 },
    { chunkBytes: 2 ** 40 },
    { chunkEntries: 0 },
    { chunkEntries: 1.5 },
  ]) {
    expect(codeOf(() => [...log.read(id, {}, options)])).toBe('SHALE_INVALID_ARGUMENT');
    expect(codeOf(() => [...log.scanRegion(1n, options)])).toBe('SHALE_INVALID_ARGUMENT');
  }
});

test('tables beside each other do not leak into each other at the edges of their keys', async () => {
  const log = await fresh();
  const edge = { region: 1n, table: 2n ** 64n - 1n };
  const next = { region: 2n, table: 0n };
  await plantEntry(log, edge, 2n ** 64n - 1n);
  log.append(next, payloads(2), { sync: false });
  expect(sequences(log, edge)).toEqual([2n ** 64n - 1n]);
  expect(sequences(log, next)).toEqual([1n, 2n]);
  expect(Buffer.compare(tableRange(0, edge).upper, tableRange(0, next).lower)).toBeLessThanOrEqual(0);
});

/** A log of a table that has the sequences given, and has given out those up to `floor`. */
async function withHoles(sequencesThere: readonly bigint[], floor: bigint): Promise<Log> {
  const path = await directory();
  const log = await openLog(path);
  for (const sequence of sequencesThere) await plantEntry(log, holes, sequence);
  const record = new Uint8Array(META_VALUE_LENGTH);
  encodeMetaValue(record, 0, floor);
  await plant(log, metaKey(0, holes.table), record);
  await log.close();
  return await open(path);
}

const holes = { region: 1n, table: 4n };

/** What a strict read gives, and what it fails with. */
function strictly(log: Log, range: object, options: object): { seen: bigint[]; error: unknown } {
  const seen: bigint[] = [];
  const error = errorOf(() => {
    for (const { sequence } of log.read(holes, range, { strict: true, ...options })) seen.push(sequence);
  });
  return { seen, error };
}

test.each([{}, { chunkEntries: 1 }, { chunkEntries: 2 }])(
  'a strict read gives what stands before a hole, and then fails with where it goes on: %o',
  async (options) => {
    const log = await withHoles([2n, 3n, 4n, 7n, 8n, 12n], 20n);
    const hole = (expected: bigint, first: bigint) =>
      expect.objectContaining({ code: 'SHALE_HOLE', table: holes, details: { expected, first } });
    const read = (range: object) => strictly(log, range, options);
    expect(read({})).toEqual({ seen: [2n, 3n, 4n], error: hole(5n, 7n) });
    expect(read({ gt: 3n })).toEqual({ seen: [4n], error: hole(5n, 7n) });
    expect(read({ gt: 4n })).toEqual({ seen: [], error: hole(5n, 7n) });
    expect(read({ gte: 6n })).toEqual({ seen: [], error: hole(6n, 7n) });
    // Whoever goes on where it says loses nothing that there is.
    expect(read({ gte: 7n })).toEqual({ seen: [7n, 8n], error: hole(9n, 12n) });
    expect(read({ gte: 12n })).toEqual({ seen: [12n], error: hole(13n, 21n) });
    expect(read({ gte: 15n })).toEqual({ seen: [], error: hole(15n, 21n) });
    expect(read({ gte: 21n })).toEqual({ seen: [], error: undefined });
    // What the range leaves out does not matter.
    expect(read({ lte: 4n })).toEqual({ seen: [2n, 3n, 4n], error: undefined });
    expect(read({ lte: 5n })).toEqual({ seen: [2n, 3n, 4n], error: hole(5n, 7n) });
    expect(read({ limit: 3 })).toEqual({ seen: [2n, 3n, 4n], error: undefined });
    expect(read({ gte: 12n, lte: 12n })).toEqual({ seen: [12n], error: undefined });
    expect(read({ gte: 5n, lte: 4n })).toEqual({ seen: [], error: undefined });
    expect(sequences(log, holes)).toEqual([2n, 3n, 4n, 7n, 8n, 12n]);
    expect(log.append(holes, [new Uint8Array(1), new Uint8Array(2)])).toEqual({ first: 21n, last: 22n });
    expect(read({ gte: 21n })).toEqual({ seen: [21n, 22n], error: undefined });
    log.trim(holes, 8n);
    expect(read({ gte: 9n })).toMatchObject({ seen: [], error: { code: 'SHALE_TRIMMED' } });
  },
);
