/*
 * What went wrong: of drops the last 4,096 were known, and a read that was older took every later one for a drop of its
 * own table: it ended as "the table was dropped", which nobody had touched.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { attachDatabase } from '@shale/rocksdb';
import type { Log } from '@shale/storage';
import { expect, test } from 'vitest';
import { fill, fresh } from '../support.js';

const id = { region: 1n, table: 7n };

function dropOthers(log: Log, count: number): void {
  for (let table = 100n; table < 100n + BigInt(count); table++)
    log.drop({ region: 1n, table }, { sync: false });
}

async function watches(log: Log): Promise<number> {
  const db = attachDatabase(log.path);
  try {
    return db.watches();
  } finally {
    await db.close();
  }
}

test('a read goes on however many other tables are dropped meanwhile', async () => {
  const log = await fresh();
  fill(log, id, 100);
  const chunks = log.readChunks(id, {}, { chunkEntries: 10 });
  chunks.next();
  dropOthers(log, 4200);
  expect([...chunks].map(({ length }) => length)).toEqual(Array(9).fill(10));
});

test('a read whose table was dropped before very many others fails', async () => {
  const log = await fresh();
  fill(log, id, 100);
  const chunks = log.readChunks(id, {}, { chunkEntries: 10 });
  chunks.next();
  log.drop(id, { sync: false });
  fill(log, id, 1000);
  dropOthers(log, 4200);
  expect(() => chunks.next()).toThrow(expect.objectContaining({ code: 'SHALE_TRIMMED' }));
});

test('nothing is kept of a read that has ended, failed, was left, or was abandoned', async () => {
  const log = await fresh();
  fill(log, id, 100);
  const begun = () => {
    const chunks = log.readChunks(id, {}, { chunkEntries: 10 });
    chunks.next();
    return chunks;
  };
  for (const _ of log.read(id)) _.sequence;
  begun().return();
  log.readChunks(id).return();
  expect([...log.read({ region: 1n, table: 99n })]).toEqual([]);
  expect(() => log.read(id, { gte: -1n })).toThrow();
  expect(await watches(log)).toBe(0);
  const failing = begun();
  log.trim(id, 50n, { sync: false });
  expect(() => [...failing]).toThrow();
  expect(await watches(log)).toBe(0);
  for (let i = 0; i < 10; i++) log.readChunks(id, {}, { chunkEntries: 10 }).next();
  expect(await watches(log)).toBe(10);
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  for (let round = 0; round < 50 && (await watches(log)) > 0; round++) {
    await setImmediate();
    collectGarbage();
  }
  expect(await watches(log)).toBe(0);
});
