import { expect, test } from 'vitest';
import { all, apart, behind, bytes, endThread, open, rejectsWith, text } from './support.js';

/** Lets what was appended be sent. */
function sent(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('appends under way when the thread dies have an unknown outcome, later ones go to a new thread', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('before'));
  const underWay = Promise.allSettled(Array.from({ length: 2000 }, () => table.append(new Uint8Array(1000))));
  await sent();
  const ended = endThread(wal, 0);
  const kept = table.append(bytes('kept'));
  await ended;
  const results = await underWay;
  const unknown = results.filter(
    (result) => result.status === 'rejected' && result.reason.code === 'SHALE_OUTCOME_UNKNOWN',
  );
  expect(unknown.length).toBeGreaterThan(0);
  // Two frames can be with a thread; what had not been sent yet waits for the next one.
  expect(unknown.length).toBeLessThanOrEqual(2 * Math.ceil((512 * 1024) / 1000));
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(unknown.length);
  const sequence = await kept;
  const entries = await all(table.read());
  expect(entries.map((entry) => entry.sequence)).toEqual(entries.map((_, i) => BigInt(i + 1)));
  expect(text(entries[Number(sequence) - 1]?.payload ?? bytes(''))).toBe('kept');
  expect(behind(wal).shard(0).counters.restarts).toBe(1);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('a thread that dies while idle is replaced', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('a'));
  await endThread(wal, 0);
  expect(await table.append(bytes('b'))).toBe(2n);
  expect(await table.lastSequence()).toBe(2n);
});

test('the other shards do not notice', async () => {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  const a = wal.table({ region: 1, table: here });
  const b = wal.table({ region: 1, table: there });
  await Promise.all([a.append(bytes('a')), b.append(bytes('b'))]);
  const ended = endThread(wal, a.shard ?? 0);
  for (let i = 0; i < 20; i++) expect(await b.append(bytes('b'))).toBe(BigInt(i + 2));
  await ended;
  expect(behind(wal).shard(b.shard ?? 0).counters.restarts).toBe(0);
});

test('no sequence is given out twice after a trim of everything and a dead thread', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch([bytes('a'), bytes('b'), bytes('c')]);
  expect(await table.trim(3n)).toEqual({ first: 4n, last: 3n });
  await endThread(wal, 0);
  expect(await table.append(bytes('d'))).toBe(4n);
});

test('a read goes on when the thread dies under it', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(Array.from({ length: 3000 }, (_, i) => bytes(String(i))));
  let count = 0;
  for await (const { sequence, payload } of table.read({}, { chunkEntries: 100 })) {
    expect([sequence, text(payload)]).toEqual([BigInt(count + 1), String(count)]);
    if (count % 1000 === 500) void endThread(wal, 0);
    count++;
  }
  expect(count).toBe(3000);
});

test('a region scan fails when the thread that holds its snapshot dies, and keeps failing', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(Array.from({ length: 3000 }, () => new Uint8Array(100)));
  const scan = wal.region(1).scan({ chunkBytes: 1024 });
  await scan.next();
  await endThread(wal, 0);
  const failure = all(scan);
  await rejectsWith('SHALE_OUTCOME_UNKNOWN', failure);
  await rejectsWith('SHALE_OUTCOME_UNKNOWN', scan.next());
});

test('a trim under way when the thread dies says that its outcome is unknown, and can be repeated', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await table.appendBatch(Array.from({ length: 10 }, () => bytes('x')));
  const trim = table.trim(5n).catch((error) => error.code);
  const ended = endThread(wal, 0);
  expect([{ first: 6n, last: 10n }, 'SHALE_OUTCOME_UNKNOWN']).toContainEqual(await trim);
  // The first trim may have been answered before the thread died; this one shall find the new one.
  await ended;
  expect(await table.trim(5n)).toEqual({ first: 6n, last: 10n });
});

test('threads that die at random moments: with expect, every entry is in once and only once', async () => {
  const wal = await open({ shards: 2, frameBytes: 16 * 1024 });
  const tables = 8;
  let deaths = 0;
  let unknown = 0;
  const enough = () => deaths >= 10 && unknown >= 10;
  const killing = (async () => {
    while (!enough()) {
      // Only threads that have started: one that is killed at every start is given up, which is another test.
      await wal.stats();
      await new Promise((resolve) => setTimeout(resolve, (deaths * 7) % 20));
      await endThread(wal, deaths % 2);
      deaths++;
    }
  })();
  const lasts = await Promise.all(
    Array.from({ length: tables }, async (_, id) => {
      const table = wal.table({ region: 1, table: id });
      let next = 1n;
      while (!enough()) {
        try {
          next = (await table.append(bytes(`${id}:${next}`), { expect: next })) + 1n;
        } catch (error) {
          const { code } = error as { code: string };
          // In already: the attempt before was of unknown outcome.
          if (code === 'SHALE_SEQUENCE_MISMATCH') next++;
          else if (code === 'SHALE_OUTCOME_UNKNOWN') unknown++;
          else throw error;
        }
      }
      return next;
    }),
  );
  await killing;
  for (const [id, last] of lasts.entries()) {
    const read = (await all(wal.table({ region: 1, table: id }).read())).map(
      ({ sequence, payload }) => `${sequence} ${text(payload)}`,
    );
    // The last attempt may have been of unknown outcome, too.
    expect([Number(last) - 1, Number(last)]).toContain(read.length);
    expect(read).toEqual(read.map((_, i) => `${i + 1} ${id}:${i + 1}`));
  }
});

test('threads that die at random moments: what was acknowledged is where it was said to be', async () => {
  const wal = await open({ shards: 2, frameBytes: 16 * 1024, durability: 'os' });
  const table = wal.table({ region: 1, table: 7 });
  const acknowledged = new Map<bigint, string>();
  const made: string[] = [];
  for (let round = 0; round < 12; round++) {
    const appends = Array.from({ length: 300 }, (_, i) => {
      const payload = `${round}:${i}:${'x'.repeat(200)}`;
      made.push(payload);
      return table.append(bytes(payload)).then(
        (sequence) => {
          expect(acknowledged.has(sequence)).toBe(false);
          acknowledged.set(sequence, payload);
        },
        (error) => expect(error.code).toBe('SHALE_OUTCOME_UNKNOWN'),
      );
    });
    for (let i = 0; i < round % 4; i++) await sent();
    await endThread(wal, table.shard ?? 0);
    await Promise.all(appends);
  }
  const stored = (await all(table.read())).map(({ payload }) => text(payload));
  for (const [sequence, payload] of acknowledged) expect(stored[Number(sequence) - 1]).toBe(payload);
  // In the order they were made in, none twice.
  let at = -1;
  for (const payload of stored) {
    const found = made.indexOf(payload, at + 1);
    expect(found).toBeGreaterThan(at);
    at = found;
  }
});

test('a thread that cannot be started again fails the WAL with a typed error instead of hanging', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('a'));
  const engine = behind(wal);
  // The new thread finds no database of that name to attach to.
  Object.assign(engine.shard(0).startData, { path: `${engine.path}-gone` });
  await endThread(wal, 0);
  const append = table.append(bytes('b'));
  await expect(append).rejects.toMatchObject({ name: 'WalError' });
  await expect(table.append(bytes('c'))).rejects.toMatchObject({ name: 'WalError' });
  await expect(table.lastSequence()).rejects.toMatchObject({ name: 'WalError' });
  await wal.close();
});
