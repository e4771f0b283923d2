import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openWal, type TableIdInput, type Wal } from '@shale/engine';
import { copyTables } from '@shale/engine/admin';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryOfFile } from '../../../test/support/temporary.js';

const dir = temporaryOfFile('copy');
const bytes = (text: string) => Buffer.from(text);
const [LOW, HIGH] = [
  { region: 1, table: 7 },
  { region: 2, table: 7 },
];
let wal: Wal;
let made = 0;
const fresh = () => join(dir, `copy${made++}`);

beforeAll(async () => {
  wal = await openWal(join(dir, 'log'), { shards: 1 });
  await wal.table('a').appendBatch(Array.from({ length: 10_000 }, (_, i) => bytes(`a${i + 1}`)));
  await wal.table('a').trim(9_000n);
  await wal.table('big').append(Buffer.alloc(6 << 20, 'x'));
  await wal.table('gone').appendBatch([bytes('1'), bytes('2')]);
  await wal.table('gone').trim(2n);
  await wal.table(LOW).appendBatch([bytes('l1'), bytes('l2')]);
  await wal.table(HIGH).appendBatch([bytes('h1'), bytes('h2'), bytes('h3')]);
});
afterAll(() => wal.close());

async function all(log: Wal, table: string | TableIdInput): Promise<string[]> {
  const entries: string[] = [];
  for await (const { sequence, payload } of log.table(table).read())
    entries.push(`${sequence} ${payload.length > 100 ? payload.length : Buffer.from(payload)}`);
  return entries;
}

async function listed(log: Wal): Promise<unknown[]> {
  const infos: unknown[] = [];
  for await (const { bytes: _, ...info } of log.tables()) infos.push(info);
  return infos;
}

describe('copyTables', () => {
  it('makes a log with the same tables, entries, sequences, ids and names, and goes on with the next sequence of each', async () => {
    const to = fresh();
    const copied = await copyTables(wal, to);
    const payloadBytes = BigInt((6 << 20) + 999 * 5 + 6 + 10);
    expect(copied).toEqual({ tables: 5, entries: 1006n, payloadBytes });
    await using log = await openWal(to, { shards: 1, create: false });
    expect(await listed(log)).toEqual(await listed(wal));
    for (const table of ['a', 'big', 'gone', LOW, HIGH])
      expect(await all(log, table)).toEqual(await all(wal, table));
    for (const [table, next] of [
      ['a', 10_001n],
      ['gone', 3n],
    ] as const)
      expect(await log.table(table).append(bytes('next'))).toBe(next);
    expect(await log.table('new').append(bytes('1'))).toBe(1n);
    expect(readdirSync(dir).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('copies those that are named, by names and ids', async () => {
    const to = fresh();
    expect(await copyTables(wal, to, { tables: [HIGH, 'gone', HIGH] })).toMatchObject({
      tables: 2,
      entries: 3n,
    });
    await using log = await openWal(to, { shards: 1, create: false });
    expect(await all(log, HIGH)).toEqual(['1 h1', '2 h2', '3 h3']);
    expect(await all(log, LOW)).toEqual([]);
    expect(await log.table('gone').append(bytes('3'))).toBe(3n);
  });

  it('leaves nothing where a table is not there, and nothing is written over', async () => {
    const to = fresh();
    for (const table of ['nothing', { region: 9, table: 7 }])
      await expect(copyTables(wal, to, { tables: [table] })).rejects.toMatchObject({
        code: 'SHALE_NOT_FOUND',
      });
    expect(existsSync(to)).toBe(false);
    await expect(copyTables(wal, join(dir, 'log'))).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
    // @ts-expect-error no list
    await expect(copyTables(wal, to, { tables: 'a' })).rejects.toMatchObject({
      code: 'SHALE_INVALID_ARGUMENT',
    });
    // @ts-expect-error no such option
    await expect(copyTables(wal, to, { table: [] })).rejects.toMatchObject({
      code: 'SHALE_INVALID_ARGUMENT',
    });
  });
});
