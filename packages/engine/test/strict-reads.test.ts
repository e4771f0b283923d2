import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { repairDatabase } from '@shale/engine/admin';
import { attachLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { all, bytes, open, rejectsWith } from './support.js';

const id = { region: 1, table: 1 };
const strict = { strict: true };
const ten = Array.from({ length: 10 }, () => bytes('x'));

test('a strict read from a position that was trimmed says so, with the first sequence there is', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch(ten);
  await table.trim(5n);
  await expect(all(table.read({ gte: 1n }, strict))).rejects.toMatchObject({
    code: 'SHALE_TRIMMED',
    table: { region: 1n, table: 1n },
    details: { expected: 1n, first: 6n },
  });
  await expect(all(table.read({ gt: 4n }, strict))).rejects.toMatchObject({
    code: 'SHALE_TRIMMED',
    details: { expected: 5n, first: 6n },
  });
  // What is asked for last counts, and nothing that the range leaves out in the end.
  await rejectsWith('SHALE_TRIMMED', all(table.read({ gte: 3n, lte: 2n }, strict)));
  await rejectsWith('SHALE_TRIMMED', all(table.read({ gte: 3n, limit: 0 }, strict)));
  expect(await all(table.read({ gte: 6n }, strict))).toHaveLength(5);
  expect(await all(table.read({ gt: 5n }, strict))).toHaveLength(5);
  expect(await all(table.read({ gte: 1n, gt: 5n }, strict))).toHaveLength(5);
  expect(await all(table.read({}, strict))).toHaveLength(5);
  expect(await all(table.read({ lte: 7n }, strict))).toHaveLength(2);
});

test('a strict read from beyond the end says so, with the sequence that comes next', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch(ten);
  await expect(all(table.read({ gte: 12n }, strict))).rejects.toMatchObject({
    code: 'SHALE_AHEAD',
    table: { region: 1n, table: 1n },
    details: { expected: 12n, next: 11n },
  });
  await rejectsWith('SHALE_AHEAD', all(table.read({ gt: 11n }, strict)));
  await rejectsWith('SHALE_AHEAD', all(table.read({ gt: 2n ** 64n - 1n }, strict)));
  // The next entry gets 11: to wait for it is no mistake.
  expect(await all(table.read({ gte: 11n }, strict))).toEqual([]);
  expect(await all(table.read({ gt: 10n }, strict))).toEqual([]);
  const chunks = table.read({ gte: 12n }, strict).chunks();
  await rejectsWith('SHALE_AHEAD', chunks.next());
  await rejectsWith('SHALE_AHEAD', chunks.next());
});

test('a table that was trimmed empty, or dropped, is at its next sequence', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch(ten);
  await table.trim(10n);
  await expect(all(table.read({ gte: 10n }, strict))).rejects.toMatchObject({
    code: 'SHALE_TRIMMED',
    details: { expected: 10n, first: 11n },
  });
  expect(await all(table.read({ gte: 11n }, strict))).toEqual([]);
  await rejectsWith('SHALE_AHEAD', all(table.read({ gte: 12n }, strict)));
  await table.drop();
  await rejectsWith('SHALE_AHEAD', all(table.read({ gte: 11n }, strict)));
  expect(await all(table.read({ gte: 1n }, strict))).toEqual([]);
});

test.each([[id], ['no such name']])('a table that was never written is at 1: %o', async (where) => {
  const wal = await open({ durability: 'os' });
  const table = typeof where === 'string' ? wal.table(where) : wal.table(where);
  expect(await all(table.read({ gte: 0n }, strict))).toEqual([]);
  expect(await all(table.read({ gt: 0n }, strict))).toEqual([]);
  expect(await all(table.read({}, strict))).toEqual([]);
  await expect(all(table.read({ gte: 2n }, strict))).rejects.toMatchObject({
    code: 'SHALE_AHEAD',
    details: { expected: 2n, next: 1n },
  });
  await rejectsWith('SHALE_AHEAD', all(table.read({ gt: 1n, limit: 0 }, strict)));
});

test('without strict a position that is gone, or not there yet, is read from where there is something', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch(ten);
  await table.trim(5n);
  for (const options of [{}, { strict: false }, { strict: undefined }]) {
    expect((await all(table.read({ gte: 1n }, options)))[0]?.sequence).toBe(6n);
    expect(await all(table.read({ gte: 20n }, options))).toEqual([]);
  }
});

test('the log of one thread reads strictly, too', async () => {
  const wal = await open({ durability: 'os' });
  await wal.table(id).appendBatch(ten);
  await wal.table(id).trim(5n);
  const log = attachLog(wal.path);
  const table = { region: 1n, table: 1n };
  expect(() => log.read(table, { gte: 5n }, strict)).toThrow(
    expect.objectContaining({ code: 'SHALE_TRIMMED', details: { expected: 5n, first: 6n } }),
  );
  expect(() => log.read(table, { gt: 11n }, strict)).toThrow(
    expect.objectContaining({ code: 'SHALE_AHEAD', details: { expected: 12n, next: 11n } }),
  );
  expect([...log.read(table, { gte: 6n }, strict)]).toHaveLength(5);
  await log.close();
});

test('a strict read of a repaired log does not pass over what was lost', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const tables = [wal.table(id), wal.table('named')];
  // Three files; the one in the middle is lost.
  for (let round = 0; round < 3; round++) {
    for (const table of tables) await table.appendBatch(ten);
    await wal.flush();
  }
  const { path } = wal;
  await wal.close();
  const [, lost] = (await readdir(path)).filter((name) => name.endsWith('.sst')).sort();
  await rm(join(path, lost ?? ''));
  for await (const _ of repairDatabase(path, `${path}-repaired`));
  const repaired = await open({ path: `${path}-repaired` });
  for (const table of [repaired.table(id), repaired.table('named')]) {
    const seen: bigint[] = [];
    const failure = await (async () => {
      for await (const { sequence } of table.read({ gt: 5n }, strict)) seen.push(sequence);
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SHALE_HOLE', details: { expected: 11n, first: 21n } });
    if (table.name !== null) expect(failure).toMatchObject({ tableName: 'named' });
    expect(seen).toEqual([6n, 7n, 8n, 9n, 10n]);
    expect(await all(table.read({ gte: 21n, lte: 30n }, strict))).toHaveLength(10);
    expect(await all(table.read({ gt: 5n }))).toHaveLength(15);
    for (const chunkEntries of [1, 3, 5]) {
      const chunks = table.read({ gt: 5n }, { ...strict, chunkEntries }).chunks();
      await rejectsWith('SHALE_HOLE', all(chunks));
    }
  }
});

test('options of reads that do not exist are refused', async () => {
  const wal = await open();
  const table = wal.table(id);
  const refused = (call: () => unknown) =>
    expect(call).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
  refused(() => table.read({}, { chunkByte: 4096 } as never));
  refused(() => table.read({}, { stric: true } as never));
  refused(() => table.read({}, { strict: 1 as never }));
  refused(() => table.read({ gtee: 1n } as never));
  refused(() => wal.region(1).scan({ chunkByte: 4096 } as never));
  refused(() => wal.region(1).scan({ chunkEntries: 5 } as never));
  refused(() => wal.region(1).scan({ strict: true } as never));
  refused(() => wal.region(1).scan(null as never));
  const log = attachLog(wal.path);
  const read = { region: 1n, table: 1n };
  log.append(read, [bytes('x')], { sync: false });
  refused(() => log.read(read, { from: 1n } as never));
  refused(() => [...log.read(read, {}, { chunkByte: 4096 } as never)]);
  refused(() => [...log.scanRegion(1n, { chunkByte: 4096 } as never)]);
  refused(() => log.heads({ regoin: 1n } as never));
  refused(() => log.verify({ chunkByte: 1 } as never));
  await log.close();
});
