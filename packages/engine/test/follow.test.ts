import { jsonCodec } from '@shale/codec';
import type { Entry, Follow, FollowChunk, FollowOptions, Table } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, apart, behind, bytes, endThread, open, rejectsWith, text } from './support.js';

const id = { region: 1, table: 1 };

/** The next `count` items. */
async function take<T>(items: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await items.next();
    if (done === true) throw new Error(`it ended after ${taken.length} of ${count}`);
    taken.push(value);
  }
  return taken;
}

function iterate<T, E extends Entry<T>>(follow: Follow<T, E>): AsyncIterator<E> {
  return follow[Symbol.asyncIterator]();
}

function sequences(entries: readonly { readonly sequence: bigint }[]): number[] {
  return entries.map(({ sequence }) => Number(sequence));
}

function upTo(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

async function fill(table: Table, count: number, durability: 'sync' | 'os' = 'os'): Promise<void> {
  await table.appendBatch(
    Array.from({ length: count }, (_, i) => bytes(String(i))),
    { durability },
  );
}

const SEEN_AT_ONCE: FollowOptions = { visibility: 'acknowledged' };

test.each(['durable', 'acknowledged'] as const)(
  'a follow gives what is there and then what is appended, once each (%s)',
  async (visibility) => {
    const wal = await open();
    const table = wal.table(id);
    await fill(table, 50);
    const items = iterate(table.follow({ visibility, chunkEntries: 7 }));
    expect(sequences(await take(items, 20))).toEqual(upTo(20));
    for (let round = 0; round < 20; round++) {
      await Promise.all([table.append(bytes('a')), table.append(bytes('b')), fill(table, 3)]);
      expect(sequences(await take(items, 5))).toEqual(upTo(5, 21 + round * 5));
    }
    await items.return?.();
    expect(await items.next()).toEqual({ done: true, value: undefined });
  },
);

test('a follower that waits gets an entry without anything else being appended', async () => {
  const wal = await open();
  const table = wal.table(id);
  for (const durability of ['sync', 'os'] as const) {
    const items = iterate(table.follow({ from: 'end' }));
    const next = items.next();
    await table.append(bytes(durability), { durability });
    expect(text((await next).value?.payload ?? bytes(''))).toBe(durability);
    await items.return?.();
  }
});

test('payloads come through the codec of the table', async () => {
  const wal = await open();
  const table = wal.table(id, { codec: jsonCodec<{ n: number }>() });
  const items = iterate(table.follow());
  await table.append({ n: 1 });
  expect((await items.next()).value?.payload).toEqual({ n: 1 });
});

test('from the end comes what is appended after ready, and nothing from before', async () => {
  const wal = await open();
  const table = wal.table(id);
  await fill(table, 10);
  const follow = table.follow({ from: 'end' });
  await follow.ready;
  await fill(table, 2);
  expect(sequences(await take(iterate(follow), 2))).toEqual([11, 12]);
});

test('behind a position come the entries after it; one beyond the end is refused', async () => {
  const wal = await open();
  const table = wal.table(id);
  await fill(table, 10);
  expect(sequences(await take(iterate(table.follow({ from: { after: 7n } })), 3))).toEqual([8, 9, 10]);
  const atEnd = iterate(table.follow({ from: { after: 10 } }));
  const next = atEnd.next();
  await fill(table, 1);
  expect((await next).value?.sequence).toBe(11n);
  const ahead = table.follow({ from: { after: 12n } });
  await rejectsWith('SHALE_AHEAD', ahead.ready);
  await rejectsWith('SHALE_AHEAD', iterate(ahead).next());
  const unknown = wal.table({ region: 1, table: 99 });
  await rejectsWith('SHALE_AHEAD', unknown.follow({ from: { after: 1n } }).ready);
  await unknown.follow({ from: { after: 0n } }).ready;
});

test('entries that are not on stable storage are seen by acknowledged follows alone, until something is synced', async () => {
  const wal = await open();
  const { here, there } = apart(wal);
  const table = wal.table({ region: 1n, table: here });
  await fill(table, 3, 'sync');
  const follow = table.follow({ syncWithinMs: 0 });
  await follow.ready;
  const durable = iterate(follow);
  const acknowledged = iterate(table.follow(SEEN_AT_ONCE));
  await fill(table, 2, 'os');
  expect(sequences(await take(acknowledged, 5))).toEqual(upTo(5));
  expect(sequences(await take(durable, 3))).toEqual(upTo(3));
  let isSeen = false;
  const next = durable.next().then((result) => {
    isSeen = true;
    return result;
  });
  await table.lastSequence();
  await wal.table({ region: 1n, table: there }).append(bytes('other'), { durability: 'os' });
  expect(isSeen).toBe(false);
  // That a follow begins is no sync.
  await wal.table({ region: 9, table: 9 }).follow().ready;
  // What it could see by mistake, it would have fetched meanwhile, as these do.
  for (let i = 0; i < 5; i++) expect(await all(table.read())).toHaveLength(5);
  expect(isSeen).toBe(false);
  // A sync of another shard is enough.
  await wal.table({ region: 1n, table: there }).append(bytes('other'), { durability: 'sync' });
  expect((await next).value?.sequence).toBe(4n);
  await take(durable, 1);
  const last = durable.next();
  await fill(table, 1, 'os');
  await wal.sync();
  expect((await last).value?.sequence).toBe(6n);
});

test('a follow that begins with entries that are not on stable storage gets them there', async () => {
  const wal = await open();
  const { here, there } = apart(wal);
  await fill(wal.table({ region: 1n, table: here }), 3, 'os');
  await fill(wal.table({ region: 1n, table: there }), 2, 'os');
  await take(iterate(wal.table({ region: 1n, table: here }).follow({ syncWithinMs: 0 })), 3);
  await fill(wal.table({ region: 1n, table: there }), 1, 'os');
  await take(iterate(wal.follow({ syncWithinMs: 0 })), 6);
});

test('a table that is written to all the time without a sync gets on', async () => {
  const wal = await open();
  const table = wal.table(id);
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) await fill(table, 10, 'os');
  })();
  const items = iterate(table.follow({ syncWithinMs: 1 }));
  expect(sequences(await take(items, 500))).toEqual(upTo(500));
  isWriting = false;
  await writing;
});

test('a table and a name that do not exist yet are followed, and so is a name that is made again', async () => {
  const wal = await open();
  const byId = iterate(wal.table(id).follow());
  const named = wal.table('orders');
  const follow = named.follow({ onTrimmed: 'skip' });
  await follow.ready;
  const chunks = follow.chunks();
  const first = [byId.next(), chunks.next()] as const;
  await wal.table(id).append(bytes('a'));
  await wal.table('orders').append(bytes('b'));
  expect((await first[0]).value?.sequence).toBe(1n);
  const chunk = (await first[1]).value;
  expect(chunk).toMatchObject({ name: 'orders', length: 1, first: 1n, gap: null });
  await named.drop();
  await named.append(bytes('c'));
  const [gap, again] = await take(chunks, 2);
  expect(gap).toMatchObject({ length: 0, gap: { expected: 2n, first: 1n }, last: 0n });
  expect(again).toMatchObject({ name: 'orders', length: 1, first: 1n });
  expect(again?.table).not.toEqual(chunk?.table);
});

test('an entry larger than a chunk comes in one of its own', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.appendBatch([bytes('a'), new Uint8Array(300_000), bytes('b')]);
  const entries = await take(iterate(table.follow({ chunkBytes: 1024 })), 3);
  expect(entries.map(({ payload }) => payload.length)).toEqual([1, 300_000, 1]);
});

test('closing the WAL ends a follow, which fails never', async () => {
  const wal = await open();
  const table = wal.table(id);
  await fill(table, 3);
  const waiting = iterate(table.follow({ from: 'end' }));
  const everything = wal.follow();
  const items = iterate(everything);
  await take(items, 3);
  const next = [waiting.next(), items.next()];
  await wal.close();
  expect(await Promise.all(next)).toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
  expect(() => table.follow()).toThrow(expect.objectContaining({ code: 'SHALE_CLOSED' }));
});

test('a signal ends a follow with its reason, and one that was never ready, too', async () => {
  const wal = await open();
  const table = wal.table(id);
  const controller = new AbortController();
  const items = iterate(table.follow({ signal: controller.signal }));
  const next = items.next();
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(next).rejects.toBe(reason);
  await expect(items.next()).rejects.toBe(reason);
  const late = table.follow({ signal: controller.signal });
  await expect(late.ready).rejects.toBe(reason);
  await expect(iterate(late).next()).rejects.toBe(reason);
});

test('a follow that was left is gone, and a second iteration is refused', async () => {
  const wal = await open();
  const table = wal.table(id);
  await fill(table, 10);
  for await (const { sequence } of table.follow()) if (sequence === 4n) break;
  {
    await using follow = table.follow();
    await take(iterate(follow), 1);
    expect(behind(wal).follows.size).toBe(1);
    expect(() => follow.chunks()).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
  }
  const many = wal.follow();
  await many.ready;
  await many[Symbol.asyncDispose]();
  expect(behind(wal).follows.size).toBe(0);
  expect(behind(wal).follows.isWatching).toBe(false);
  expect(behind(wal).reads.size).toBe(0);
});

test('options that make no sense are refused', async () => {
  const wal = await open();
  const table = wal.table(id);
  const wrong: readonly object[] = [
    { from: 'middle' },
    { from: { after: -1n } },
    { from: { before: 1n } },
    { visibility: 'all' },
    { syncWithinMs: 1.5 },
    { onTrimmed: 'ignore' },
    { chunkBytes: 1 },
    { form: 'start' },
  ];
  for (const options of wrong) {
    expect(() => table.follow(options)).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
  }
  expect(() => wal.follow({ from: { after: 1n } } as object)).toThrow(
    expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }),
  );
});

test('a read-only WAL, which sees nothing new, cannot be followed', async () => {
  const wal = await open();
  await fill(wal.table(id), 1, 'sync');
  const { path } = wal;
  await wal.close();
  const readOnly = await open({ path, readOnly: true });
  for (const follow of [
    () => readOnly.table(id).follow(),
    () => readOnly.region(1).follow(),
    () => readOnly.follow(),
  ]) {
    expect(follow).toThrow(expect.objectContaining({ code: 'SHALE_READ_ONLY' }));
  }
});

/** Entries of many tables: how far each has come, which must be dense. */
class Seen {
  readonly #last = new Map<string, bigint>();

  add(chunk: FollowChunk): void {
    const key = `${chunk.table.region}/${chunk.table.table}`;
    const last = this.#last.get(key);
    if (last !== undefined) expect(chunk.first).toBe(last + 1n);
    this.#last.set(key, chunk.last);
  }

  at(region: number, table: number | bigint): bigint | undefined {
    return this.#last.get(`${region}/${table}`);
  }

  get size(): number {
    return this.#last.size;
  }
}

test('a follow of everything has every table, those that come later included; one of a region has its own', async () => {
  const wal = await open();
  const tables = upTo(40);
  await Promise.all(tables.map((table) => fill(wal.table({ region: table % 2, table }), 5)));
  const everything = wal.follow();
  const region = wal.region(1).follow({ from: 'end' });
  const named = wal.table('late');
  // Some while the follow begins, some later.
  const during = Promise.all(upTo(20, 41).map((table) => fill(wal.table({ region: 1, table }), 5)));
  await Promise.all([everything.ready, region.ready, during]);
  await Promise.all(upTo(10, 1).map((table) => fill(wal.table({ region: table % 2, table }), 1)));
  await Promise.all(upTo(20, 61).map((table) => fill(wal.table({ region: 1, table }), 2)));
  await fill(named, 3);
  const seen = new Seen();
  let entries = 0;
  for await (const chunk of everything.chunks()) {
    seen.add(chunk);
    entries += chunk.length;
    if (entries === 40 * 5 + 20 * 5 + 10 + 20 * 2 + 3) break;
  }
  expect(seen.size).toBe(81);
  for (const table of tables) expect(seen.at(table % 2, table)).toBe(table <= 10 ? 6n : 5n);
  expect(seen.at(0, named.id?.table ?? 0n)).toBe(3n);
  const ofRegion = await take(iterate(region), 5 + 20 * 2);
  for (const { table, sequence } of ofRegion) {
    expect(table.region).toBe(1n);
    if (table.table <= 10n) expect(sequence).toBe(6n);
  }
  expect(new Set(ofRegion.map(({ table }) => table.table)).size).toBeGreaterThanOrEqual(25);
});

test('an entry of a follow of everything can be shown as JSON', async () => {
  const wal = await open();
  await wal.table(id).append(bytes('hello'));
  const [entry] = await take(iterate(wal.follow()), 1);
  expect(JSON.parse(JSON.stringify(entry))).toEqual({
    region: '1',
    table: '1',
    sequence: '1',
    payload: Buffer.from('hello').toString('base64'),
  });
});

test('what is trimmed before it comes is a failure, or a gap that tells where it goes on', async () => {
  const wal = await open();
  const table = wal.table(id);
  await fill(table, 100, 'sync');
  const failing = table.follow({ chunkEntries: 5 }).chunks();
  const skipping = table.follow({ chunkEntries: 5, onTrimmed: 'skip' }).chunks();
  await take(skipping, 1);
  await take(failing, 1);
  await table.trim(60n);
  const chunks = [...(await take(skipping, 3))];
  const at = chunks.findIndex(({ gap }) => gap !== null);
  expect(at).toBeGreaterThanOrEqual(0);
  const before = at === 0 ? 5n : (chunks[at - 1]?.last ?? 0n);
  expect(chunks[at]).toMatchObject({
    length: 0,
    gap: { expected: before + 1n, first: 61n },
    first: 61n,
    last: 60n,
  });
  const rest = at + 1 < chunks.length ? chunks[at + 1] : (await skipping.next()).value;
  expect(rest?.first).toBe(61n);
  const failure = (async () => {
    for (;;) await take(failing, 1);
  })();
  await expect(failure).rejects.toMatchObject({ code: 'SHALE_TRIMMED', details: { first: 61n } });
});

test('a table that is trimmed empty before a follower comes there tells so at once', async () => {
  const wal = await open();
  const table = wal.table(id);
  await fill(table, 100, 'sync');
  await table.trim(100n);
  const chunks = table.follow({ from: { after: 10n }, onTrimmed: 'skip' }).chunks();
  expect((await chunks.next()).value).toMatchObject({
    length: 0,
    gap: { expected: 11n, first: 101n },
    last: 100n,
  });
  await rejectsWith('SHALE_TRIMMED', table.follow({ from: { after: 10n } }).ready);
  await fill(table, 1);
  expect((await chunks.next()).value).toMatchObject({ length: 1, first: 101n, gap: null });
});

test('a table that is dropped with entries that had not come tells so, and then begins at 1', async () => {
  const wal = await open();
  const table = wal.table(id);
  await fill(table, 100, 'sync');
  for (const follow of [
    table.follow({ from: { after: 50n }, onTrimmed: 'skip' }),
    wal.follow({ onTrimmed: 'skip' }),
  ]) {
    await follow.ready;
    const chunks = follow.chunks();
    await table.drop();
    const [gap] = await take(chunks, 1);
    expect(gap?.gap?.first).toBe(0n);
    expect(gap).toMatchObject({ length: 0, last: 0n });
    await fill(table, 100, 'sync');
    expect((await chunks.next()).value).toMatchObject({ length: 100, first: 1n, gap: null });
    await chunks.return?.();
  }
  const failing = table.follow();
  await failing.ready;
  await table.drop();
  await expect(iterate(failing).next()).rejects.toMatchObject({
    code: 'SHALE_TRIMMED',
    details: { first: 0n },
  });
});

test('a table that is dropped when all of it has come is no failure, until it begins again', async () => {
  const wal = await open();
  const table = wal.table(id);
  const other = wal.table({ region: 1, table: 2 });
  await fill(table, 3, 'sync');
  const items = iterate(wal.follow());
  await take(items, 3);
  await table.drop();
  await fill(other, 1);
  expect((await items.next()).value).toMatchObject({ sequence: 1n, table: { table: 2n } });
  await fill(table, 1);
  await expect(items.next()).rejects.toMatchObject({
    code: 'SHALE_TRIMMED',
    details: { expected: 4n, first: 1n },
  });
});

test('a thread that dies is not noticed, and what it had written before it died comes', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(id);
  const items = iterate(table.follow());
  const everything = iterate(wal.follow());
  let known = 0;
  for (let round = 0; round < 5; round++) {
    const appends = Promise.allSettled(Array.from({ length: 3000 }, () => table.append(new Uint8Array(500))));
    await new Promise((resolve) => setImmediate(resolve));
    await endThread(wal, 0);
    await appends;
    const last = Number(await table.lastSequence());
    // Nothing is appended after it: it is told all the same.
    expect(sequences(await take(items, last - known))).toEqual(upTo(last - known, known + 1));
    expect(sequences(await take(everything, last - known))).toEqual(upTo(last - known, known + 1));
    known = last;
  }
  expect(behind(wal).shard(0).counters.restarts).toBe(5);
});

test('the entries of a frame whose thread died after it had written them come without anything after them', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(id);
  const follows = [table.follow(), wal.follow(), wal.region(1).follow()] as const;
  await Promise.all(follows.map(({ ready }) => ready));
  const next = follows.map((follow) => follow.chunks().next());
  const { thread } = behind(wal).shard(0);
  if (thread === null) throw new Error('the shard has no thread');
  const run = thread.run.bind(thread);
  // The answer gets lost with the thread.
  thread.run = async (task, transfer) => {
    const answer = await run(task, transfer);
    if (task.kind !== 'append') return answer;
    await endThread(wal, 0);
    throw new Error('the thread died');
  };
  await rejectsWith('SHALE_OUTCOME_UNKNOWN', table.append(bytes('in')));
  for (const { value } of await Promise.all(next)) expect(value).toMatchObject({ length: 1, first: 1n });
});

test('an atomic write over shards comes, also when a thread dies under it', async () => {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  const a = wal.table({ region: 1n, table: here });
  const b = wal.table({ region: 1n, table: there });
  const follows = [a, b].map((table) => iterate(table.follow()));
  for (let round = 0; round < 3; round++) {
    const writes = Array.from({ length: 20 }, () =>
      wal.write([
        { table: a, payloads: [bytes('a')] },
        { table: b, payloads: [bytes('b')] },
      ]),
    );
    const results = Promise.allSettled(writes);
    await new Promise((resolve) => setImmediate(resolve));
    if (round > 0) await endThread(wal, round - 1);
    await results;
  }
  for (const [i, table] of [a, b].entries()) {
    const last = Number(await table.lastSequence());
    expect(sequences(await take(follows[i] ?? iterate(a.follow()), last))).toEqual(upTo(last));
  }
});

test('resume() is not noticed', async () => {
  const wal = await open();
  const table = wal.table(id);
  const items = iterate(table.follow());
  await fill(table, 3);
  await take(items, 2);
  await wal.resume();
  await fill(table, 2);
  expect(sequences(await take(items, 3))).toEqual([3, 4, 5]);
});

test('follows that stand still hold no memory that reads share, and go on where they were', async () => {
  const wal = await open({ maxReadBytes: 4 * 1024 * 1024 });
  const table = wal.table(id);
  await table.appendBatch(Array.from({ length: 2000 }, () => new Uint8Array(4096)));
  const follows = Array.from({ length: 20 }, () => iterate(table.follow()));
  for (const items of follows) await take(items, 10);
  const { readMemory } = behind(wal);
  expect(readMemory.bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
  while (readMemory.bytes > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const items of follows) expect(sequences(await take(items, 1990))).toEqual(upTo(1990, 11));
});

test('sequences without entries are a gap, or a failure where that is asked for', async () => {
  const wal = await open();
  const { path } = wal;
  const other = wal.table({ region: 2, table: 1 });
  await fill(wal.table(id), 3, 'sync');
  // Its record is that of the same table of all regions: after the next opening they go on behind it.
  await fill(other, 50, 'sync');
  await other.trim(50n);
  await wal.close();
  const again = await open({ path });
  const table = again.table(id);
  expect(await table.append(bytes('behind'))).toBe(51n);
  const chunks = table.follow().chunks();
  expect(await take(chunks, 3)).toMatchObject([
    { first: 1n, last: 3n },
    { length: 0, gap: { expected: 4n, first: 51n } },
    { first: 51n, last: 51n },
  ]);
  const strict = iterate(table.follow({ strict: true }));
  await take(strict, 3);
  await expect(strict.next()).rejects.toMatchObject({
    code: 'SHALE_HOLE',
    details: { expected: 4n, first: 51n },
  });
});

test('a table that is dropped twice before a follower comes to the entries in between tells what is missing', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(id);
  await fill(table, 3, 'sync');
  const chunks = table.follow({ onTrimmed: 'skip' }).chunks();
  await take(chunks, 1);
  const next = chunks.next();
  await table.drop();
  await table.lastSequence();
  // All of the first table had come: nothing is to be told yet.
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([fill(table, 2, 'sync'), table.drop()]);
  expect((await next).value).toMatchObject({ length: 0, gap: { expected: 4n, first: 0n } });
  await fill(table, 1);
  expect((await chunks.next()).value).toMatchObject({ length: 1, first: 1n });
});
