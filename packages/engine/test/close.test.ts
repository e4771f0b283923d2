import { openWal } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, endThread, open, rejectsWith, temporary } from './support.js';

test('close() is idempotent: the same promise at every time', async () => {
  const wal = await open();
  const first = wal.close();
  expect(wal.close()).toBe(first);
  expect(wal.state).toBe('closing');
  await first;
  expect(wal.close()).toBe(first);
  expect(wal.state).toBe('closed');
});

test('close() completes every append accepted before it, those that wait for room too', async () => {
  const path = await temporary();
  const wal = await open({
    path,
    maxInFlightBytes: 64 * 1024,
    maxQueuedBytes: 2 ** 20,
    frameBytes: 16 * 1024,
  });
  const table = wal.table({ region: 1, table: 1 });
  const named = wal.table('a name');
  const appends = Array.from({ length: 500 }, () => table.append(new Uint8Array(1000)));
  const naming = named.append(bytes('first'));
  expect(behind(wal).flow.waiting).toBeGreaterThan(0);
  const closing = wal.close();
  expect(await Promise.all(appends)).toHaveLength(500);
  expect(await naming).toBe(1n);
  await closing;
  const again = await open({ path });
  expect(await again.table({ region: 1, table: 1 }).lastSequence()).toBe(500n);
  expect(await again.table('a name').lastSequence()).toBe(1n);
});

test('close() completes every trim and drop accepted before it, wherever they have got to', async () => {
  const path = await temporary();
  const wal = await open({ path });
  const fixed = wal.table({ region: 1, table: 1 });
  const named = wal.table('a name');
  await Promise.all([fixed.appendBatch([bytes('a'), bytes('b')]), named.append(bytes('n'))]);
  const work = [fixed.trim(1n), named.drop(), wal.table('new').append(bytes('n')), fixed.trim(2n)];
  const dropping = wal.table('new').drop();
  await wal.close();
  expect(await Promise.all(work)).toEqual([{ first: 2n, last: 2n }, undefined, 1n, { first: 3n, last: 2n }]);
  await dropping;
  const again = await open({ path });
  expect((await all(again.tables())).map(({ name, first }) => [name, first])).toEqual([[undefined, 3n]]);
});

test('close() refuses new work of every kind with SHALE_CLOSED, while closing and afterwards', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  const named = wal.table('name');
  await table.append(bytes('a'));
  const refused = async () => {
    const calls = [
      table.append(bytes('x')),
      table.appendBatch([bytes('x')]),
      named.append(bytes('x')),
      wal.write([{ table, payloads: [bytes('x')] }]),
      wal.write([]),
      table.trim(1n),
      table.drop(),
      table.firstSequence(),
      table.lastSequence(),
      named.lastSequence(),
      all(table.read()),
      all(table.read().chunks()),
      all(wal.region(1).scan()),
      wal.region(1).open(),
      all(wal.tables()),
      all(wal.verify()),
      wal.ready(),
      wal.sync(),
      wal.stats(),
      wal.flush(),
      wal.compact(),
      wal.checkpoint('/nowhere'),
      wal.resume(),
    ];
    await Promise.all(calls.map((call) => rejectsWith('SHALE_CLOSED', call)));
  };
  const closing = wal.close();
  await refused();
  await closing;
  await refused();
});

test('reads and scans that run when the WAL is closed fail with SHALE_CLOSED, and keep failing', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(Array.from({ length: 5000 }, () => new Uint8Array(100)));
  const entries = table.read({}, { chunkBytes: 1024 })[Symbol.asyncIterator]();
  const chunks = table.read({}, { chunkBytes: 1024 }).chunks();
  const scan = wal.region(1).scan({ chunkBytes: 1024 });
  await Promise.all([entries.next(), chunks.next(), scan.next()]);
  // Long enough for the next chunk to be there: it is not handed out any more.
  await wal.stats();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const pending = chunks.next().then(() => chunks.next());
  const closing = wal.close();
  await rejectsWith('SHALE_CLOSED', entriesAt(entries, 20));
  await rejectsWith('SHALE_CLOSED', pending);
  for (const reading of [entries, chunks, scan]) {
    const drained = (async () => {
      for (;;) if ((await reading.next()).done === true) return;
    })();
    await rejectsWith('SHALE_CLOSED', drained);
    await rejectsWith('SHALE_CLOSED', reading.next());
  }
  await closing;
});

test('close() while everything is going on leaves nothing behind and nothing unsettled', async () => {
  const path = await temporary();
  for (let round = 0; round < 6; round++) {
    const wal = await openWal(path, { shards: 2, durability: 'os' });
    const table = wal.table({ region: 1, table: round });
    const work: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i++) work.push(table.append(new Uint8Array(100)));
    work.push(table.trim(10n), all(table.read()), all(wal.region(1).scan()), all(wal.tables()), wal.stats());
    work.push(
      wal.table(`name ${round}`).append(bytes('x')),
      wal.flush(),
      wal.region(1).open(),
      all(wal.verify()),
    );
    for (let i = 0; i < round; i++) await new Promise((resolve) => setImmediate(resolve));
    const closing = wal.close();
    const results = await Promise.allSettled(work);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'SHALE_CLOSED' });
    }
    await closing;
    expect(results.slice(0, 300).every(({ status }) => status === 'fulfilled')).toBe(true);
  }
  const wal = await open({ path });
  for (let round = 0; round < 6; round++) {
    expect(await wal.table({ region: 1, table: round }).lastSequence()).toBe(300n);
  }
});

test('close() right after a thread has died settles everything', async () => {
  const path = await temporary();
  for (let i = 0; i < 4; i++) {
    const wal = await open({ path, shards: 1 });
    const table = wal.table({ region: 1, table: 1 });
    const appends = Promise.allSettled(Array.from({ length: 100 }, () => table.append(bytes('x'))));
    for (let j = 0; j < i; j++) await new Promise((resolve) => setImmediate(resolve));
    const ended = endThread(wal, 0);
    await wal.close();
    await ended;
    for (const result of await appends) {
      if (result.status === 'rejected') expect(result.reason.code).toBe('SHALE_OUTCOME_UNKNOWN');
    }
  }
});

test('a WAL can be opened again as soon as it is closed', async () => {
  const path = await temporary();
  for (let i = 0; i < 5; i++) {
    const wal = await open({ path, shards: 1 + (i % 3) });
    expect(await wal.table({ region: 1, table: 1 }).append(bytes('x'))).toBe(BigInt(i + 1));
    await wal.close();
  }
});

test('await using closes the WAL', async () => {
  const path = await temporary();
  let kept: Awaited<ReturnType<typeof openWal>>;
  {
    await using wal = await open({ path });
    kept = wal;
    await wal.table({ region: 1, table: 1 }).append(bytes('x'));
  }
  expect(kept.state).toBe('closed');
});

/** Takes so many entries. */
async function entriesAt(entries: AsyncIterator<unknown>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await entries.next();
}
