/*
 * What went wrong: a read that met a block that cannot be read failed without the entries of the same chunk that stand
 * before it, up to a megabyte.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { expect, test } from 'vitest';
import { open, temporary } from '../support.js';

const ENTRIES = 500;

/** A database of five tables in one file, of which table 2 is damaged at entry `entry`. */
async function damaged(entry: number): Promise<string> {
  const path = await temporary();
  const wal = await openWal(path, { shards: 1 });
  let mark = Buffer.alloc(0);
  for (const table of [1, 2, 3, 4, 5]) {
    const payloads = Array.from({ length: ENTRIES }, () => randomBytes(1000));
    if (table === 2) mark = payloads[entry - 1] ?? expect.fail();
    await wal.table({ region: 1, table }).appendBatch(payloads);
  }
  await wal.flush();
  await wal.close();
  const [file] = (await readdir(path)).filter((name) => name.endsWith('.sst'));
  const name = join(path, file ?? expect.fail());
  const bytes = await readFile(name);
  const at = bytes.indexOf(mark.subarray(0, 100));
  expect(at).toBeGreaterThan(0);
  bytes.writeUInt8(~bytes.readUInt8(at + 50) & 0xff, at + 50);
  await writeFile(name, bytes);
  return path;
}

async function drain(items: AsyncIterable<unknown>): Promise<{ seen: number; error: unknown }> {
  let seen = 0;
  try {
    for await (const _ of items) seen++;
  } catch (error) {
    return { seen, error };
  }
  return { seen, error: undefined };
}

test.each([250, ENTRIES])('what is whole before a damaged block is delivered (entry %i)', async (entry) => {
  const wal = await open({ path: await damaged(entry), shards: 2 });
  const table = wal.table({ region: 1, table: 2 });
  const read = await drain(table.read());
  expect(read.error).toMatchObject({ code: 'SHALE_CORRUPT' });
  expect(read.seen).toBeGreaterThan(entry - 40);
  expect(read.seen).toBeLessThan(entry);
  const scan = await drain(wal.region(1).scan());
  expect(scan.error).toMatchObject({ code: 'SHALE_CORRUPT' });
  expect(scan.seen).toBe(ENTRIES + read.seen);
  expect(await drain(wal.table({ region: 1, table: 1 }).read())).toEqual({ seen: ENTRIES, error: undefined });
});

test('tables before and behind one that cannot be listed are listed, and then the list fails', async () => {
  const wal = await open({ path: await damaged(ENTRIES) });
  // Table 2 begins again after a drop of its record alone: nothing may be said of it.
  await wal
    .table({ region: 1, table: 2 })
    .trim(1n)
    .catch(() => undefined);
  const listed: bigint[] = [];
  let failure: unknown;
  try {
    for await (const { id } of wal.tables()) listed.push(id.table);
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({
    code: 'SHALE_CORRUPT',
    message: expect.stringMatching(/between the tables 2 and \d of region 1 cannot be read/),
    details: { region: 1n, firstTable: 2n, lastRegion: 1n },
  });
  expect(listed).toEqual(expect.arrayContaining([1n, 4n, 5n]));
  expect(listed).not.toContain(2n);
  expect(listed).toEqual([...listed].sort());
});

test('a region with a damaged block opens, with all tables but those that begin or end in it', async () => {
  const path = await damaged(ENTRIES);
  const wal = await open({ path });
  const { problems, ...report } = await wal.region(1).open();
  const listed = [...report.heads()].map(({ table }) => Number(table));
  expect(listed).toEqual(expect.arrayContaining([1, 4, 5]));
  expect(listed).not.toContain(2);
  for (const problem of problems) expect(problem.code).toBe('SHALE_CORRUPT');
  expect(problems.map(({ message }) => message).join()).toMatch(
    /between the tables 2 and \d of region 1 cannot be read/,
  );
  expect((await wal.stats()).recoveredTables).toBe(listed.length);
  for (const table of listed) {
    expect(await wal.table({ region: 1, table }).append(Buffer.from('x'))).toBe(501n);
  }
  const refused = wal.table({ region: 1, table: 2 }).append(Buffer.from('x'));
  await expect(refused).rejects.toMatchObject({ code: 'SHALE_CORRUPT' });
});
