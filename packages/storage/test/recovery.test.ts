import { keySuccessor, logKey, metaKey, tableRange, type WalError } from '@shale/codec';
import { attachLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { codeOf, errorOf, fill, fresh, open, payloads, plant, plantEntry, sequences } from './support.js';

const at = (region: bigint, table: bigint) => ({ region, table });

test('next is one above the larger of the last entry and the metadata record', async () => {
  const log = await fresh();
  await plantEntry(log, at(1n, 1n), 40n);
  await plant(log, metaKey(0, 1n), floorOf(100n));
  await plantEntry(log, at(1n, 2n), 40n);
  await plant(log, metaKey(0, 2n), floorOf(7n));
  await plant(log, metaKey(0, 3n), floorOf(9n));
  expect(log.nextSequence(at(1n, 1n))).toBe(101n);
  expect(log.nextSequence(at(1n, 2n))).toBe(41n);
  expect(log.nextSequence(at(1n, 3n))).toBe(10n);
  expect(log.nextSequence(at(1n, 4n))).toBe(1n);
  expect(log.firstSequence(at(1n, 1n))).toBe(40n);
  expect(log.firstSequence(at(1n, 3n))).toBe(10n);
  expect(log.firstSequence(at(1n, 4n))).toBe(0n);
});

test('opening a region reports what is there and leaves out what is not of it', async () => {
  const log = await fresh();
  for (const table of [5n, 2n, 9n]) fill(log, at(1n, table), Number(table));
  fill(log, at(2n, 1n), 3);
  log.trim(at(1n, 2n), 2n);
  log.trim(at(1n, 9n), 4n);
  await log.close();
  const again = await open(log.path);
  const report = again.openRegion(1n);
  expect(report).toMatchObject({
    region: 1n,
    tables: 2,
    entries: 10n,
    floors: 2,
    bounds: { firstTable: 5n, lastTable: 9n },
    problems: [],
  });
  expect(again.stats().tablesKnown).toBe(2);
  expect(again.openRegion(7n)).toMatchObject({ tables: 0, entries: 0n, bounds: null });
});

test('opening a region leaves tables alone that are known already', async () => {
  const log = await fresh();
  fill(log, at(1n, 1n), 3);
  log.trim(at(1n, 1n), 3n);
  log.openRegion(1n);
  fill(log, at(1n, 1n), 2);
  log.openRegion(1n);
  expect(sequences(log, at(1n, 1n))).toEqual([4n, 5n]);
});

test('opening a region does not lower what is known of a table, even when its floor has gone from disk', async () => {
  const log = await fresh();
  fill(log, at(1n, 5n), 100);
  fill(log, at(2n, 5n), 3);
  log.trim(at(1n, 5n), 100n);
  await log.close();
  const again = await open(log.path);
  expect(again.nextSequence(at(2n, 5n))).toBe(101n);
  again.drop(at(1n, 5n));
  again.openRegion(2n);
  expect(again.nextSequence(at(2n, 5n))).toBe(101n);
});

test('opening a region reports a bad key and recovers the other tables', async () => {
  const log = await fresh();
  for (const table of [1n, 2n, 3n]) fill(log, at(1n, table), 3);
  const bad = keySuccessor(logKey({ instance: 0, ...at(1n, 2n) }, 3n));
  await plant(log, bad, Uint8Array.of(0));
  await plant(log, metaKey(0, 3n), Uint8Array.of(9));
  await log.close();
  const again = await open(log.path);
  const report = again.openRegion(1n);
  expect(report.tables).toBe(2);
  expect(report.problems.map(({ code, table, details }) => [code, table, details?.key])).toEqual([
    ['SHALE_CORRUPT', at(1n, 2n), Buffer.from(bad).toString('hex')],
    ['SHALE_CORRUPT', undefined, Buffer.from(metaKey(0, 3n)).toString('hex')],
  ]);
  expect(again.append(at(1n, 1n), payloads(1), { sync: false }).first).toBe(4n);
  expect(errorOf(() => again.append(at(1n, 2n), payloads(1)))).toMatchObject({
    code: 'SHALE_CORRUPT',
    table: at(1n, 2n),
    details: { key: Buffer.from(bad).toString('hex') },
  });
});

test('a bad metadata record is located when its table is touched', async () => {
  const log = await fresh();
  await plant(log, metaKey(0, 4n), Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1));
  expect(errorOf(() => log.lastSequence(at(1n, 4n)))).toMatchObject({
    code: 'SHALE_CORRUPT',
    table: at(1n, 4n),
    details: { key: Buffer.from(metaKey(0, 4n)).toString('hex'), field: 'version' },
  });
  expect(log.lastSequence(at(1n, 5n))).toBe(0n);
});

test('heads listed in slices by other logs can be installed, with floors', async () => {
  const log = await fresh();
  for (let table = 1n; table <= 9n; table++) fill(log, at(1n, table), Number(table));
  fill(log, at(2n, 1n), 1);
  await plant(log, metaKey(0, 3n), floorOf(50n));
  const other = attachLog(log.path);
  const slices = [
    [...other.heads({ region: 1n, upperTable: 4n })],
    [...other.heads({ region: 1n, lowerTable: 4n, upperTable: 8n })],
    [...other.heads({ region: 1n, lowerTable: 8n })],
  ];
  expect(slices.map((slice) => slice.map(({ id }) => id.table))).toEqual([
    [1n, 2n, 3n],
    [4n, 5n, 6n, 7n],
    [8n, 9n],
  ]);
  const owner = attachLog(log.path);
  expect(owner.install(slices.flat(), other.floors())).toBe(9);
  expect(owner.install(slices.flat(), [])).toBe(0);
  expect(owner.stats().tablesKnown).toBe(9);
  expect(owner.nextSequence(at(1n, 3n))).toBe(51n);
  expect(owner.nextSequence(at(1n, 9n))).toBe(10n);
  await other.close();
  await owner.close();
});

test('more heads than fit one native call are all listed, in order', async () => {
  const log = await fresh();
  const count = 5000;
  log.write(
    Array.from({ length: count }, (_, i) => ({ id: at(1n, BigInt(i * 3)), payloads: payloads(2) })),
    { sync: false },
  );
  const found = [...log.heads()];
  expect(found).toHaveLength(count);
  expect(
    found.every(({ id, first, last }, i) => id.table === BigInt(i * 3) && first === 1n && last === 2n),
  ).toBe(true);
});

test('more metadata records than fit one native call are all listed', async () => {
  const log = await fresh();
  for (let table = 0n; table < 3000n; table++) await plantMany(log, table);
  expect([...log.floors()]).toEqual(
    Array.from({ length: 3000 }, (_, i) => ({ table: BigInt(i), floor: BigInt(i) + 1n })),
  );
});

test('heads, floors and tables fail at a bad key unless somebody wants to hear of it', async () => {
  const log = await fresh();
  for (const table of [1n, 2n, 3n]) fill(log, at(1n, table), 2);
  await plant(log, Uint8Array.of(...tableRange(0, at(1n, 2n)).lower, 9), Uint8Array.of(0));
  await plant(log, Uint8Array.of(0, 0, 1), Uint8Array.of(0));
  expect(codeOf(() => [...log.heads()])).toBe('SHALE_CORRUPT');
  expect(codeOf(() => [...log.floors()])).toBe('SHALE_CORRUPT');
  expect(codeOf(() => [...log.tables()])).toBe('SHALE_CORRUPT');
  const problems: WalError[] = [];
  const listed = [...log.tables((problem) => problems.push(problem))];
  expect(listed.map(({ id }) => id.table)).toEqual([1n, 3n]);
  expect(problems.map(({ table }) => table)).toEqual([at(1n, 2n), undefined]);
});

test('the list of tables has sizes, and metadata records that are left over', async () => {
  const log = await fresh();
  fill(log, at(1n, 1n), 1000, 1000);
  fill(log, at(2n, 1n), 3);
  fill(log, at(2n, 2n), 3);
  log.trim(at(2n, 2n), 3n);
  log.trim(at(1n, 1n), 1n);
  await log.flush();
  const listed = [...log.tables()];
  expect(listed.map(({ id, first, last, entries }) => [id.region, id.table, first, last, entries])).toEqual([
    [1n, 1n, 2n, 1000n, 999n],
    [2n, 1n, 1n, 3n, 3n],
    [null, 2n, 4n, 3n, 0n],
  ]);
  expect(listed[0]?.bytes).toBeGreaterThan(100_000);
});

async function plantMany(log: Awaited<ReturnType<typeof fresh>>, table: bigint): Promise<void> {
  await plant(log, metaKey(0, table), floorOf(table + 1n));
}

function floorOf(sequence: bigint): Uint8Array {
  const value = new Uint8Array(9);
  new DataView(value.buffer).setBigUint64(1, sequence);
  return value;
}
