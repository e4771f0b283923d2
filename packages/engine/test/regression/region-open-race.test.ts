/*
 * What went wrong: opening a region lists the heads of its tables and then gives each to the shard that owns it. When
 * an append came in between and the shard's thread then died, the new thread knew nothing of the append and took over
 * the stale head: it gave a sequence out again and overwrote an entry that had been acknowledged. A drop in between
 * did the same without any death.
 */
import { expect, test } from 'vitest';
import type { Wal } from '../../dist/index.js';
import { all, behind, bytes, endThread, open, text } from '../support.js';

const id = { region: 1, table: 1 };

/** A table of ten entries that its shard does not know yet. */
async function prepared(): Promise<Wal> {
  const before = await open({ shards: 1 });
  for (let i = 1; i <= 10; i++) await before.table(id).append(bytes(`old ${i}`));
  await before.close();
  return await open({ shards: 1, path: before.path });
}

/** Opens the region; `between` runs after the heads were listed and before they are taken over. */
async function openAround(wal: Wal, between: () => Promise<unknown>): Promise<number> {
  const shard = behind(wal).shard(0);
  const request = shard.request.bind(shard);
  shard.request = async (task, onLoss) => {
    if (task.kind === 'install') await between();
    return await request(task, onLoss);
  };
  const { tables } = await wal.region(1).open();
  return tables;
}

test('an append between, and the death of the thread: its sequence is not given out again', async () => {
  const wal = await prepared();
  const table = wal.table(id);
  const tables = await openAround(wal, async () => {
    expect(await table.append(bytes('acknowledged'))).toBe(11n);
    await endThread(wal, 0);
    // It is there again when it answers.
    await wal.table({ region: 9, table: 9 }).lastSequence();
  });
  expect(tables).toBe(1);
  expect(await table.append(bytes('next'))).toBe(12n);
  expect((await all(table.read({ gt: 10n }))).map(({ payload }) => text(payload))).toEqual([
    'acknowledged',
    'next',
  ]);
});

test('a thread that dies while it takes heads over is not given them again', async () => {
  const wal = await prepared();
  const table = wal.table(id);
  const shard = behind(wal).shard(0);
  const request = shard.request.bind(shard);
  shard.request = async (task, onLoss) => {
    if (task.kind !== 'install') return await request(task, onLoss);
    expect(await table.append(bytes('acknowledged'))).toBe(11n);
    // It may or may not look at the request before it ends; if not, the next thread is asked.
    const asked = request(task, onLoss);
    await endThread(wal, 0);
    return await asked;
  };
  await wal.region(1).open();
  expect(await table.append(bytes('next'))).toBe(12n);
  expect((await all(table.read({ gt: 10n }))).map(({ payload }) => text(payload))).toEqual([
    'acknowledged',
    'next',
  ]);
});

test('a drop between: the table begins at 1', async () => {
  const wal = await prepared();
  const table = wal.table(id);
  await openAround(wal, () => table.drop());
  expect(await table.lastSequence()).toBe(0n);
  expect(await table.append(bytes('new'))).toBe(1n);
  expect((await all(table.read())).map(({ payload }) => text(payload))).toEqual(['new']);
});

test('a trim between: what it removed is not looked for', async () => {
  const wal = await prepared();
  const table = wal.table(id);
  await openAround(wal, () => table.trim(4n));
  expect(await table.firstSequence()).toBe(5n);
  expect((await all(table.read())).length).toBe(6);
});

test('without a race the heads are taken over', async () => {
  const wal = await prepared();
  await wal.region(1).open();
  expect((await wal.stats()).recoveredTables).toBe(1);
});
