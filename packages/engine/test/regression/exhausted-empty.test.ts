/*
 * What went wrong: an empty batch to a table that had no sequences left was said to have last = 2^64 - 2, because the
 * next sequence, from which that was reckoned, does not fit into 64 bits.
 */
import { U64_MAX } from '@shale/codec';
import { expect, test } from 'vitest';
import { behind, bytes, open, rejectsWith } from '../support.js';

test('an empty batch tells the last sequence of a table that has none left', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  // A table with so many entries is not made by appending them.
  const shard = behind(wal).shard(0);
  const incarnation = await shard.request<'incarnation'>({ kind: 'incarnation' }, 'fail');
  const heads = BigUint64Array.of(1n, 1n, U64_MAX);
  await shard.request<'install'>(
    {
      kind: 'install',
      region: 1n,
      heads,
      floors: new BigUint64Array(0),
      incarnation,
      since: behind(wal).log.dropCount(),
    },
    'fail',
  );
  expect(await table.appendBatch([])).toEqual({ first: U64_MAX + 1n, last: U64_MAX });
  expect(await table.lastSequence()).toBe(U64_MAX);
  await rejectsWith('SHALE_SEQUENCE_EXHAUSTED', table.append(bytes('x')));
  const other = wal.table({ region: 1, table: 2 });
  expect(await other.appendBatch([])).toEqual({ first: 1n, last: 0n });
  expect(
    await wal.write([
      { table, payloads: [] },
      { table: other, payloads: [bytes('a'), bytes('b')] },
    ]),
  ).toEqual([
    { first: U64_MAX + 1n, last: U64_MAX },
    { first: 1n, last: 2n },
  ]);
});
