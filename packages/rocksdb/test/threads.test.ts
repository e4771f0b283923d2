import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { attachDatabase } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { verifyTable, writeRuns } from './fixtures/entries.mjs';
import { runChild } from './support/child.js';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

const fixture = (name: string, workerData: Record<string, unknown>) =>
  new Worker(new URL(`./fixtures/${name}`, import.meta.url), { workerData });

test.each([2, 4])('%i threads write and scan at once, and every byte is right', async (threads) => {
  const database = await temporaryDatabase({ writeBufferSize: 1 << 20 });
  const workers = Array.from({ length: threads }, (_, i) =>
    fixture('verify-worker.mjs', {
      path: database.path,
      table: BigInt(i + 1),
      neighbour: BigInt(((i + 1) % threads) + 1),
      entries: 6000,
    }),
  );
  const lasts = await Promise.all(
    workers.map(async (worker) => (await once(worker, 'message'))[0] as bigint),
  );
  lasts.forEach((last, i) => {
    verifyTable(database, { region: 1n, table: BigInt(i + 1) }, 1n, last);
  });
});

test('the main thread closes while threads write; the last thread closes the database', async () => {
  const database = await temporaryDatabase();
  const workers = [1n, 2n].map((table) =>
    fixture('worker.mjs', { path: database.path, kind: 'write', table }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  await database.close();
  const stopped = workers.map(async (worker) => {
    const message = once(worker, 'message');
    worker.postMessage('stop');
    return (await message)[0] as { stopped: bigint };
  });
  const results = await Promise.all(stopped);
  expect(() => attachDatabase(database.path)).toThrow(expect.objectContaining({ code: 'ROCKSDB_CLOSED' }));
  const again = await temporaryDatabase({ maxBackgroundJobs: 3 }, database.path);
  results.forEach(({ stopped: last }, i) => {
    verifyTable(again, { region: 1n, table: BigInt(i + 1) }, 1n, last);
  });
});

test('a thread that ends without closing gives back its lease and its claims', async () => {
  const database = await temporaryDatabase();
  const worker = fixture('claim-worker.mjs', { path: database.path });
  expect(await once(worker, 'message')).toEqual([true]);
  expect(database.claim('wal-0')).toBe(false);
  await worker.terminate();
  expect(database.claim('wal-0')).toBe(true);
  await database.close();
  await temporaryDatabase({ maxBackgroundJobs: 3 }, database.path);
});

test('databases and snapshots that are forgotten are collected and closed', async () => {
  const outcome = await runChild('garbage.mjs', [join(temporaryFolder(), 'db')], {
    nodeArguments: ['--expose-gc'],
  });
  expect(outcome).toEqual({ status: 0, signal: null, output: '' });
});

test('a close gives up the compactions under way and those that wait', async () => {
  const database = await temporaryDatabase({ targetFileSizeBase: 64 * 1024, writeBufferSize: 1 << 20 });
  const payloads = Array.from({ length: 100 }, () => new Uint8Array(2000).map(() => Math.random() * 256));
  for (let i = 0n; i < 100n; i++) {
    writeRuns(database, [{ id: { region: 1n, table: i % 7n }, first: i * 100n, count: 100, payloads }]);
  }
  await database.flush();
  const outcomes = Array.from({ length: 40 }, () =>
    database.compactRange(undefined, undefined, { bottommost: 'force' }).then(
      () => 'done',
      (error: { code: string }) => error.code,
    ),
  );
  await database.close();
  const last = await outcomes.at(-1);
  expect(last).toBe('ROCKSDB_INCOMPLETE');
  await Promise.all(outcomes);
  // It is closed for good: other options are no mismatch.
  await temporaryDatabase({ maxBackgroundJobs: 3 }, database.path);
});
