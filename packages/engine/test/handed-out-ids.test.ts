// Whoever gets the ids of a table may do with them what they like: nobody else's are changed.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { TableId, TrimEvent } from '@shale/engine';
import { expect, onTestFinished, test } from 'vitest';
import { bytes, failureOf, open } from './support.js';

const id = { region: 1n, table: 1n };

function spoil(handedOut: TableId | null | undefined): void {
  expect(handedOut).toEqual(expect.objectContaining({ region: expect.any(BigInt) }));
  Object.assign(handedOut ?? {}, { region: 99n, table: 99n });
}

test('those of a table', async () => {
  const wal = await open();
  const table = wal.table(id);
  const named = wal.table('a name');
  await named.append(bytes('a'));
  const idOfName = named.id;
  spoil(table.id);
  spoil(named.id);
  expect([table.id, named.id, wal.table('a name').id]).toEqual([id, idOfName, idOfName]);
  expect(await table.append(bytes('a'))).toBe(1n);
  expect(await wal.table(id).lastSequence()).toBe(1n);
});

test('those of a chunk and of an entry of a follow', async () => {
  const wal = await open();
  await wal.table(id).append(bytes('a'));
  await using chunks = wal.follow({ from: 'start' });
  await using entries = wal.follow({ from: 'start' });
  const ids: TableId[] = [];
  const readers = [chunks.chunks(), entries[Symbol.asyncIterator]()];
  for (let sequence = 1; sequence <= 3; sequence++) {
    for (const reader of readers) {
      const { value } = await reader.next();
      ids.push({ ...value?.table } as TableId);
      spoil(value?.table);
    }
    await wal.table(id).appendBatch([bytes('b')]);
  }
  expect(ids).toEqual(ids.map(() => id));
});

test('those of neighbours in a chunk', async () => {
  const wal = await open();
  await wal.table(id).appendBatch([bytes('a'), bytes('b')]);
  await using entries = wal.follow({ from: 'start' });
  const ids: TableId[] = [];
  for await (const { table } of entries) {
    ids.push({ ...table });
    spoil(table);
    if (ids.length === 2) break;
  }
  expect(ids).toEqual([id, id]);
});

test('those of a `shale:trim` event', async () => {
  const wal = await open();
  const table = wal.table(id);
  const heard: TableId[] = [];
  const hear = (message: unknown): void => {
    const event = message as TrimEvent;
    if (event.path !== wal.path) return;
    heard.push({ ...event.table });
    spoil(event.table);
  };
  subscribe('shale:trim', hear);
  onTestFinished(() => void unsubscribe('shale:trim', hear));
  await table.appendBatch([bytes('a'), bytes('b')]);
  await table.trim(1n);
  await table.trim(2n);
  await table.drop();
  expect(heard).toEqual([id, id, id]);
  expect(await table.append(bytes('a'))).toBe(1n);
});

test('those of an error', async () => {
  const wal = await open({ durability: 'os' });
  const table = wal.table(id);
  for (let i = 0; i < 2; i++) {
    const failing = failureOf(table.durable(9n));
    await table.append(bytes('a'));
    await table.drop();
    const failure = await failing;
    expect(failure.table).toEqual(id);
    spoil(failure.table);
  }
  expect(table.id).toEqual(id);
});
