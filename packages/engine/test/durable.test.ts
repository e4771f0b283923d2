/*
 * `table.durable(sequence)`: it resolves when the table is on stable storage up to there, whichever way it gets there, and
 * not before.
 */
import { type Wal, WalError } from '@shale/engine';
import { expect, test } from 'vitest';
import { apart, behind, bytes, endThread, failureOf, open, rejectsWith } from './support.js';

const id = { region: 1n, table: 1n };
const elsewhere = { region: 7n, table: 7n };

/** Whether it has resolved, once everything that is known has been told. */
async function hasResolved(wal: Wal, promise: Promise<void>): Promise<boolean> {
  let resolved = false;
  promise.then(
    () => {
      resolved = true;
    },
    () => undefined,
  );
  for (let i = 0; i < 3; i++) {
    await wal.table(id).lastSequence();
    await behind(wal).follows.settle();
  }
  return resolved;
}

test.each<[string, (wal: Wal) => Promise<unknown>]>([
  [
    "a 'sync' append to another table",
    (wal) => wal.table(elsewhere).append(bytes('x'), { durability: 'sync' }),
  ],
  ['wal.sync()', (wal) => wal.sync()],
  ['wal.flush()', (wal) => wal.flush()],
])('it resolves by %s, and not before', async (_, act) => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch([bytes('a'), bytes('b')]);
  const durable = table.durable(2n);
  expect(await hasResolved(wal, durable)).toBe(false);
  await act(wal);
  await durable;
  // What is known to be durable is so at once.
  await table.durable(1n);
  expect(behind(wal).durables.size).toBe(0);
  expect(behind(wal).follows.size).toBe(0);
});

test('it resolves by a sync of another WAL of the database', async () => {
  const wal = await open({ durability: 'os' });
  const other = await open({ path: wal.path, instance: 5, durability: 'os' });
  const table = wal.table(id);
  await table.append(bytes('a'));
  const durable = table.durable(1n);
  expect(await hasResolved(wal, durable)).toBe(false);
  await other.sync();
  await durable;
  // The next one is not taken for one that was synced.
  await table.append(bytes('b'));
  const next = table.durable(2n);
  expect(await hasResolved(wal, next)).toBe(false);
  await other.table(elsewhere).append(bytes('x'), { durability: 'sync' });
  await next;
  expect(behind(wal).follows.size).toBe(0);
});

test('it resolves by syncWithinMs, however often something is written meanwhile', async () => {
  const wal = await open({ durability: 'os', syncWithinMs: 20 });
  const table = wal.table(id);
  for (let i = 0; i < 5; i++) await table.durable(await table.append(bytes('x')));
  const { log } = behind(wal);
  expect(log.syncedUpTo()).toBe(log.writtenUpTo());
});

test('what is not written yet is waited for', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  const named = wal.table('a name');
  const waits = [table.durable(2), table.durable(1), named.durable(1n)];
  await table.append(bytes('a'));
  await wal.sync();
  await waits[1];
  expect(await hasResolved(wal, waits[0] as Promise<void>)).toBe(false);
  await table.append(bytes('b'));
  await named.append(bytes('c'));
  await wal.sync();
  await Promise.all(waits);
  await table.durable(0);
});

test('an entry that was written after the last sync is not taken for one that was written before', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  const first = table.durable(1n);
  await table.append(bytes('a'));
  await wal.sync();
  await first;
  for (let i = 2n; i < 6n; i++) {
    await table.append(bytes('b'));
    const next = table.durable(i);
    expect(await hasResolved(wal, next)).toBe(false);
    await wal.sync();
    await next;
  }
});

test('a thread that dies takes no wait with it', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table(id);
  await table.append(bytes('a'));
  const durable = table.durable(1n);
  const later = table.durable(2n);
  await endThread(wal, 0);
  expect(await table.append(bytes('b'))).toBe(2n);
  expect(await hasResolved(wal, later)).toBe(false);
  await wal.sync();
  await Promise.all([durable, later]);
});

test('what is trimmed meanwhile is as if it were there, and what is dropped never will be', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.appendBatch([bytes('a'), bytes('b')]);
  const trimmed = table.durable(1n);
  await table.trim(1n);
  await wal.sync();
  await trimmed;
  await table.append(bytes('c'));
  const dropped = failureOf(table.durable(3n));
  const neverWritten = failureOf(table.durable(9n));
  await behind(wal).follows.settle();
  await table.lastSequence();
  await table.drop();
  for (const failure of [await dropped, await neverWritten]) {
    expect(failure).toMatchObject({ code: 'SHALE_TRIMMED', table: id, details: { first: 0n } });
  }
  expect(behind(wal).follows.size).toBe(0);
});

test('a drop ends the waits of a table without entries, and no later ones', async () => {
  const wal = await open({ durability: 'os' });
  const trimmed = wal.table(id);
  await trimmed.append(bytes('a'));
  await trimmed.trim(1n);
  const never = wal.table(elsewhere);
  // Something else keeps what is known of the tables beyond their waits.
  await using follow = wal.follow({ from: 'start' });
  await follow.ready;
  for (const table of [trimmed, never]) {
    const dropped = failureOf(table.durable(2n));
    const isOver = dropped.then(() => {});
    expect(await hasResolved(wal, isOver)).toBe(false);
    await table.drop();
    expect(await hasResolved(wal, isOver)).toBe(true);
    expect(await dropped).toMatchObject({ code: 'SHALE_TRIMMED', table: table.id });
    const later = table.durable(1n);
    await table.append(bytes('b'));
    await wal.sync();
    await later;
  }
});

test('an abort ends one wait and no other', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  await table.append(bytes('a'));
  const controller = new AbortController();
  const { signal } = controller;
  const given = [table.durable(1n, { signal }), wal.table('none').durable(1n, { signal })];
  const kept = [table.durable(1n), table.durable(1n)];
  controller.abort(new Error('enough'));
  for (const each of given) await expect(each).rejects.toThrow('enough');
  await expect(table.durable(1n, { signal })).rejects.toThrow('enough');
  await wal.sync();
  await Promise.all(kept);
  expect(behind(wal).follows.size).toBe(0);
});

test('closing tells what its last sync puts on stable storage, and ends the other waits', async () => {
  // As long as no thread syncs by itself before.
  const wal = await open({ durability: 'os', syncWithinMs: 2 ** 31 - 1 });
  const table = wal.table(id);
  const named = wal.table('a name');
  const append = table.append(bytes('a'));
  await named.append(bytes('b'));
  const told = [table.durable(1n), named.durable(1n), wal.table('a name').durable(1n)];
  const untold = [table.durable(2n), wal.table('none').durable(1n)].map((wait) =>
    rejectsWith('SHALE_CLOSED', wait),
  );
  await wal.close();
  await append;
  await Promise.all([...told, ...untold]);
});

test('closing waits for a thread that is being replaced, to tell what is on stable storage', async () => {
  const wal = await open({ durability: 'os', syncWithinMs: 2 ** 31 - 1 });
  const { here, there } = apart(wal);
  const table = wal.table({ region: 1n, table: here });
  await table.append(bytes('a'));
  void endThread(wal, wal.table({ region: 1n, table: there }).shard ?? 0);
  const durable = table.durable(1n);
  await wal.close();
  await durable;
});

test('closing and a failed sync end all waits', async () => {
  const closing = await open({ durability: 'os' });
  await closing.table(id).append(bytes('a'));
  const waits = [closing.table(id).durable(1n), closing.table('none').durable(1n)].map((wait) =>
    rejectsWith('SHALE_CLOSED', wait),
  );
  await closing.close();
  await Promise.all(waits);
  await rejectsWith('SHALE_CLOSED', closing.table(id).durable(1n));

  const poisoned = await open({ durability: 'os' });
  await poisoned.table(id).append(bytes('a'));
  const failing = [poisoned.table(id).durable(1n), poisoned.table(id).durable(5n)].map((wait) =>
    rejectsWith('SHALE_POISONED', wait),
  );
  behind(poisoned).health.notice(new WalError('SHALE_POISONED', 'as after a failed sync'));
  await Promise.all(failing);
  await rejectsWith('SHALE_POISONED', poisoned.table(id).durable(1n));
});

test('a WAL that only looks does not know, and what is no sequence is refused', async () => {
  const wal = await open();
  await rejectsWith(
    'SHALE_READ_ONLY',
    (await open({ path: wal.path, readOnly: true })).table(id).durable(1n),
  );
  await rejectsWith('SHALE_INVALID_ARGUMENT', wal.table(id).durable(-1n));
});

test('a great many waits, over a great many tables, end with one sync and leave nothing', async () => {
  const wal = await open({ durability: 'os' });
  const tables = Array.from({ length: 300 }, (_, table) => wal.table({ region: 2n, table: BigInt(table) }));
  await Promise.all(tables.map((table) => table.append(bytes('x'))));
  const one = wal.table(id);
  const { last } = await one.appendBatch(Array.from({ length: 3000 }, () => bytes('x')));
  const waits = [
    ...tables.map((table) => table.durable(1n)),
    // In any order.
    ...Array.from({ length: 3000 }, (_, i) => one.durable(BigInt((i * 1009) % 3000) + 1n)),
  ];
  expect(await hasResolved(wal, one.durable(last))).toBe(false);
  expect(behind(wal).durables.size).toBe(301);
  await wal.sync();
  await Promise.all(waits);
  expect(behind(wal).durables.size).toBe(0);
  expect(behind(wal).follows.size).toBe(0);
});
