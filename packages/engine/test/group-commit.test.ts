import { expect, test } from 'vitest';
import { all, apart, behind, bytes, open, rejectsWith, text } from './support.js';

test('appends of one tick to one shard share a frame, and each gets its own answer', async () => {
  const wal = await open({ shards: 1 });
  const a = wal.table({ region: 1, table: 1 });
  const b = wal.table({ region: 1, table: 2 });
  const results = await Promise.all([
    a.append(bytes('a1')),
    b.append(bytes('b1')),
    a.appendBatch([bytes('a2'), bytes('a3')]),
    b.append(bytes('no'), { expect: 7n }).catch((error) => error.code),
    a.appendBatch([]),
    b.append(bytes('b2')),
  ]);
  expect(results).toEqual([
    1n,
    1n,
    { first: 2n, last: 3n },
    'SHALE_SEQUENCE_MISMATCH',
    { first: 4n, last: 3n },
    2n,
  ]);
  expect(behind(wal).shard(0).counters.frames).toBe(1);
});

test('appends made by promises that settle together share the next frame', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const rounds = 10;
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      for (let i = 0; i < rounds; i++) await table.append(bytes('x'));
    }),
  );
  expect(await table.lastSequence()).toBe(1000n);
  expect(behind(wal).shard(0).counters.frames).toBeLessThanOrEqual(rounds * 2);
});

test('a frame is durable when any append in it wants to be, and only then', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  const { counters } = behind(wal).shard(0);
  await Promise.all([table.append(bytes('a')), table.append(bytes('b'))]);
  expect(counters.syncs).toBe(0);
  await Promise.all([table.append(bytes('c')), table.append(bytes('d'), { durability: 'sync' })]);
  expect(counters.syncs).toBe(1);
});

test('sequences come in the order of the appends, and promises settle in that order', async () => {
  const wal = await open({ shards: 2, frameBytes: 16 * 1024 });
  const table = wal.table({ region: 1, table: 1 });
  const settled: bigint[] = [];
  const payload = new Uint8Array(1000);
  await Promise.all(
    Array.from({ length: 500 }, (_, i) =>
      i % 3 === 0
        ? table.appendBatch([payload, payload]).then(({ first, last }) => settled.push(first, last))
        : table.append(payload).then((sequence) => settled.push(sequence)),
    ),
  );
  expect(settled).toEqual(settled.map((_, i) => BigInt(i + 1)));
  const { frames } = behind(wal).shard(table.shard ?? 0).counters;
  expect(frames).toBeGreaterThan(30);
});

test('a buffer may be used again as soon as append has returned', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  const buffer = new Uint8Array(8);
  const appends: Promise<unknown>[] = [];
  for (let i = 0; i < 1000; i++) {
    buffer.fill(i % 251);
    appends.push(i % 2 === 0 ? table.append(buffer) : table.appendBatch([buffer]));
    buffer.fill(255);
  }
  await Promise.all(appends);
  const entries = await all(table.read());
  expect(entries).toHaveLength(1000);
  for (const [i, { payload }] of entries.entries()) expect(payload).toEqual(new Uint8Array(8).fill(i % 251));
});

test('an append larger than a frame travels alone, between its neighbours', async () => {
  const wal = await open({ frameBytes: 16 * 1024, maxInFlightBytes: 64 * 1024 * 1024 });
  const table = wal.table({ region: 1, table: 1 });
  const big = new Uint8Array(3 * 1024 * 1024).fill(3);
  const many = Array.from({ length: 20_000 }, (_, i) => bytes(String(i)));
  const results = await Promise.all([
    table.append(bytes('before')),
    table.append(big),
    table.append(bytes('between')),
    table.appendBatch(many),
    table.append(bytes('after')),
  ]);
  expect(results).toEqual([1n, 2n, 3n, { first: 4n, last: 20_003n }, 20_004n]);
  const entries = await all(table.read());
  expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, i) => BigInt(i + 1)));
  // Not with toEqual, which takes a minute for so many bytes.
  expect(Buffer.compare(entries[1]?.payload ?? big.subarray(1), big)).toBe(0);
  expect(text(entries[20_002]?.payload ?? bytes(''))).toBe('19999');
});

test('recycled buffers never show what was in them before', async () => {
  const wal = await open({ shards: 1, frameBytes: 16 * 1024 });
  const table = wal.table({ region: 1, table: 1 });
  for (let round = 0; round < 50; round++) {
    const size = 1 + ((round * 7919) % 5000);
    await Promise.all([
      table.append(new Uint8Array(size).fill(round)),
      table.append(new Uint8Array(0)),
      table.appendBatch([new Uint8Array(3).fill(round), new Uint8Array(size).fill(round)]),
    ]);
  }
  let i = 0;
  for await (const { payload } of table.read()) {
    const round = Math.floor(i / 4);
    const size = [1 + ((round * 7919) % 5000), 0, 3, 1 + ((round * 7919) % 5000)][i % 4] ?? -1;
    expect(Buffer.compare(payload, new Uint8Array(size).fill(round))).toBe(0);
    i++;
  }
  expect(i).toBe(200);
});

test('two Table objects of the same ids are one table', async () => {
  const wal = await open();
  const one = wal.table({ region: 1, table: 5 });
  const other = wal.table({ region: 1n, table: 5n });
  expect(
    await Promise.all([one.append(bytes('a')), other.append(bytes('b')), one.append(bytes('c'))]),
  ).toEqual([1n, 2n, 3n]);
});

test('a write over tables of one shard is atomic and gives one result per part', async () => {
  const wal = await open();
  const { here, alsoHere } = apart(wal);
  const a = wal.table({ region: 1, table: here });
  const b = wal.table({ region: 1, table: alsoHere });
  const results = await wal.write([
    { table: a, payloads: [bytes('1'), bytes('2')] },
    { table: b, payloads: [bytes('3')] },
    { table: a, payloads: [] },
  ]);
  expect(results).toEqual([
    { first: 1n, last: 2n },
    { first: 1n, last: 1n },
    { first: 3n, last: 2n },
  ]);
  await rejectsWith(
    'SHALE_SEQUENCE_MISMATCH',
    wal.write([
      { table: a, payloads: [bytes('x')] },
      { table: b, payloads: [bytes('y')], expect: 9n },
    ]),
  );
  expect([await a.lastSequence(), await b.lastSequence()]).toEqual([2n, 1n]);
  expect(await wal.write([])).toEqual([]);
});

test("with shardBy: 'region' any tables of a region can be written together", async () => {
  const wal = await open({ shards: 4, shardBy: 'region' });
  const parts = Array.from({ length: 50 }, (_, table) => ({
    table: wal.table({ region: 9, table }),
    payloads: [bytes(String(table))],
  }));
  const results = await wal.write(parts);
  expect(results).toEqual(parts.map(() => ({ first: 1n, last: 1n })));
});

test('expect lets a writer append once and only once', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  expect(await table.append(bytes('a'), { expect: 1n })).toBe(1n);
  const again = table.append(bytes('a'), { expect: 1n });
  await expect(again).rejects.toMatchObject({
    code: 'SHALE_SEQUENCE_MISMATCH',
    details: { expected: 1n, actual: 2n },
    table: { region: 1n, table: 1n },
  });
  expect(await table.lastSequence()).toBe(1n);
});

test('sync() covers what was appended before it with durability os', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  let settled = 0;
  for (let i = 0; i < 200; i++) void table.append(bytes('x')).then(() => settled++);
  await wal.sync();
  expect(settled).toBe(200);
});
