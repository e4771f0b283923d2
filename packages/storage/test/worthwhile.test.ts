import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { type KeyRange, type TableId, U64_MAX } from '@shale/codec';
import type { Log } from '@shale/storage';
import { expect, test } from 'vitest';
import { directory, open } from './support.js';

const KIB = 1024;
const ids = [1n, 2n, 3n].map((table): TableId => ({ region: 1n, table }));

/** Tables of 200 entries of 2 KiB, each in several files at the bottom. */
async function filled(path: string): Promise<Log> {
  const log = await open(path, { rocksdb: { targetFileSizeBase: 64 * KIB } });
  for (const id of ids)
    log.append(
      id,
      Array.from({ length: 200 }, () => randomBytes(2 * KIB)),
      { sync: false },
    );
  await log.flush();
  await log.compact();
  return log;
}

function trimmed(log: Log, id: TableId, upTo: bigint): KeyRange {
  return log.trim(id, upTo, { sync: false }).range ?? expect.fail();
}

async function tableFiles(path: string): Promise<string[]> {
  return (await readdir(path)).filter((name) => name.endsWith('.sst'));
}

test('what trims have made worth it is compacted, and only what they removed goes with it', async () => {
  const path = await directory();
  const log = await filled(path);
  const ranges = ids.map((id) => trimmed(log, id, 160n));
  for (const size of await log.storedBytes(ranges)) expect(size).toBeGreaterThan(300 * KIB);
  const { left, compactions, bytesRead } = await log.compactWorthwhile(ranges, { minRatio: 0.5 });
  expect(compactions).toBeGreaterThan(0);
  expect(bytesRead).toBeGreaterThan(1000 * KIB);
  for (const size of left) expect(size).toBeLessThan(32 * KIB);
  for (const id of ids) expect([log.firstSequence(id), log.lastSequence(id)]).toEqual([161n, 200n]);
});

test('what lies in level 0 counts, because a compaction takes it along', async () => {
  const path = await directory();
  const log = await filled(path);
  const [first, , third] = ids;
  if (first === undefined || third === undefined) return expect.fail();
  // All of its own files would be worth it; the third table's are there for the file that both trims share.
  const range = trimmed(log, first, 200n);
  trimmed(log, third, 1n);
  await log.flush();
  const before = await tableFiles(path);
  const { left, compactions } = await log.compactWorthwhile([range], { minRatio: 0.5 });
  expect(compactions).toBe(0);
  expect(left[0]).toBeGreaterThan(300 * KIB);
  expect(await tableFiles(path)).toEqual(before);
  expect((await log.compactWorthwhile([range], { minRatio: 0.25 })).compactions).toBeGreaterThan(0);
  expect(await log.storedBytes([range])).toEqual(Float64Array.of(0));
});

test('what is in memory is not flushed for less than it would be worth', async () => {
  const path = await directory();
  const log = await filled(path);
  const [first, second] = ids;
  if (first === undefined || second === undefined) return expect.fail();
  const before = await tableFiles(path);
  const range = trimmed(log, first, 200n);
  log.append(
    second,
    Array.from({ length: 200 }, () => randomBytes(4 * KIB)),
    { sync: false },
  );
  expect((await log.compactWorthwhile([range], { minRatio: 0.5 })).compactions).toBe(0);
  expect(await tableFiles(path)).toEqual(before);
});

test('nothing is done where nothing is worth it, and what is in memory stays there', async () => {
  const path = await directory();
  const log = await filled(path);
  const before = await tableFiles(path);
  const ranges = ids.map((id) => trimmed(log, id, 10n));
  const { left, compactions } = await log.compactWorthwhile(ranges, { minRatio: 0.5 });
  expect(compactions).toBe(0);
  expect([...left]).toEqual([...(await log.storedBytes(ranges))]);
  expect(await tableFiles(path)).toEqual(before);
});

test('what is in memory is flushed when half of it is trimmed, and a megabyte of it', async () => {
  const path = await directory();
  const log = await open(path);
  const id = { region: 1n, table: 1n };
  const append = (entries: number): void => {
    log.append(
      id,
      Array.from({ length: entries }, () => randomBytes(10 * KIB)),
      { sync: false },
    );
  };
  append(90);
  await log.compactWorthwhile([trimmed(log, id, U64_MAX)], { minRatio: 0.5 });
  expect(await tableFiles(path)).toEqual([]);
  append(110);
  await log.compactWorthwhile([trimmed(log, id, U64_MAX)], { minRatio: 0.5 });
  expect(await tableFiles(path)).toHaveLength(1);
  expect(log.append(id, [randomBytes(1)], { sync: false }).first).toBe(201n);
});

test.each([
  { minRatio: 0 },
  { minRatio: 1.1 },
  { minRatio: '0.5' },
  {},
  { minRatio: 0.5, maxBytesPerSecond: 0 },
  { minRatio: 0.5, maxBytesPerSecond: Number.NaN },
  { minRatio: 0.5, bytesPerSecond: 1 },
])('what compactions are worth is refused where it is nonsense: %j', async (options) => {
  const log = await open(await directory());
  await expect(log.compactWorthwhile([], options as never)).rejects.toMatchObject({
    code: 'SHALE_INVALID_ARGUMENT',
  });
});
