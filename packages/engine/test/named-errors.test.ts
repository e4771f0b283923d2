import type { WalError } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, bytes, open } from './support.js';

/** What a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<WalError> {
  return await promise.then(
    () => expect.fail('it must reject'),
    (error: unknown) => error as WalError,
  );
}

const NAMED = /table "orders" \(region 0, table \d+\)/;

test('errors about a table that was asked for by its name say the name', async () => {
  const wal = await open();
  const orders = wal.table('orders');
  await orders.appendBatch([bytes('a'), bytes('b'), bytes('c')]);
  await orders.trim(2n);

  const errors = {
    append: await errorOf(orders.append(bytes('x'), { expect: 9n })),
    batch: await errorOf(orders.appendBatch([bytes('x')], { expect: 9n })),
    trimmed: await errorOf(all(orders.read({ gte: 1n }, { strict: true }))),
    ahead: await errorOf(all(orders.read({ gte: 7n }, { strict: true }).chunks())),
  };
  expect(Object.fromEntries(Object.entries(errors).map(([key, { code }]) => [key, code]))).toEqual({
    append: 'SHALE_SEQUENCE_MISMATCH',
    batch: 'SHALE_SEQUENCE_MISMATCH',
    trimmed: 'SHALE_TRIMMED',
    ahead: 'SHALE_AHEAD',
  });
  for (const error of Object.values(errors)) {
    expect(error.tableName).toBe('orders');
    expect(error.table).toEqual(orders.id);
    expect(error.message).toMatch(NAMED);
    expect(error.stack).toContain(error.message);
  }
});

test('of a write over several tables, over one shard or two, the error names the one that it is about', async () => {
  const wal = await open();
  const names = ['a', 'b', 'c', 'orders'];
  for (const name of names) await wal.table(name).append(bytes('first'));
  const parts = names.map((name) => ({
    table: wal.table(name),
    payloads: [bytes('x')],
    expect: name === 'orders' ? 7n : 2n,
  }));
  for (const some of [parts, parts.slice(-2), parts.slice(1)]) {
    const error = await errorOf(wal.write(some));
    expect(error).toMatchObject({ code: 'SHALE_SEQUENCE_MISMATCH', tableName: 'orders' });
    expect(error.message).toMatch(NAMED);
  }
});

test('a read that is overtaken by a trim or a drop says the name', async () => {
  const wal = await open();
  const orders = wal.table('orders');
  for (const change of [() => orders.trim(10_000n), () => orders.drop()]) {
    await orders.appendBatch(Array.from({ length: 2000 }, () => new Uint8Array(100)));
    const read = orders.read({}, { chunkBytes: 4096 })[Symbol.asyncIterator]();
    await read.next();
    await change();
    const error = await errorOf(
      (async () => {
        while ((await read.next()).done !== true);
      })(),
    );
    expect(error).toMatchObject({ code: 'SHALE_TRIMMED', tableName: 'orders' });
    expect(error.message).toMatch(NAMED);
  }
});

test('a strict read of a name that does not exist says the name, and there is no id to say', async () => {
  const wal = await open();
  const error = await errorOf(all(wal.table('orders').read({ gte: 5n }, { strict: true })));
  expect(error).toMatchObject({ code: 'SHALE_AHEAD', tableName: 'orders' });
  expect(error.table).toBeUndefined();
  expect(error.message).toMatch(/beyond the end of table "orders"/);
});

test('errors about a table that was asked for by its id have no name', async () => {
  const wal = await open();
  const error = await errorOf(wal.table({ region: 1n, table: 2n }).append(bytes('x'), { expect: 9n }));
  expect(error.message).toContain('region 1, table 2');
  expect('tableName' in error).toBe(false);
});
