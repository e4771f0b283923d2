/*
 * What went wrong: a second `openWal` with `readOnly: true` of the same path in one process joined the handle of the
 * first one, and with it what that had seen when it was opened: entries acknowledged before the second opening were
 * not there.
 */
import { expect, test } from 'vitest';
import { all, bytes, open, rejectsWith, temporary, text } from '../support.js';

test('each read-only opening sees what was acknowledged before it, whatever else is open', async () => {
  const path = await temporary();
  const id = { region: 1, table: 1 };
  const writer = await open({ path });
  const seen = async (wal: typeof writer) =>
    (await all(wal.table(id).read())).map(({ payload }) => text(payload));
  await writer.table(id).append(bytes('1'));
  await writer.table('name').append(bytes('n'));
  const first = await open({ path, readOnly: true });
  await writer.table(id).append(bytes('2'));
  const second = await open({ path, readOnly: true, shards: 3 });
  await writer.table(id).append(bytes('3'));
  expect(await seen(first)).toEqual(['1']);
  expect(await seen(second)).toEqual(['1', '2']);
  await first.close();
  expect(await seen(second)).toEqual(['1', '2']);
  expect(await second.table('name').lastSequence()).toBe(1n);
  await rejectsWith('SHALE_READ_ONLY', second.table(id).append(bytes('x')));
  expect(await seen(writer)).toEqual(['1', '2', '3']);
});
