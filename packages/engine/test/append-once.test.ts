import { expect, test } from 'vitest';
import { failFrames } from './failing-frames.js';
import { all, apart, behind, bytes, endThread, failureOf, open, rejectsWith, text } from './support.js';

const ID = { region: 1n, table: 1n };

test('an append with an id is in once, however often it is made: one by one, at once, and as a batch', async () => {
  const wal = await open();
  const table = wal.table('orders');
  expect(await table.append(bytes('a'), { id: 'one' })).toBe(1n);
  expect(await table.append(bytes('b'))).toBe(2n);
  expect(await table.append(bytes('other'), { id: bytes('one'), expect: 7n })).toBe(1n);
  const atOnce = Array.from({ length: 50 }, () => table.append(bytes('c'), { id: 'two', durability: 'os' }));
  expect(new Set(await Promise.all(atOnce))).toEqual(new Set([3n]));
  const batch = [bytes('d'), bytes('e'), bytes('f')];
  expect(await table.appendBatch(batch, { id: 'three' })).toEqual({ first: 4n, last: 6n });
  expect(await table.appendBatch([bytes('x')], { id: 'three' })).toEqual({ first: 4n, last: 6n });
  expect(await table.append(bytes('x'), { id: 'three' })).toBe(4n);
  const entries = await all(table.read());
  expect(entries.map(({ payload }) => text(payload)).join('')).toBe('abcdef');
  // Of its table alone.
  expect(await wal.table('others').append(bytes('a'), { id: 'one' })).toBe(1n);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('an id that is none is refused, and so is a batch without entries, and nothing is written', async () => {
  const wal = await open();
  const table = wal.table(ID);
  for (const id of ['', 'x'.repeat(256), '\udc00', 7, {}, new Uint8Array(300)]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', table.append(bytes('a'), { id: id as string }));
    await rejectsWith('SHALE_INVALID_ARGUMENT', table.appendBatch([bytes('a')], { id: id as string }));
  }
  await rejectsWith('SHALE_INVALID_ARGUMENT', table.appendBatch([], { id: 'x' }));
  const part = { table, payloads: [bytes('a')], id: 'x' };
  await rejectsWith('SHALE_INVALID_ARGUMENT', wal.write([part]));
  const idWindow = { entries: 0 };
  await rejectsWith('SHALE_INVALID_ARGUMENT', open({ idWindow }));
  await rejectsWith('SHALE_INVALID_ARGUMENT', open({ idWindow: { ageMs: 1.5 } }));
  expect(await table.lastSequence()).toBe(0n);
});

test('what has an unknown outcome is in once when it is repeated, whichever thread dies', async () => {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  const tables = [here, there].map((table) => wal.table({ region: 1n, table }));
  let unknown = 0;
  let done = 0;
  const producer = async (n: number): Promise<void> => {
    for (let i = 0; i < 20; i++) {
      const table = tables[(n + i) % 2];
      const id = `${n}/${i}`;
      for (;;) {
        try {
          await table?.append(bytes(id), { id, durability: 'os' });
          // What the others have under way is lost.
          if (++done % 40 === 0) {
            const repeated = table?.append(bytes(id), { id, durability: 'os' });
            await Promise.all([repeated, endThread(wal, table?.shard ?? 0)]);
          }
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: 'SHALE_OUTCOME_UNKNOWN' });
          unknown++;
        }
      }
    }
  };
  let isOver = false;
  const joint = async (): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      const parts = tables.map((table) => ({ table, payloads: [bytes(`joint ${i}`)] }));
      await wal.write(parts, { durability: 'os' }).catch(() => {});
    }
  };
  const others = joint();
  await Promise.all(Array.from({ length: 20 }, (_, n) => producer(n)));
  isOver = true;
  await others;
  expect(unknown).toBeGreaterThan(0);
  const found = (await Promise.all(tables.map((table) => all(table.read())))).flat();
  const ids = found.map(({ payload }) => text(payload)).filter((id) => !id.startsWith('joint'));
  expect(ids).toHaveLength(400);
  expect(new Set(ids)).toHaveProperty('size', 400);
});

test('the error of an unknown outcome says that the same id may be used again', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(ID);
  await table.append(bytes('a'));
  const append = table.append(bytes('b'), { id: 'b' });
  const failed = failureOf(append);
  await new Promise((resolve) => setImmediate(resolve));
  await endThread(wal, 0);
  const error = await Promise.race([failed, append.then(() => null)]).catch((reason: unknown) => reason);
  if (error !== null) expect(String(error)).toContain('append again with the same id');
  expect(await table.append(bytes('b'), { id: 'b' })).toBe(2n);
  expect(await table.lastSequence()).toBe(2n);
});

test('ids are known after resume(), after an opening with other shards, and for as long as the window says', async () => {
  const wal = await open({ shards: 1, idWindow: { entries: 10 } });
  const { path } = wal;
  const table = wal.table(ID);
  await table.append(bytes('a'), { id: 'a' });
  const heal = failFrames(wal, 0, 'SHALE_NO_SPACE');
  await rejectsWith('SHALE_NO_SPACE', table.append(bytes('b'), { id: 'b' }));
  heal();
  await wal.resume();
  expect(await table.append(bytes('b'), { id: 'b' })).toBe(2n);
  expect(await table.append(bytes('a'), { id: 'a' })).toBe(1n);
  await wal.close();
  const again = await open({ path, shards: 4, idWindow: { entries: 10 } });
  const same = again.table(ID);
  expect(await same.append(bytes('b'), { id: 'b' })).toBe(2n);
  await same.appendBatch(Array.from({ length: 9 }, () => bytes('-')));
  expect(await same.append(bytes('b'), { id: 'b' })).toBe(2n);
  await same.append(bytes('-'));
  expect(await same.append(bytes('b'), { id: 'b' })).toBe(13n);
});

test('a name that is dropped and made again knows no ids of before', async () => {
  const wal = await open();
  const table = wal.table('t');
  await table.append(bytes('a'), { id: 'a' });
  await table.drop();
  expect(await table.append(bytes('a'), { id: 'a' })).toBe(1n);
  expect(await all(table.read())).toHaveLength(1);
});

test('a follower gets each entry once, whatever is repeated beside it, however the repeats differ', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(ID);
  const follow = table.follow({ visibility: 'acknowledged' });
  await follow.ready;
  const entries = follow[Symbol.asyncIterator]();
  await table.append(bytes('0'), { id: '0' });
  for (let i = 1; i <= 20; i++) {
    // In one frame: what is new, and repeats of what is old, that claim to be longer.
    const longer = Array.from({ length: 30 }, () => bytes('x'));
    await Promise.all([
      table.append(bytes(String(i)), { id: String(i) }),
      table.appendBatch(longer, { id: String(i - 1) }),
      table.append(bytes(String(i)), { id: String(i) }),
      table.appendBatch(longer, { id: String(i) }),
    ]);
  }
  for (let i = 0; i <= 20; i++) {
    const { value } = await entries.next();
    expect([value?.sequence, text(value?.payload ?? bytes(''))]).toEqual([BigInt(i + 1), String(i)]);
  }
  await follow[Symbol.asyncDispose]();
});

test('appends with ids wait for room and are copied as others are', async () => {
  const wal = await open({ shards: 1, maxInFlightBytes: 64 * 1024, maxQueuedBytes: 2 ** 20 });
  const table = wal.table(ID);
  const payload = new Uint8Array(20_000);
  const appends = Array.from({ length: 12 }, (_, i) => {
    payload.fill(i);
    return table.append(payload, { id: `${i % 6}` });
  });
  payload.fill(99);
  expect(await Promise.all(appends)).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 1n, 2n, 3n, 4n, 5n, 6n]);
  const found = await all(table.read());
  expect(found.map(({ payload: bytesOf }) => bytesOf[19_999])).toEqual([0, 1, 2, 3, 4, 5]);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});
