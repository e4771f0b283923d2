/*
 * What went wrong: heads are listed by other threads and installed later. A table that the log did not know yet and
 * that was dropped in between stayed unknown, so the stale head brought it back: its next append got a sequence after
 * entries that were gone.
 */
import { attachLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { fill, fresh, payloads, sequences } from '../support.js';

const id = { region: 1n, table: 7n };

test('a head that was listed before a drop is not installed after it', async () => {
  const log = await fresh();
  fill(log, id, 10);
  const owner = attachLog(log.path);
  const heads = [...log.heads()];
  const floors = [...log.floors()];
  owner.drop(id);
  expect(owner.install(heads, floors)).toBe(0);
  expect(owner.lastSequence(id)).toBe(0n);
  expect(owner.append(id, payloads(2))).toEqual({ first: 1n, last: 2n });
  expect(sequences(owner, id)).toEqual([1n, 2n]);
  await owner.close();
});

test('a head that was listed before a trim is not installed after it', async () => {
  const log = await fresh();
  fill(log, id, 10);
  const owner = attachLog(log.path);
  const heads = [...log.heads()];
  owner.trim(id, 4n);
  expect(owner.install(heads, [])).toBe(0);
  expect(owner.firstSequence(id)).toBe(5n);
  expect(sequences(owner, id)).toEqual([5n, 6n, 7n, 8n, 9n, 10n]);
  await owner.close();
});

test('a head that was listed before a trim of everything is not installed after it', async () => {
  const log = await fresh();
  fill(log, id, 10);
  const owner = attachLog(log.path);
  const heads = [...log.heads()];
  owner.trim(id, 10n);
  owner.install(heads, []);
  expect(sequences(owner, id)).toEqual([]);
  expect(owner.append(id, payloads(1)).first).toBe(11n);
  await owner.close();
});
