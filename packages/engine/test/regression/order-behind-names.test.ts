/*
 * What went wrong: an append that comes while another one of its table waits for a name waits behind it, but trims and
 * drops did not: they overtook appends that had been made before them, whose entries were then still there.
 */
import type { Table, Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, bytes, open, text } from '../support.js';

const ALL = 2n ** 64n - 1n;

test('a trim does not overtake an append that waits behind the making of a name', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('1'));
  const work = [writeWithNew(wal, table), table.trim(ALL)];
  const after = table.append(bytes('3'));
  expect(await Promise.all(work)).toEqual([2n, { first: 3n, last: 2n }]);
  expect(await after).toBe(3n);
  expect((await all(table.read())).map(({ payload }) => text(payload))).toEqual(['3']);
});

test('a drop does not overtake it either, nor do later appends overtake the drop', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('1'));
  const work = [writeWithNew(wal, table), table.drop()];
  const after = table.append(bytes('3'));
  expect(await Promise.all(work)).toEqual([2n, undefined]);
  expect(await after).toBe(1n);
  expect((await all(table.read())).map(({ payload }) => text(payload))).toEqual(['3']);
});

test('the first append to a name, a trim and a drop of it and an append after that come in this order', async () => {
  const wal = await open();
  const table = wal.table('new');
  const first = table.append(bytes('1'));
  const trim = table.trim(ALL);
  const second = table.append(bytes('2'));
  const drop = table.drop();
  const third = table.append(bytes('3'));
  const trimAgain = table.trim(ALL);
  const fourth = table.append(bytes('4'));
  expect(await Promise.all([first, trim, second])).toEqual([1n, { first: 2n, last: 1n }, 2n]);
  await drop;
  expect(await Promise.all([third, trimAgain, fourth])).toEqual([1n, { first: 2n, last: 1n }, 2n]);
  expect((await all(table.read())).map(({ payload }) => text(payload))).toEqual(['4']);
});

test('close() completes a trim that waits behind the making of a name', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('1'));
  const naming = writeWithNew(wal, table);
  const trim = table.trim(ALL);
  await wal.close();
  expect(await naming).toBe(2n);
  expect(await trim).toEqual({ first: 3n, last: 2n });
});

/** Appends '2' to a table, together with what makes that wait for a name. Resolves with its sequence. */
async function writeWithNew(wal: Wal, table: Table): Promise<bigint> {
  const parts = [table, wal.table('new')].map((to) => ({ table: to, payloads: [bytes('2')] }));
  return (await wal.write(parts))[0]?.first ?? 0n;
}
