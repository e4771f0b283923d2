/*
 * What went wrong: a read that met a block that cannot be read failed without the entries of the same chunk that stand
 * before it, and a table whose last block is damaged could not be read at all.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { metaKey } from '@shale/codec';
import { type Log, openLog, toBounds } from '@shale/storage';
import { expect, test } from 'vitest';
import { directory, errorOf, open, plant } from '../support.js';

const at = (table: bigint) => ({ region: 1n, table });
const ENTRIES = 1000;
const BYTES = 1000;

/** A log of three tables in one file, damaged inside the given one, at a part of it from 0 to 1. */
async function damaged(table: number, part: number): Promise<Log> {
  const path = await directory();
  const log = await openLog(path);
  const marks: Buffer[] = [];
  for (let i = 1; i <= 3; i++) {
    const payloads = Array.from({ length: ENTRIES }, () => randomBytes(BYTES));
    log.append(at(BigInt(i)), payloads, { sync: false });
    marks.push(payloads[Math.round((ENTRIES - 1) * part)] ?? expect.fail());
  }
  await log.flush();
  await log.close();
  const [file] = (await readdir(path)).filter((name) => name.endsWith('.sst'));
  const name = join(path, file ?? expect.fail());
  const bytes = await readFile(name);
  const found = bytes.indexOf(marks[table - 1]?.subarray(0, 100) ?? expect.fail());
  expect(found).toBeGreaterThan(0);
  bytes.writeUInt8(~bytes.readUInt8(found + 50) & 0xff, found + 50);
  await writeFile(name, bytes);
  return await open(path);
}

/** Reads to the end or the failure. */
function drain(entries: Generator<{ sequence: bigint }>): { seen: bigint[]; error: unknown } {
  const seen: bigint[] = [];
  const error = errorOf(() => {
    for (const { sequence } of entries) seen.push(sequence);
  });
  return { seen, error };
}

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, i) => BigInt(first + i));

test('a read delivers what is whole before a damaged block, and then fails and keeps failing', async () => {
  const log = await damaged(2, 0.5);
  for (const chunkBytes of [16 * 1024, 4 * 1024 * 1024]) {
    const reading = log.read(at(2n), {}, { chunkBytes });
    const { seen, error } = drain(reading);
    expect(error).toMatchObject({ code: 'SHALE_CORRUPT', table: at(2n) });
    expect(seen).toEqual(upTo(seen.length));
    // A block has a few entries; the damaged one has the 500th.
    expect(seen.length).toBeGreaterThan(450);
    expect(seen.length).toBeLessThan(500);
    expect(() => reading.next()).toThrow(expect.objectContaining({ code: 'SHALE_CORRUPT' }));
    const behind = seen.length + 60;
    expect(drain(log.read(at(2n), { gte: BigInt(behind) }))).toEqual({
      seen: upTo(ENTRIES, behind),
      error: undefined,
    });
  }
});

test('one chunk of what is whole is full although the next one fails', async () => {
  const log = await damaged(2, 0.5);
  const span = log.resolveRange(at(2n), toBounds({}), log.watch(at(2n))) ?? expect.fail();
  const into = new ArrayBuffer(4 * 1024 * 1024);
  const { next, layout } = log.readChunk(at(2n), span, into);
  expect(layout.entries).toBeGreaterThan(450);
  expect(next).toBe(BigInt(layout.entries) + 1n);
  const rest = { ...span, from: next ?? expect.fail() };
  expect(() => log.readChunk(at(2n), rest, into)).toThrow(expect.objectContaining({ code: 'SHALE_CORRUPT' }));
});

test('a table whose last block is damaged can be read up to it', async () => {
  const log = await damaged(2, 1);
  const { seen, error } = drain(log.read(at(2n)));
  expect(error).toMatchObject({ code: 'SHALE_CORRUPT' });
  expect(seen).toEqual(upTo(seen.length));
  expect(seen.length).toBeGreaterThan(900);
  expect(drain(log.read(at(2n), { gte: 10n, lte: 20n }))).toEqual({ seen: upTo(20, 10), error: undefined });
  expect(() => log.lastSequence(at(2n))).toThrow(expect.objectContaining({ code: 'SHALE_CORRUPT' }));
  expect(() => log.append(at(2n), [new Uint8Array(1)])).toThrow(
    expect.objectContaining({ code: 'SHALE_CORRUPT' }),
  );
});

test('a table whose first block is damaged fails, and can be read from behind it', async () => {
  const log = await damaged(2, 0);
  expect(() => log.read(at(2n))).toThrow(expect.objectContaining({ code: 'SHALE_CORRUPT' }));
  expect(drain(log.read(at(2n), { gte: 100n }))).toEqual({ seen: upTo(ENTRIES, 100), error: undefined });
});

test('a region scan delivers everything before a damaged block, over tables', async () => {
  const log = await damaged(2, 0.5);
  const { seen, error } = drain(log.scanRegion(1n, { chunkBytes: 16 * 1024 * 1024 }));
  expect(error).toMatchObject({ code: 'SHALE_CORRUPT' });
  expect(seen.slice(0, ENTRIES)).toEqual(upTo(ENTRIES));
  expect(seen.length).toBeGreaterThan(ENTRIES + 450);
});

/** A log of tables in two regions, one file, of which the last block of the given table is damaged. */
async function regionsDamaged(at: number): Promise<Log> {
  const path = await directory();
  const log = await openLog(path);
  const tables = [1n, 2n, 2n ** 40n, 2n ** 63n].flatMap((region) =>
    [1n, 5n, 2n ** 63n].map((table) => ({ region, table })),
  );
  let mark = Buffer.alloc(0);
  for (const [index, id] of tables.entries()) {
    const payloads = Array.from({ length: 50 }, () => randomBytes(BYTES));
    if (index === at) mark = payloads.at(-1) ?? expect.fail();
    log.append(id, payloads, { sync: false });
  }
  log.trim({ region: 9n, table: 77n }, 1n);
  log.append({ region: 9n, table: 77n }, [new Uint8Array(1)]);
  log.trim({ region: 9n, table: 77n }, 1n);
  await log.flush();
  await log.close();
  const [file] = (await readdir(path)).filter((name) => name.endsWith('.sst'));
  const name = join(path, file ?? expect.fail());
  const bytes = await readFile(name);
  const found = bytes.indexOf(mark.subarray(0, 100));
  expect(found).toBeGreaterThan(0);
  bytes.writeUInt8(~bytes.readUInt8(found + 50) & 0xff, found + 50);
  await writeFile(name, bytes);
  return await open(path);
}

test.each([0, 2, 5, 6, 11])('a list goes on behind damage, over regions (table %i of 12)', async (at) => {
  const log = await regionsDamaged(at);
  const listed: string[] = [];
  const problems: unknown[] = [];
  const failure = errorOf(() => {
    for (const { id } of log.tables()) listed.push(`${id.region}/${id.table}`);
  });
  expect(failure).toMatchObject({ code: 'SHALE_CORRUPT', details: { firstTable: expect.any(BigInt) } });
  // A block may be shared with the neighbour at most.
  expect(listed.length).toBeGreaterThanOrEqual(10);
  expect(listed.length).toBeLessThan(12);
  // Which has a record and no entries: not known while one with entries is left out.
  expect(listed).not.toContain('null/77');
  const again = [...log.tables((problem) => problems.push(problem))];
  expect(again.map(({ id }) => `${id.region}/${id.table}`)).toEqual(listed);
  expect(problems).toEqual([failure]);
});

test('tables and heads before a damaged block are listed', async () => {
  const log = await damaged(3, 1);
  for (const list of [() => log.tables(), () => log.heads()]) {
    const listed: bigint[] = [];
    expect(() => {
      for (const { id } of list()) listed.push(id.table);
    }).toThrow(expect.objectContaining({ code: 'SHALE_CORRUPT' }));
    expect(listed).toEqual([1n, 2n]);
  }
});

test('the entries of a table whose metadata record is damaged can be read', async () => {
  const path = await directory();
  const log = await open(path);
  log.append(at(1n), [new Uint8Array(1), new Uint8Array(2), new Uint8Array(3)]);
  log.trim(at(1n), 1n);
  await plant(log, metaKey(0, 1n), Uint8Array.of(9));
  await log.close();
  const again = await open(path);
  const { seen } = drain(again.read(at(1n)));
  expect(seen).toEqual([2n, 3n]);
});
