import { openWal, type Table, type Wal } from '@shale/engine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { behind, endThread, open } from './support.js';

const payload = Uint8Array.of(1);

/** How often RocksDB's log was synced. */
async function syncs(wal: Wal): Promise<number> {
  const { rocksdb } = await wal.stats();
  return rocksdb.tickers?.['rocksdb.wal.synced'] ?? 0;
}

test('3,000 durable trims under way share at most 100 syncs, also with appends among them', async () => {
  const wal = await open({ shards: 1, rocksdb: { enableStatistics: true } });
  const tables = Array.from({ length: 300 }, (_, i) => wal.table({ region: 1n, table: BigInt(i) }));
  await Promise.all(tables.map((table) => table.appendBatch(Array.from({ length: 20 }, () => payload))));
  const before = await syncs(wal);
  const trims = Array.from({ length: 3000 }, (_, i) => {
    const upTo = BigInt(Math.floor(i / 300) + 1);
    return (tables[i % 300] as Table).trim(upTo).then((result) => ({ result, upTo }));
  });
  const other = wal.table({ region: 2n, table: 1n });
  await other.append(payload);
  for (const { result, upTo } of await Promise.all(trims)) {
    expect(result).toEqual({ first: upTo + 1n, last: 20n });
  }
  expect((await syncs(wal)) - before).toBeLessThanOrEqual(100);
});

test('appends to other tables go past trims that wait, and those to their tables do not', async () => {
  const wal = await open({ shards: 1 });
  const trimmed = wal.table({ region: 1n, table: 1n });
  await trimmed.appendBatch(Array.from({ length: 1000 }, () => payload));
  const settled: string[] = [];
  const note = (name: string, promise: Promise<unknown>): Promise<unknown> =>
    promise.then(() => settled.push(name));
  const all = Array.from({ length: 1000 }, (_, i) => note('trim', trimmed.trim(BigInt(i + 1))));
  all.push(note('same', trimmed.append(payload)));
  all.push(note('other', wal.table({ region: 1n, table: 2n }).append(payload)));
  await Promise.all(all);
  expect(settled.indexOf('other')).toBeLessThan(200);
  // In the same frame the promise of an append may come through before that of a trim.
  expect(settled.indexOf('same')).toBeGreaterThan(900);
  expect(await trimmed.firstSequence()).toBe(1001n);
});

const steps = fc.array(
  fc.record({
    do: fc.constantFrom('append', 'append', 'batch', 'write', 'trim', 'trim', 'drop', 'turn'),
    table: fc.nat(3),
    count: fc.integer({ min: 1, max: 40 }),
    upTo: fc.bigInt(0n, 60n),
  }),
  { maxLength: 60 },
);

test('whatever is under way, each table sees its appends, trims and drops in their order', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  let run = 0n;
  await fc.assert(
    fc.asyncProperty(steps, async (some) => {
      run++;
      const tables = [0, 1, 2, 3].map((i) =>
        i < 2 ? wal.table(`run-${run}-${i}`) : wal.table({ region: run, table: run * 4n + BigInt(i) }),
      );
      const model = tables.map(() => ({ next: 1n, first: 1n }));
      const checks: Promise<void>[] = [];
      const expects = (promise: Promise<unknown>, value: unknown): void => {
        checks.push(promise.then((result) => expect(result).toEqual(value)));
      };
      for (const step of some) {
        const table = tables[step.table] as Table;
        const state = model[step.table] as (typeof model)[number];
        if (step.do === 'append') expects(table.append(payload), state.next++);
        else if (step.do === 'batch') {
          const first = state.next;
          state.next += BigInt(step.count);
          expects(table.appendBatch(Array.from({ length: step.count }, () => payload)), {
            first,
            last: state.next - 1n,
          });
        } else if (step.do === 'write') {
          // One table twice: all are on one shard, and the lane has to hold the whole of it.
          const other = model[(step.table + 1) % 4] as (typeof model)[number];
          const mine = state.next++;
          const theirs = other.next++;
          expects(
            wal.write([
              { table, payloads: [payload] },
              { table: tables[(step.table + 1) % 4] as Table, payloads: [payload] },
            ]),
            [
              { first: mine, last: mine },
              { first: theirs, last: theirs },
            ],
          );
        } else if (step.do === 'trim') {
          // Enough of them to fill more than one frame.
          for (let i = 0; i < step.count; i++) {
            const upTo = step.upTo + BigInt(i);
            const last = state.next - 1n;
            const end = upTo < last ? upTo : last;
            if (end + 1n > state.first) state.first = end + 1n;
            expects(table.trim(upTo), { first: last === 0n ? 0n : state.first, last });
          }
        } else if (step.do === 'drop') {
          state.next = 1n;
          state.first = 1n;
          expects(table.drop(), undefined);
        } else await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(checks);
      for (const [i, table] of tables.entries()) {
        const { first, next } = model[i] as (typeof model)[number];
        expect(await table.lastSequence()).toBe(next - 1n);
        expect(await table.firstSequence()).toBe(next === 1n ? 0n : first);
        let at = first;
        for await (const { sequence } of table.read()) expect(sequence).toBe(at++);
        expect(at).toBe(next);
      }
    }),
    { numRuns: 40 },
  );
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('trims and drops wait for room in order, give up with their signal, and are refused when too many wait', async () => {
  const wal = await open({ shards: 1, maxInFlightBytes: 64 * 1024, maxQueuedAppends: 3 });
  const table = wal.table({ region: 1n, table: 1n });
  const other = wal.table({ region: 1n, table: 2n });
  const big = table.append(new Uint8Array(64 * 1024 - 300));
  const abort = new AbortController();
  const reason = new Error('given up');
  const given = table.trim(1n, { signal: abort.signal });
  const trim = table.trim(1n);
  const drop = other.drop({ durability: 'os' });
  const refused = table.trim(1n);
  abort.abort(reason);
  const after = table.append(payload);
  await expect(refused).rejects.toMatchObject({ code: 'SHALE_OVERLOADED' });
  await expect(given).rejects.toBe(reason);
  expect(await big).toBe(1n);
  expect(await trim).toEqual({ first: 2n, last: 1n });
  expect(await after).toBe(2n);
  await drop;
  await expect(table.trim(1n, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(other.drop({ durable: true } as never)).rejects.toMatchObject({
    code: 'SHALE_INVALID_ARGUMENT',
  });
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('a trim or drop of a name that does not exist does nothing and leaves nothing booked', async () => {
  const wal = await open({ shards: 2 });
  expect(await wal.table('nobody').trim(5n)).toEqual({ first: 0n, last: 0n });
  await wal.table('nobody').drop();
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('closing waits for the trims that wait', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1n, table: 1n });
  await table.appendBatch(Array.from({ length: 500 }, () => payload));
  const trims = Array.from({ length: 500 }, (_, i) => table.trim(BigInt(i + 1)));
  const synced = wal.sync();
  await Promise.all([wal.close(), synced]);
  expect((await Promise.all(trims)).at(-1)).toEqual({ first: 501n, last: 500n });
  const again = await openWal(wal.path, { create: false });
  expect(await again.table({ region: 1n, table: 1n }).firstSequence()).toBe(501n);
  await again.close();
});

test('a thread that dies answers the trims and drops under way with what to do', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1n, table: 1n });
  await table.appendBatch(Array.from({ length: 300 }, () => payload));
  const trims = Array.from({ length: 300 }, (_, i) => table.trim(BigInt(i + 1)));
  const drop = wal.table({ region: 1n, table: 2n }).drop();
  const append = table.append(payload);
  await endThread(wal, 0);
  const results = await Promise.allSettled([...trims, drop, append]);
  for (const result of results) {
    if (result.status === 'rejected') {
      expect(result.reason).toMatchObject({ code: 'SHALE_OUTCOME_UNKNOWN' });
      expect(result.reason.message).toMatch(/trimming again|drop it again|`expect`/);
    }
  }
  // What was not lost with the thread is done by the next one.
  expect(await table.trim(2n ** 64n - 1n)).toMatchObject({ last: await table.lastSequence() });
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});
